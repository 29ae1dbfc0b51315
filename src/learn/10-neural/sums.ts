import { pixelCount } from '../../data/images.ts';
import { rowBases } from '../../models/fvsbn/layout.ts';
import { unitDegrees } from '../../models/made/masks.ts';
import { biasOffset, CHANNELS, FIRST, LAST, LOGIT, neighbour } from '../../models/pixelcnn/layout.ts';
import { logBernoulli, sigmoid } from '../../models/shared/math.ts';
import type { Model } from '../../models/model.ts';
import type { Family, Level } from './families.ts';
import { streamAt } from './stream.ts';

/** One product of a sum. */
export interface Term {
  /** The pixel, hidden unit or channel that `input` comes from. */
  readonly source: number;
  readonly weight: number;
  readonly input: number;
  /** weight x input. */
  readonly value: number;
}

/** bias + the values of the terms. Inputs of 0 and connections that a mask removes are no terms. */
export interface Sum {
  readonly bias: number;
  readonly terms: readonly Term[];
  readonly total: number;
}

/** A sum and what the network makes of it. */
export interface Unit extends Sum {
  readonly value: number;
  readonly by: 'sigmoid' | 'relu';
}

/** Pixels as 0 and 1, [n]. */
type Image = ArrayLike<number>;

function sumOf(bias: number, terms: readonly Term[]): Sum {
  return { bias, terms, total: terms.reduce((sum, { value }) => sum + value, bias) };
}

function unitOf(sum: Sum, by: Unit['by']): Unit {
  return { ...sum, by, value: by === 'sigmoid' ? sigmoid(sum.total) : Math.max(0, sum.total) };
}

const term = (source: number, weight: number, input: number): Term => ({
  source,
  weight,
  input,
  value: weight * input,
});

/** The numbers below `end`. */
const range = (end: number): number[] => Array.from({ length: end }, (_, i) => i);

/** log p(x) in nats: one term a pixel, log p(x_i | the pixels before), of which `logits` are the logits, [n]. */
export function imageSum(logits: ArrayLike<number>, x: Image): Sum {
  return sumOf(
    0,
    Array.from(logits, (z, i) => term(i, 1, logBernoulli(x[i], z))),
  );
}

/** The logit of p(x_pixel = 1 | the pixels before): over earlier pixels in FVSBN, over hidden units in all others. */
export function pixelSum(family: Family, model: Model, x: Image, pixel: number): Sum {
  const { tensors: t } = model;
  if (family === 'fvsbn') {
    const bases = rowBases(pixelCount(model.grid));
    const ink = range(pixel).filter((j) => x[j]);
    return sumOf(
      t.bias[pixel],
      ink.map((j) => term(j, t.weight[bases[j] + pixel], 1)),
    );
  }
  if (family === 'pixelcnn') {
    const inputs = range(CHANNELS).map((k) => term(k, t.logit[k], unitSum(family, model, x, pixel, k).value));
    return sumOf(t.logit[biasOffset(LOGIT)], inputs);
  }
  const size = model.hyper.hidden;
  const kept = range(size).filter((k) => feeds(family, model, k, pixel));
  const bias = family === 'nade' ? t.bias : t.output_bias;
  return sumOf(
    bias[pixel],
    kept.map((k) => term(k, t.output[pixel * size + k], unitSum(family, model, x, pixel, k).value)),
  );
}

