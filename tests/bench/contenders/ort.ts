/** onnxruntime-web: a model is a graph, built here. It has no training. */
import { peerModels } from '../peer-models/models.ts';
import type { PeerModel, Recurrence } from '../peer-models/ops.ts';
import { logLikelihood } from '../peer-models/ops.ts';
import type { Amount, Family } from '../tasks.ts';
import type { OpenContender, Subject } from './contender.ts';
import { FEW_PIXELS, firstOf, floatsOf, uniforms } from './contender.ts';
import { graph, model as modelBytes, node, value } from './onnx.ts';
import { constantsOf, N, Nodes, opsOf } from './ort-graph.ts';
import type { Runtime, Session } from './ort-runtime.ts';

type Device = 'wasm' | 'webgpu';

interface Opened {
  readonly runtime: Runtime;
  open(bytes: Uint8Array): Promise<Session>;
}

async function load(device: Device): Promise<Opened> {
  const runtime: Runtime =
    device === 'wasm' ? await import('onnxruntime-web/wasm') : await import('onnxruntime-web/webgpu');
  runtime.env.wasm.numThreads = 1;
  runtime.env.logLevel = 'error';
  return {
    runtime,
    open: (bytes) =>
      runtime.InferenceSession.create(bytes, { executionProviders: [device], graphOptimizationLevel: 'all' }),
  };
}

/** x, [images, n], to log p, [images, 1], all pixels at once. */
function scoreAtOnce(model: PeerModel): Uint8Array {
  const own = new Nodes();
  const ops = opsOf(own);
  const z = model.logits(ops, constantsOf(own, model.constants), 'x');
  own.nodes.push(node('Identity', [logLikelihood(ops, z, 'x')], ['out']));
  return modelBytes(
    graph({
      nodes: own.nodes,
      initializers: own.initializers,
      inputs: [value('x', ['images', N])],
      outputs: [value('out', ['images', 1])],
    }),
  );
}

/** x, [images, n], to the logits, [images, n]. */
function allLogits(model: PeerModel): Uint8Array {
  const own = new Nodes();
  const z = model.logits(opsOf(own), constantsOf(own, model.constants), 'x');
  own.nodes.push(node('Identity', [z], ['out']));
  return modelBytes(
    graph({
      nodes: own.nodes,
      initializers: own.initializers,
      inputs: [value('x', ['images', N])],
      outputs: [value('out', ['images', N])],
    }),
  );
}

/**
 * From pixel to pixel within one run, by the operator Scan over the rows of the constants and of `columns`, [n, images]. `decide` gets a pixel's
 * logit and its column, both [images, 1], and returns the pixel's value and what is kept of it; what is kept comes out as [n, images, 1].
 */
function scan(
  model: PeerModel,
  recurrence: Recurrence,
  decide: (ops: ReturnType<typeof opsOf>, z: string, column: string) => { x: string; kept: string },
): Uint8Array {
  const own = new Nodes();
  const outer = opsOf(own);
  const constants = constantsOf(own, model.constants);
  const body = new Nodes(own);
  const ops = opsOf(body);
  const rows = recurrence.rows.map((name) => `row_${name}`);
  const widths = recurrence.rows.map((name) => model.constants[name].values.length / N);
  const width = model.constants[recurrence.initial].values.length;
  const column = ops.reshape('column', [-1, 1]);
  const wideRows = rows.map((name, at) => ops.reshape(name, [1, widths[at]]));
  const place = ops.reshape('place', [1]);
  const { x, kept } = decide(ops, recurrence.logit(ops, 'state', wideRows, place), column);
  body.nodes.push(
    node('Identity', [recurrence.next(ops, 'state', wideRows, x)], ['after']),
    node('Identity', [kept], ['kept']),
  );
  const inner = graph({
    nodes: body.nodes,
    inputs: [
      value('state', ['images', width]),
      ...rows.map((name, at) => value(name, [widths[at]])),
      value('column', ['images']),
      value('place', [1], 'int64'),
    ],
    outputs: [value('after', ['images', width]), value('kept', ['images', 1])],
  });
  const places = own.integers(
    Array.from({ length: N }, (_, i) => i),
    [N, 1],
  );
  const blank = outer.multiply(
    outer.reshape(own.put('Gather', ['columns', own.integers([0])], { axis: 0 }), [-1, 1]),
    outer.scalar(0),
  );
  const state = outer.add(blank, constants[recurrence.initial]);
  own.nodes.push(
    node(
      'Scan',
      [state, ...recurrence.rows.map((name) => constants[name]), 'columns', places],
      ['last', 'out'],
      { body: inner, num_scan_inputs: rows.length + 2 },
    ),
  );
  return modelBytes(
    graph({
      nodes: own.nodes,
      initializers: own.initializers,
      inputs: [value('columns', [N, 'images'])],
      outputs: [value('out', [N, 'images', 1])],
    }),
  );
}

