/**
 * A model as an ONNX graph. Its input is `x`, [batch, n] f32 of 0 and 1, pixels row by row. Its outputs are `log_p`, [batch] f32 in nats;
 * `logits`, [batch, n] f32, the log-odds of every pixel given those before it in the model's order; and of models that know classes
 * `class_log_p`, [batch, CLASSES] f32, log p(y | x). A classifier has the last alone.
 */
import { CLASSES, pixelCount } from '../../data/images.ts';
import { inverseOrder } from '../../data/orders.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import { VERSION } from '../../data/version.ts';
import type { ModelFile } from '../model-file.ts';
import { metadataOf } from '../model-file.ts';
import type { Model } from '../model.ts';
import { averagedOrders, findFamily, folderOf, isClassConditional, ordersOf } from '../registry.ts';
import { classModelsOf, logPrior } from '../shared/class-conditional.ts';
import { pixelOrder } from '../shared/order.ts';
import type { DensityValues, OnnxFamily } from '../onnx/family.ts';
import { BATCH, Graph, type Value } from '../onnx/graph.ts';
import { bestLogits, CLASS_SHAPE, mixPixels, normalised } from '../onnx/likelihood.ts';
import { encodeOnnx, type ValueInfo } from '../onnx/proto.ts';

/**
 * The latest before the axes of reductions became inputs (18): onnxruntime has run it since 1.12 (2022), and it has all that is needed.
 */
export const OPSET = 17;

const plugIns = import.meta.glob<OnnxFamily>('../*/onnx.ts', { import: 'onnx' });

export interface OnnxModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Names of its outputs. */
  readonly outputs: readonly string[];
  /** Why it has no output `logits`; null where it has. */
  readonly withoutLogits: string | null;
}

/** The model's graph with its provenance as metadata. Fails where the family has none. */
export async function onnxOf(file: ModelFile): Promise<Result<OnnxModel>> {
  const { model } = file;
  const path = `../${folderOf(model.family)}/onnx.ts`;
  if (!(path in plugIns)) return fail(`onnx: ${model.family} has no graph`);
  const plugIn = await plugIns[path]();
  const graph = new Graph();
  const x = graph.input('x');
  const n = pixelCount(model.grid);
  const outputs: ValueInfo[] = [];
  const put = (value: Value, info: ValueInfo) => {
    graph.op('Cast', [value], { to: 1 }, info.name);
    outputs.push(info);
  };
  const values = isClassConditional(model)
    ? byClass(graph, plugIn, model, x)
    : single(graph, plugIn, model, x);
  if (values.logP) put(values.logP, { name: 'log_p', type: 'float', shape: [BATCH] });
  if (values.logits) put(values.logits, { name: 'logits', type: 'float', shape: [BATCH, n] });
  if (values.classLogP) put(values.classLogP, { name: 'class_log_p', type: 'float', shape: CLASS_SHAPE });
  const spec = findFamily(model.family);
  const bytes = encodeOnnx({
    graph: graph.finish('inkling', [{ name: 'x', type: 'float', shape: [BATCH, n] }], outputs),
    opset: OPSET,
    producer: 'Inkling',
    version: VERSION,
    description: describe(spec?.label ?? model.family, model, outputs),
    metadata: metadataOf(file),
  });
  const withoutLogits = values.logits
    ? null
    : (plugIn.withoutLogits ?? 'A classifier has no probabilities of pixels.');
  return ok({ bytes, outputs: outputs.map(({ name }) => name), withoutLogits });
}

interface Values {
  readonly logP: Value | null;
  readonly logits: Value | null;
  readonly classLogP: Value | null;
}

/** A model without classes in its order of the pixels. */
function density(
  graph: Graph,
  plugIn: OnnxFamily,
  model: Model,
  x: Value,
): DensityValues | { classLogits: Value } {
  const order = pixelOrder(model.grid, model.hyper);
  const seen = order ? graph.gather(x, graph.places(order), 1) : x;
  const values = plugIn.build(graph, model, seen);
  if ('classLogits' in values || !order || !values.logits) return values;
  return { ...values, logits: graph.gather(values.logits, graph.places(inverseOrder(order)), 1) };
}

function single(graph: Graph, plugIn: OnnxFamily, model: Model, x: Value): Values {
  const values = density(graph, plugIn, model, x);
  return 'classLogits' in values
    ? { logP: null, logits: null, classLogP: normalised(graph, graph.cast(values.classLogits, 'double')) }
    : { ...values, classLogP: null };
}

/** p(x) = sum_y p(y) p(x | y). The logits are those of the mixture, or where the classes have orders of their own, of the likeliest class. */
function byClass(graph: Graph, plugIn: OnnxFamily, model: Model, x: Value): Values {
  const n = pixelCount(model.grid);
  const classes = classModelsOf(model).map((each) => density(graph, plugIn, each, x));
  const own = classes.filter((each) => 'logP' in each);
  const prior = graph.constant(logPrior(model), [CLASSES], 'class_log_p');
  const columns = own.map(({ logP }) => graph.withAxis(logP, -1));
  const joint = graph.add(graph.join(columns, -1), prior);
  const logits = own.map((each) => each.logits).filter((each) => each !== null);
  const orders = ordersOf(model);
  const mix = () => {
    const [order] = orders;
    const places = graph.places(order);
    // [n, batch, classes] in the order of the pixels.
    const stacked = graph.join(
      logits.map((each) => graph.withAxis(graph.transpose(each, 1, 0), -1)),
      -1,
    );
    const mixed = mixPixels(graph, x, {
      prior,
      components: CLASSES,
      pixels: graph.gather(graph.transpose(x, 1, 0), places, 0),
      logits: graph.gather(stacked, places, 0),
      perImage: true,
    });
    return graph.gather(mixed, graph.places(inverseOrder(order), [n]), 1);
  };
  return {
    logP: graph.logSumExp(joint),
    logits: logits.length < CLASSES ? null : orders.length === 1 ? mix() : bestLogits(graph, logits, joint),
    classLogP: normalised(graph, joint),
  };
}

function describe(label: string, model: Model, outputs: readonly ValueInfo[]): string {
  const { width, height } = model.grid;
  const orders = averagedOrders(model);
  const has = (name: string) => outputs.some((each) => each.name === name);
  return [
    `${label} of ${width} x ${height} binary pixels. x: [batch, ${width * height}] of 0 and 1, row by row.`,
    ...(has('log_p') ? ['log_p: log p(x) in nats.'] : []),
    ...(has('logits')
      ? [
          ordersOf(model).length === 1
            ? "logits: log-odds of every pixel given those before it in the model's order."
            : `logits: log-odds of every pixel given those before it, ${orders > 1 ? 'in the order' : 'under the class'} that makes the image likeliest.`,
        ]
      : []),
    ...(has('class_log_p') ? ['class_log_p: log p(y | x) of the ten classes.'] : []),
  ].join(' ');
}