/** Hidden unit number `unit` as `pixel` sees it: over the inked pixels before, or over the channels of a PixelCNN's stream. */
export function unitSum(
  family: Exclude<Family, 'fvsbn'>,
  model: Model,
  x: Image,
  pixel: number,
  unit: number,
): Unit {
  const { tensors: t } = model;
  if (family === 'pixelcnn') {
    const inputs = Array.from(streamAt(model, x, pixel), (value, c) =>
      term(c, t.last[c * CHANNELS + unit], Math.max(0, value)),
    );
    return unitOf(sumOf(t.last[biasOffset(LAST) + unit], inputs), 'relu');
  }
  const size = model.hyper.hidden;
  const [weight, bias] = family === 'nade' ? [t.input, t.hidden_bias] : [t.weight_1, t.bias_1];
  const ink = range(pixelCount(model.grid)).filter((j) => x[j] && sees(family, model, unit, j, pixel));
  const sum = sumOf(
    bias[unit],
    ink.map((j) => term(j, weight[j * size + unit], 1)),
  );
  return unitOf(sum, family === 'nade' ? 'sigmoid' : 'relu');
}

/** Channel number `channel` of a PixelCNN's stream at `pixel`: over the inked pixels of the first mask, and what the blocks add. */
export function filterSum(model: Model, x: Image, pixel: number, channel: number): Sum & { blocks: number } {
  const { first } = model.tensors;
  const terms = FIRST.taps.flatMap((tap) => {
    const j = neighbour(model.grid, pixel, tap);
    return j >= 0 && x[j] ? [term(j, first[tap.index * CHANNELS + channel], 1)] : [];
  });
  const { bias, total } = sumOf(first[biasOffset(FIRST) + channel], terms);
  const whole = streamAt(model, x, pixel)[channel];
  return { bias, terms, total: whole, blocks: whole - total };
}

/** The `count` terms that are largest in absolute value, largest first, and how many others there are and what they add up to. */
export function largestOf(
  terms: readonly Term[],
  count: number,
): { readonly largest: readonly Term[]; readonly others: number; readonly rest: number } {
  const sorted = [...terms].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const others = sorted.slice(count);
  return {
    largest: sorted.slice(0, count),
    others: others.length,
    rest: others.reduce((sum, { value }) => sum + value, 0),
  };
}

/** Whether hidden unit `unit` is an input of `pixel`: MADE's masks keep only units of a smaller degree than the pixel's place. */
export function feeds(family: Family, model: Model, unit: number, pixel: number): boolean {
  return family !== 'made' || degreeOf(model, unit) < pixel;
}

/** Whether `unit`, as `pixel` sees it, has pixel `j` as an input. In NADE it grows with the pixels; in MADE its degree bounds it. */
export function sees(family: 'nade' | 'made', model: Model, unit: number, j: number, pixel: number): boolean {
  return family === 'nade' ? j < pixel : j <= degreeOf(model, unit);
}

/** The last pixel, counted from 0 in raster order, that a hidden unit of MADE may see. */
export function degreeOf(model: Model, unit: number): number {
  return unitDegrees(pixelCount(model.grid), model.hyper.hidden)[unit];
}

/** Hidden units between the image and a pixel's probability; none in FVSBN. */
export function unitCount(family: Family, model: Model): number {
  return family === 'fvsbn' ? 0 : family === 'pixelcnn' ? CHANNELS : model.hyper.hidden;
}

/**
 * The weights with which pixels enter the sum of a level, [n], 0 where there is no connection; null where its inputs are no pixels. Those of
 * blank pixels are among them, which are no terms.
 */
export function weightsByPixel(
  family: Family,
  model: Model,
  level: Level,
  at: { readonly pixel: number; readonly unit: number; readonly channel: number },
): Float64Array | null {
  const n = pixelCount(model.grid);
  const all = new Uint8Array(n).fill(1);
  const sum =
    family === 'fvsbn' && level === 'pixel'
      ? pixelSum(family, model, all, at.pixel)
      : (family === 'nade' || family === 'made') && level === 'unit'
        ? unitSum(family, model, all, at.pixel, at.unit)
        : family === 'pixelcnn' && level === 'filter'
          ? filterSum(model, all, at.pixel, at.channel)
          : null;
  if (!sum) return null;
  const weights = new Float64Array(n);
  for (const { source, weight } of sum.terms) weights[source] = weight;
  return weights;
}
