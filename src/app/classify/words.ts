import { CLASSES, type Grid } from '../../data/images.ts';
import type { ClassReading } from '../../engine/queries/api.ts';
import { classifying, families, isClassConditional, presetHyper } from '../../models/registry.ts';
import type { Model } from '../../models/model.ts';
import { describeModel } from '../compare/counted-models.ts';
import { type Choice, countable, refused } from '../compare/choice.ts';
import { describeMeasured, shippedClassifiers } from '../compare/shipped-models.ts';
import { countOf, fixed, percent } from '../format.ts';

/** The model of the slot, and the discriminative baseline. */
export type ModelRole = 'queried' | 'baseline';

/** The two classes whose evidence is compared. */
export interface Contest {
  readonly one: number;
  readonly other: number;
}

/** Evidence for one class against another. */
export interface ClassEvidence {
  /** Nats by pixel, [n]. */
  readonly pixels: Float32Array;
  /** Sum of `pixels`. */
  readonly sum: number;
  /** log p(one) - log p(other), or the difference of the biases. */
  readonly prior: number;
}

/** Classes by their probability, the most probable first. */
export function ranked(posterior: ArrayLike<number>): number[] {
  return Array.from({ length: CLASSES }, (_, y) => y).sort((a, b) => posterior[b] - posterior[a]);
}

/** The most probable class against a rival, against the runner-up where none is chosen. */
export function contestOf(posterior: ArrayLike<number>, rival: number | null): Contest {
  const [one, runnerUp] = ranked(posterior);
  return { one, other: rival === null || rival === one ? runnerUp : rival };
}

/** Null where the reading has no contributions of pixels. */
export function compare(reading: ClassReading, { one, other }: Contest): ClassEvidence | null {
  if (!reading.split) return null;
  const n = reading.contributions.length / CLASSES;
  const of = (y: number) => reading.contributions.subarray(y * n, (y + 1) * n);
  const against = of(other);
  const pixels = of(one).map((nats, i) => nats - against[i]);
  return {
    pixels,
    sum: pixels.reduce((sum, nats) => sum + nats, 0),
    prior: reading.prior[one] - reading.prior[other],
  };
}

/** The largest value of the scale of a map of evidence, in nats: a round number, the same for both signs. */
export function evidenceScale(evidence: ClassEvidence | null): number {
  const largest = evidence?.pixels.reduce((top, nats) => Math.max(top, Math.abs(nats)), 0) ?? 0;
  const power = 10 ** Math.floor(Math.log10(Math.max(largest, 0.01)));
  return power * ([1, 2, 5, 10].find((each) => each * power >= largest) ?? 10);
}

/** "7 with 98 %, 9 with 2 %": the most probable class and all of at least half a per cent. */
export function describePosterior(posterior: ArrayLike<number>): string {
  return ranked(posterior)
    .filter((y, rank) => rank === 0 || posterior[y] >= 0.005)
    .map((y) => `${y} with ${percent(posterior[y])} %`)
    .join(', ');
}

/** Larger powers of ten come close to the largest f64. */
const MAX_POWER = 300;

/** A difference of log-probabilities as odds, to stand between the names of two classes: "642 times more probable than". */
export function describeOdds(nats: number): string {
  const size = Math.abs(nats);
  if (size < 0.05) return 'about as probable as';
  const times = Math.exp(Math.min(size, MAX_POWER * Math.LN10));
  const words = times < 10 ? fixed(times, 1) : countOf(times);
  return `${size > MAX_POWER * Math.LN10 ? 'more than ' : ''}${words} times ${nats > 0 ? 'more' : 'less'} probable than`;
}

/** A class-conditional model, to load into a slot whose model knows no classes. */
export interface Offer {
  readonly name: string;
  readonly choice: Choice;
}

/** Models that come with the app and know classes, the most accurate first. */
export function shippedClassOffers(grid: Grid): Offer[] {
  return shippedClassifiers(grid).map((model) => ({
    name: `${describeModel(model.family, model.hyper, grid)}: ${describeMeasured(model)}`,
    choice: { kind: 'shipped', name: model.name },
  }));
}

/**
 * The same family with one model per class where it is trained by counting, then the families that always have classes.
 */
export function classOffers(model: Pick<Model, 'family' | 'hyper'> | null, grid: Grid): Offer[] {
  const counted = countable(families);
  const own = counted.find((spec) => spec.id === model?.family);
  const always = counted.filter((spec) => spec.classes === 'always');
  const wanted = [
    ...(own && model ? [{ spec: own, hyper: classifying(own, model.hyper) }] : []),
    ...always.map((spec) => ({ spec, hyper: presetHyper(spec, 'starter') })),
  ];
  return wanted.flatMap(({ spec, hyper }): Offer[] => {
    const family = spec.id;
    if (!hyper || refused(spec, grid, hyper)) return [];
    if (model && family === model.family && isClassConditional(model)) return [];
    return [{ name: describeModel(family, hyper, grid), choice: { kind: 'counted', family, hyper } }];
  });
}
