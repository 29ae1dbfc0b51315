import { type Detector, type Finding, quantile, type Ranked } from '../../stats/detection.ts';
import type { TestedImage } from './anomaly.svelte.ts';
import { digitsOf } from '../compare/percentile.ts';
import { capital, fixed, percent } from '../format.ts';

interface DetectorWords {
  readonly title: string;
  readonly short: string;
  /** One sentence. */
  readonly says: string;
  /** When it flags. */
  readonly rule: string;
}

export const DETECTOR_WORDS: Readonly<Record<Detector, DetectorWords>> = {
  'log p': {
    title: 'log p alone',
    short: 'log p',
    says: 'Too unlikely means strange: the obvious rule, and not enough, for whatever is simple is likely.',
    rule: 'Flags what is less likely than all but 1 % of the digits.',
  },
  typicality: {
    title: 'Typicality',
    short: 'typicality',
    says: 'Digits have a usual log p: far too likely is as strange as far too unlikely.',
    rule: 'Flags what lies in the lowest or in the highest 1 % of the digits.',
  },
  ratio: {
    title: 'Likelihood ratio',
    short: 'ratio',
    says: 'How much likelier than a background says that knows strokes and no shapes: what is left is the digit.',
    rule: 'Flags what lies in the lowest or in the highest 1 % of the digits.',
  },
};

export const RANKED_WORDS: Readonly<Record<Ranked, string>> = {
  'log p': 'log p alone',
  typicality: 'typicality',
  ratio: 'likelihood ratio',
  either: 'typicality or ratio',
};

export const TESTED_WORDS: Readonly<Record<TestedImage['name'], string>> = {
  drawing: 'your drawing',
  blank: 'blank page',
  'all ink': 'all ink',
  inverted: 'inverted',
  shuffled: 'its pixels shuffled',
  'matched noise': 'noise with its ink',
  'coin noise': 'noise, half ink',
};

/** Share of the digits that are less anomalous than an image, by the detector that finds it most anomalous, 0 to 1. */
export function shareLessAnomalous({ pValues }: Finding): number {
  return 1 - Math.min(pValues.typicality, pValues.ratio);
}

/** The verdict in one line. */
export function verdict(finding: Finding): string {
  return finding.flagged
    ? `More anomalous than ${percent(shareLessAnomalous(finding))} % of them`
    : 'Looks like the unseen digits';
}

/** Which detectors flag the image, and in which direction. */
export function reasons({ flags, place, pValues }: Finding): string {
  const parts: string[] = [];
  if (flags.typicality)
    parts.push(place.logLikelihood > 0.5 ? 'it is far too likely' : 'it is far too unlikely');
  if (flags.ratio)
    parts.push(
      place.ratio > 0.5
        ? 'its texture is far less likely than the rest of it'
        : 'its texture explains more of it than of a digit',
    );
  if (parts.length > 0) return `${capital(parts.join(', and '))}.`;
  return (
    `${percent(pValues.typicality)} % of the digits lie at least as far out by log p, ` +
    `${percent(pValues.ratio)} % by the ratio.`
  );
}

/** Says that log p finds the blank page likelier than digits; null where it does not. */
export function describeFooledLogP(tested: readonly TestedImage[]): string | null {
  const blank = tested.find(({ name }) => name === 'blank')?.finding;
  if (!blank || blank.flags['log p'] || blank.place.logLikelihood < 0.99) return null;
  return (
    `The blank page is likelier than ${digitsOf(blank.place.logLikelihood)} unseen digits: ` +
    'log p alone takes it for the best digit of all.'
  );
}

/** The score of an image by a detector, with its unit. */
export function measured(by: Detector, { logLikelihood, ratio, pValues }: Finding): string {
  if (by === 'log p') return `${fixed(logLikelihood, 1)} nats`;
  return by === 'ratio'
    ? `${ratio > 0 ? '+' : ''}${fixed(ratio, 1)} nats`
    : `${percent(pValues.typicality)} %`;
}

/** Where that score lies among those of the digits. */
export function placed(by: Detector, { place, pValues }: Finding): string {
  if (by === 'log p') return `likelier than ${digitsOf(place.logLikelihood)} unseen digits`;
  if (by === 'ratio') return `larger than ${percent(place.ratio)} % of the digits’`;
  return `of the digits are at least as far from the middle${pValues.typicality >= 1 ? ', all of them' : ''}`;
}

/** For screen readers: the distribution of the digits and where the drawing lies in it. */
export function describeStrip(by: Detector, reference: Float64Array, value: number): string {
  const [low, middle, high] = [0.01, 0.5, 0.99].map((share) => fixed(quantile(reference, share), 1));
  return `${DETECTOR_WORDS[by].title}: 98 % of the digits lie between ${low} and ${high} nats, the median at ${middle}; the drawing at ${fixed(value, 1)}`;
}
