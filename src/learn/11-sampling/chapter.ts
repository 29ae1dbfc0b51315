import { count, fixed } from '../../app/format.ts';
import { defineChapter } from '../state/view.svelte.ts';
import { playLink } from './digit-models.ts';
import Estimate from './Estimate.svelte';
import { exercises } from './exercises.ts';
import Square from './Square.svelte';
import { AGAINST, GRID, MEASURED, N, params, Sampling } from './state.svelte.ts';
import Sweeps from './Sweeps.svelte';
import { coinAt } from './temperature.ts';
import Walk from './Walk.svelte';
import { placeOf } from '../figures/small-images.ts';

/** Total variation below which the two temperatures count as the same. */
const SAME = 0.002;
/** At most this chance of the second pixel, or one minus it, where the agreement is no accident of two fair coins. */
const FAIR = 0.1;
/** Nats by which the mean of the logs may miss. */
const CLOSE = 0.01;

export const chapter = defineChapter({
  params,
  create: (values, tools) => new Sampling(values, tools),
  figures: { walk: Walk, sweeps: Sweeps, square: Square, estimate: Estimate },
  numbers: {
    n: () => String(N),
    seed: (sampling) => String(sampling.values.seed),
    at: (sampling) => String(sampling.values.at),
    t: (sampling) => fixed(sampling.values.t, 2),
    place: ({ pixel }) => (pixel === null ? '–' : placeOf(pixel, GRID)),
    u: ({ pixel, uniforms }) => (pixel === null ? '–' : fixed(uniforms[pixel], 3)),
    chance: ({ pixel, probabilities }) =>
      pixel === null || !probabilities ? '–' : fixed(probabilities[pixel], 3),
    against: () => fixed(AGAINST, 1),
    sweeps: ({ sweepCount }) => (sweepCount === null ? '–' : String(sweepCount)),
    saved: ({ sweepCount }) => (sweepCount ? fixed(N / sweepCount, 0) : '–'),
    differing: ({ differing }) => (differing === null ? '–' : String(differing)),
    measured: () => String(MEASURED),
    meanSweeps: ({ measured }) => (measured.length > 0 ? fixed(measured[0].mean, 1) : '–'),
    smallSweeps: ({ measured }) => (measured.length > 0 ? fixed(measured[measured.length - 1].mean, 1) : '–'),
    smallPixels: ({ measured }) => (measured.length > 0 ? String(measured[measured.length - 1].pixels) : '–'),
    cold: (sampling) => fixed(sampling.values.cold, 2),
    power: (sampling) => fixed(1 / sampling.values.cold, 2),
    first: (sampling) => fixed(sampling.values.first, 2),
    paper: (sampling) => fixed(sampling.values.paper, 2),
    ink: (sampling) => fixed(sampling.values.ink, 2),
    sharpPaper: ({ values }) => fixed(coinAt(values.paper, values.cold), 3),
    sharpInk: ({ values }) => fixed(coinAt(values.ink, values.cold), 3),
    futurePaper: ({ values }) => fixed(future(values.paper, values.cold), 3),
    futureInk: ({ values }) => fixed(future(values.ink, values.cold), 3),
    pixelFirst: (sampling) => fixed(sampling.pixelFirst, 3),
    jointFirst: (sampling) => fixed(sampling.jointFirst, 3),
    variation: (sampling) => fixed(sampling.variation, 3),
    draws: (sampling) => count(sampling.values.draws),
    high: (sampling) => fixed(sampling.values.high, 2),
    low: (sampling) => fixed(sampling.values.low, 2),
    mean: (sampling) => fixed(sampling.mean, 3),
    trueLog: (sampling) => fixed(Math.log(sampling.mean), 3),
    meanLog: (sampling) => fixed(sampling.meanLog, 3),
    gap: (sampling) => fixed(Math.log(sampling.mean) - sampling.meanLog, 3),
    close: () => fixed(CLOSE, 2),
  },
  links: { samplers: ({ values }) => playLink(values.seed, values.t) },
  goals: {
    surprise: ({ chosenChance, playing }) => !playing && chosenChance !== null && chosenChance < AGAINST,
    settled: ({ sweep, sweepCount }) => sweepCount !== null && sweep === sweepCount,
    agree: ({ values, variation }) =>
      variation < SAME && Math.abs(values.cold - 1) > 0.3 && Math.abs(values.ink - 0.5) > FAIR,
    close: ({ mean, meanLog }) => Math.log(mean) - meanLog < CLOSE,
  },
  predictions: {
    passes: { kind: 'choice', answer: () => 'few' },
    colder: { kind: 'choice', answer: coldAnswer },
    'one-draw': {
      kind: 'choice',
      answer: ({ values }) => (values.high === values.low ? 'equal' : 'below'),
    },
  },
  exercises,
});

/** Sum of the powers of the second pixel's two probabilities: what the joint temperature weights the first pixel with. */
function future(chance: number, temperature: number): number {
  return chance ** (1 / temperature) + (1 - chance) ** (1 / temperature);
}

/** Where the joint temperature moves the chance that the first pixel is ink. */
function coldAnswer({ jointFirst, p }: Sampling): string {
  const before = p[2] + p[3];
  if (Math.abs(jointFirst - before) < 0.0005) return 'stays';
  return jointFirst > before ? 'rises' : 'falls';
}
