/** The weights are there once for all orders; the graph masks them by the places of the pixels, which a runtime does once, when it loads the model. */
import { pixelCount } from '../../data/images.ts';
import { inverseOrder } from '../../data/orders.ts';
import type { Model } from '../model.ts';
import type { DensityValues, OnnxFamily } from '../onnx/family.ts';
import type { Graph, Value } from '../onnx/graph.ts';
import { bestLogits, chainRule } from '../onnx/likelihood.ts';
import { ensembleOrders, isDirect, layerNames, tensorShapes, unitDegrees } from './masks.ts';

/** The tensors of a model by their names. */
type Weights = Readonly<Record<string, Value>>;

export const onnx: OnnxFamily = {
  build(graph, model, x) {
    const weights = Object.fromEntries(
      tensorShapes(model.grid, model.hyper).map(({ name, shape }) => [
        name,
        graph.constant(model.tensors[name], shape, name),
      ]),
    );
    const orders = ensembleOrders(model.grid, model.hyper).map((order) =>
      inOrder(graph, model, weights, order, x),
    );
    if (orders.length === 1) return orders[0];
    const logs = graph.join(
      orders.map(({ logP }) => graph.withAxis(logP, -1)),
      -1,
    );
    const logits = orders.map((each) => each.logits).filter((each) => each !== null);
    return {
      logP: graph.subtract(graph.logSumExp(logs), graph.double(Math.log(orders.length))),
      logits: bestLogits(graph, logits, logs),
    };
  },
};

function inOrder(
  graph: Graph,
  { grid, hyper }: Model,
  weights: Weights,
  order: Uint32Array,
  x: Value,
): DensityValues {
  const n = pixelCount(grid);
  const place = Array.from(inverseOrder(order));
  const degree = Array.from(unitDegrees(n, hyper.hidden));
  const column = (all: number[]) => graph.places(all, [all.length, 1]);
  const row = (all: number[]) => graph.places(all, [1, all.length]);
  const masked = (visible: Value, name: string) => graph.where(visible, weights[name], graph.scalar(0));
  let h = x;
  for (let layer = 1; layer <= hyper.layers; layer++) {
    const { weight, bias } = layerNames(layer);
    const seen = layer === 1 ? place : degree;
    const visible = graph.op('GreaterOrEqual', [row(degree), column(seen)]);
    h = graph.relu(graph.add(graph.product(h, masked(visible, weight)), weights[bias]));
  }
  const before = graph.op('Greater', [column(place), row(degree)]);
  let z = graph.product(h, graph.transpose(masked(before, 'output'), 1, 0));
  if (isDirect(hyper)) {
    const later = graph.op('Greater', [row(place), column(place)]);
    z = graph.add(z, graph.product(x, masked(later, 'direct')));
  }
  return chainRule(graph, x, graph.add(z, weights.output_bias));
}
