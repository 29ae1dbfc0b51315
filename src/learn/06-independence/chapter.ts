import { count, fixed } from '../../app/format.ts';
import { describePlace } from '../../app/grids.ts';
import { MNIST_GRID, pixelCount } from '../../data/images.ts';
import { entropy } from '../../stats/divergences.ts';
import { defineChapter } from '../state/view.svelte.ts';
import Drawings from './Drawings.svelte';
import { exercises } from './exercises.ts';
import Missing from './Missing.svelte';
import Pairs from './Pairs.svelte';
import Square from './Square.svelte';
import { ASKED, Independence, params, SAMPLES, SHOWN } from './state.svelte.ts';

/** A correlation from which two pixels count as avoiding each other. */
const AVOIDING = -0.25;
/** Nats within which the model counts as the nearest one, and the pair as independent. */
const [NEAREST, STRAIGHT] = [0.002, 0.001];

/** A value of digits that may not be there yet. */
const text = (value: number | null | undefined, decimals: number): string =>
  value === null || value === undefined ? '…' : fixed(value, decimals);
const of100 = (share: number | null | undefined): string =>
  text(share === null || share === undefined ? null : 100 * share, 0);

export const chapter = defineChapter({
  params,
  create: (values, tools) => new Independence(values, tools),
  figures: { drawings: Drawings, pairs: Pairs, square: Square, missing: Missing },
  numbers: {
    pixels: () => String(pixelCount(MNIST_GRID)),
    thousand: () => count(SAMPLES),
    shown: () => String(SHOWN),
    apart: (lecture) => text(lecture.apart === null ? null : 100 * lecture.apart, 1),
    pixelPlace: () => describePlace(ASKED.pixel, MNIST_GRID),
    otherPlace: () => describePlace(ASKED.other, MNIST_GRID),
    pixelShare: ({ asked }) => of100(asked?.pixel),
    otherShare: ({ asked }) => of100(asked?.other),
    both: ({ asked }) => of100(asked?.both),
    sampled: ({ asked }) => of100(asked?.sampled),
    product: ({ asked }) => of100(asked?.product),
    avoiding: () => fixed(AVOIDING, 2),
    nearest: () => fixed(NEAREST, 3),
    straight: () => fixed(STRAIGHT, 3),
    a: (lecture) => fixed(lecture.values.a, 3),
    b: (lecture) => fixed(lecture.values.b, 3),
    distance: (lecture) => fixed(lecture.distance, 3),
    mutual: (lecture) => fixed(lecture.mutual, 3),
    inkShare: (lecture) => fixed(lecture.values.ink, 2),
    paperShare: (lecture) => fixed(lecture.values.paper, 2),
    side: (lecture) => `${lecture.values.side} × ${lecture.values.side}`,
    n: (lecture) => String(pixelCount(lecture.grid)),
    images: (lecture) => String(2 ** pixelCount(lecture.grid)),
    missing: (lecture) => text(lecture.missing, 3),
    singles: (lecture) =>
      text(lecture.missing === null ? null : lecture.missing + (lecture.jointEntropy ?? 0), 3),
    joint: (lecture) => text(lecture.jointEntropy, 3),
    full: ({ chances }) => text(chances && chances.reduce((sum, p) => sum + entropy([p, 1 - p]), 0), 1),
    unseen: (lecture) => text(lecture.unseen === null ? null : 100 * lecture.unseen, 1),
  },
  links: { pixels: ({ values }) => `left=independent&right=independent&seed=${values.seed}` },
  goals: {
    look: ({ values }) => values.shown === 'yes',
    avoid: (lecture) => (lecture.pairCorrelation ?? 0) < AVOIDING,
    nearest: (lecture) => lecture.mutual > 0.1 && lecture.distance - lecture.mutual < NEAREST,
    straight: (lecture) => lecture.mutual < STRAIGHT,
  },
  predictions: {
    machine: { kind: 'choice', answer: () => 'neither' },
    together: {
      kind: 'number',
      first: ({ asked }, label) => (asked ? '' : label('digits-first')),
      answer: ({ asked }) => 100 * (asked?.product ?? NaN),
      within: 4,
    },
    reach: { kind: 'choice', answer: () => 'never' },
    grids: { kind: 'choice', answer: () => 'more' },
  },
  exercises,
});
