import { count, percent } from '../../app/format.ts';
import { defineChapter } from '../state/view.svelte.ts';
import { grouped, inShort, powerOfTen } from './big.ts';
import Calculator from './Calculator.svelte';
import { drawsForAll, expectedDistinct } from './coverage.ts';
import Coverage from './Coverage.svelte';
import { exercises } from './exercises.ts';
import Filling from './Filling.svelte';
import { magnitudeOf, pixelsBeyond } from './powers.ts';
import { ATOMS_POWER } from './sizes.ts';
import { Counting, MAX_SEEN, params } from './state.svelte.ts';

/** Shown while the digits are fetched. */
const LATER = '…';
const DIGIT_PIXELS = 28 * 28;
const PIXELS_OF_ATOMS = pixelsBeyond(ATOMS_POWER);
/** Side of the smallest square with so many pixels. */
const SQUARE = Math.ceil(Math.sqrt(PIXELS_OF_ATOMS));
const images = (n: number): string => grouped(String(2n ** BigInt(n)));
/** What `MAX_SEEN` digits fill on a grid. */
const all = (counting: Counting, side: number) => counting.fillingOf(side, MAX_SEEN);
const shown = (value: number | undefined): string => (value === undefined ? LATER : count(value));

export const chapter = defineChapter({
  params,
  create: (values, tools) => new Counting(values, tools),
  figures: { table: Filling, coverage: Coverage, calculator: Calculator },
  numbers: {
    seen: (counting) => count(counting.values.seen),
    all: () => count(MAX_SEEN),
    n: (counting) => count(counting.n),
    images: (counting) => inShort(magnitudeOf(2n, counting.n, 15)),
    distinct2: (counting) => shown(counting.fillingOf(2, counting.values.seen)?.distinct),
    images2: () => images(4),
    images3: () => images(9),
    images4: () => images(16),
    filled4: (counting) => shown(all(counting, 4)?.distinct),
    empty4: (counting) => {
      const filling = all(counting, 4);
      return shown(filling ? 2 ** 16 - filling.distinct : undefined);
    },
    rest: (counting) => shown(all(counting, 4)?.rest),
    missed4: (counting) => {
      const filling = all(counting, 4);
      return shown(filling ? filling.rest - filling.known : undefined);
    },
    uniform4: () => count(expectedDistinct(2 ** 16, MAX_SEEN)),
    known2: (counting) => knownShare(counting, 2),
    known28: (counting) => knownShare(counting, 28),
    distinct28: (counting) => shown(all(counting, 28)?.distinct),
    pixels28: () => count(DIGIT_PIXELS),
    length28: () => count(magnitudeOf(2n, DIGIT_PIXELS).digits),
    atoms: () => powerOfTen(ATOMS_POWER),
    beyond: () => count(PIXELS_OF_ATOMS),
    draws3: () => count(drawsForAll(2 ** 9)),
    draws4: () => count(drawsForAll(2 ** 16)),
  },
  links: {
    joint: ({ side }) => `grid=${Math.min(4, side)}&left=full-joint&right=independent`,
  },
  goals: {
    half: ({ side, filling }) => side === 2 && filling !== null && 2 * filling.distinct > 2 ** 4,
    four: ({ side, filling }) => side === 4 && filling?.seen === MAX_SEEN,
    atoms: ({ values: { width, height, colours } }) =>
      colours === 'binary' && width === SQUARE && height === SQUARE,
  },
  predictions: {
    filled: {
      kind: 'number',
      first: (counting, label) => (all(counting, 4) ? '' : label('digits-first')),
      answer: (counting) => all(counting, 4)?.distinct ?? NaN,
      within: 100,
    },
    unseen: { kind: 'choice', answer: () => 'zero' },
    atoms: { kind: 'number', answer: () => PIXELS_OF_ATOMS, within: 60 },
  },
  exercises,
});

/** Share of the digits to come, in per cent, that show an image of the first MAX_SEEN. */
function knownShare(counting: Counting, side: number): string {
  const filling = all(counting, side);
  return filling ? percent(filling.known / filling.rest) : LATER;
}