/** [rows, columns] as [columns, rows]. */
function turned(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c];
  return out;
}

async function runOne(
  { runtime }: Opened,
  session: Session,
  name: string,
  values: Float32Array,
  shape: readonly number[],
): Promise<Float32Array> {
  const { out } = await session.run({ [name]: new runtime.Tensor('float32', values, shape) });
  return out.data;
}

async function scorer(own: Opened, model: PeerModel, { images }: Subject) {
  const session = await own.open(scoreAtOnce(model));
  return {
    session,
    async run({ images: count }: Amount) {
      const bits = floatsOf(firstOf(images, count));
      const found: number[] = [];
      for (let first = 0; first < count; first += model.scoredAtOnce) {
        const some = Math.min(model.scoredAtOnce, count - first);
        const part = bits.subarray(first * N, (first + some) * N);
        found.push(...(await runOne(own, session, 'x', part, [some, N])));
      }
      return found;
    },
  };
}

/** Scores from pixel to pixel: log p is the sum of what is kept. */
async function steppingScorer(own: Opened, model: PeerModel, recurrence: Recurrence, { images }: Subject) {
  const session = await own.open(
    scan(model, recurrence, (ops, z, x) => ({ x, kept: logLikelihood(ops, z, x) })),
  );
  return {
    session,
    async run({ images: count }: Amount) {
      const bits = turned(floatsOf(firstOf(images, count)), N);
      const all = await runOne(own, session, 'columns', bits, [N, count]);
      const found = new Array<number>(count).fill(0);
      all.forEach((nats, at) => (found[at % count] += nats));
      return found;
    },
  };
}

async function steppingSampler(own: Opened, model: PeerModel, recurrence: Recurrence, count: number) {
  const session = await own.open(
    scan(model, recurrence, (ops, z, u) => {
      const x = ops.less(u, ops.sigmoid(z));
      return { x, kept: x };
    }),
  );
  const u = turned(uniforms(count, N), N);
  return {
    session,
    run: async () => turned(await runOne(own, session, 'columns', u, [N, count]), count),
  };
}

/** Without a recurrence: the whole network for every pixel. */
async function wholeSampler(own: Opened, model: PeerModel, count: number) {
  const session = await own.open(allLogits(model));
  const u = uniforms(count, N);
  return {
    session,
    async run({ pixels }: Amount) {
      const x = new Float32Array(count * N);
      for (let i = 0; i < pixels; i++) {
        const z = await runOne(own, session, 'x', x, [count, N]);
        for (let m = 0; m < count; m++)
          x[m * N + i] = u[m * N + i] < 1 / (1 + Math.exp(-z[m * N + i])) ? 1 : 0;
      }
      return x;
    },
  };
}

export function ort(device: Device): OpenContender {
  return async (subject) => {
    if (subject.work === 'train') return 'onnxruntime-web has no training';
    const build = peerModels[subject.model.family as Family];
    const own = await load(device);
    const model = build(subject.model);
    const { recurrence } = model;
    const count = subject.work === 'sample 64' ? 64 : 1;
    const opened = await (subject.work === 'score'
      ? recurrence?.scores
        ? steppingScorer(own, model, recurrence, subject)
        : scorer(own, model, subject)
      : recurrence
        ? steppingSampler(own, model, recurrence, count)
        : wholeSampler(own, model, count));
    return {
      description: `onnxruntime-web, ${device}`,
      wholeImages: recurrence !== undefined || subject.work === 'score',
      pixels: FEW_PIXELS,
      run: (amount) => opened.run(amount),
      close: () => void opened.session.release(),
    };
  };
}
