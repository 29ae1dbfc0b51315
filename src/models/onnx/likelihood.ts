/** What the graphs of several families have in common. */
import { CLASSES } from '../../data/images.ts';
import type { DensityValues } from './family.ts';
import { BATCH, type Graph, type Value } from './graph.ts';

/** log p in nats of every pixel of x, [..., n] f32, under its logit: -softplus of the logit where it is off, of minus the logit where it is on. */
export function logBernoulli(graph: Graph, x: Value, logits: Value): Value {
  const sign = graph.subtract(graph.scalar(1), graph.multiply(graph.scalar(2), x));
  return graph.negative(graph.softplus(graph.multiply(sign, logits)));
}

/** The sum over pixels in double precision, [...]: f32 of a thousand nats are 0.0001 apart. */
export function sumOverPixels(graph: Graph, terms: Value): Value {
  return graph.sum(graph.cast(terms, 'double'), -1);
}

/** Of a model with a logit for every pixel given those before it, [batch, n]. */
export function chainRule(graph: Graph, x: Value, logits: Value): DensityValues {
  return { logP: sumOverPixels(graph, logBernoulli(graph, x, logits)), logits };
}

/** x with a pixel behind the last that is always off, [batch, n + 1]. */
export function withPixelOff(graph: Graph, x: Value): Value {
  const zero = graph.forEveryImage(graph.scalar(0), x, [1]);
  return graph.join([x, zero], 1);
}

/** A mixture whose components have a logit of their own for every pixel. */
export interface Mixed {
  /** log p of every component, [components] double. */
  readonly prior: Value;
  readonly components: number;
  /** Pixels in the order in which they are seen, [n, batch] f32. */
  readonly pixels: Value;
  /** In the same order, [n, components], or [n, batch, components] where they differ between images. */
  readonly logits: Value;
  readonly perImage: boolean;
}

/**
 * Logits of p(x_i = 1 | x_<i) = sum_k p(k | x_<i) p(x_i = 1 | x_<i, k), [batch, n] f32. A scan from pixel to pixel with log p(x_<i, k) as its state:
 * sums over all pixels at once would take n times the components for every image.
 */
export function mixPixels(graph: Graph, x: Value, mixed: Mixed): Value {
  const { prior, components, pixels, logits, perImage } = mixed;
  const [, all] = graph.scan({
    states: [
      {
        value: graph.forEveryImage(prior, x, [components]),
        type: 'double',
        shape: [BATCH, components],
      },
    ],
    inputs: [
      { value: pixels, type: 'float', shape: [BATCH] },
      { value: logits, type: 'float', shape: perImage ? [BATCH, components] : [components] },
    ],
    outputs: [{ type: 'float', shape: [BATCH], axis: 1 }],
    step: (inner, [joint], [pixel, z]) => {
      const off = inner.subtract(joint, inner.cast(inner.softplus(z), 'double'));
      const on = inner.add(off, inner.cast(z, 'double'));
      const odds = inner.subtract(inner.logSumExp(on), inner.logSumExp(off));
      const isOn = inner.cast(inner.withAxis(pixel, -1), 'bool');
      return { states: [inner.where(isOn, on, off)], outputs: [inner.cast(odds, 'float')] };
    },
  });
  return all;
}

/**
 * Of several sets of logits, each [batch, n], the one whose score is highest; of equals the first. `scores` is [batch, sets].
 */
export function bestLogits(graph: Graph, sets: readonly Value[], scores: Value): Value {
  const best = graph.op('ArgMax', [scores], { axis: -1, keepdims: 1, select_last_index: 0 });
  const stacked = graph.op(
    'Concat',
    sets.map((each) => graph.withAxis(each, 1)),
    { axis: 1 },
  );
  return graph.op('GatherND', [stacked, best], { batch_dims: 1 });
}

/** log p(y | x) of class logits, [batch, CLASSES] double. */
export function normalised(graph: Graph, classLogits: Value): Value {
  return graph.subtract(classLogits, graph.withAxis(graph.logSumExp(classLogits), -1));
}

export const CLASS_SHAPE = [BATCH, CLASSES] as const;
