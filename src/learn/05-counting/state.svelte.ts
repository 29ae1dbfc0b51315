import type { ChapterTools } from '../../app/learn/chapter-tools.ts';
import { takeRows } from '../../data/dataset.ts';
import { histogram } from '../../data/enumerate.ts';
import type { Grid, GreyImages, PackedImages } from '../../data/images.ts';
import { permutation, Stream, streamKey } from '../../data/rng.ts';
import { smallDigits } from '../figures/small-digits.ts';
import { choice, MAX_SEED, seed, type Values, whole } from '../state/params.ts';
import { type Filling, fillingAfter, firstAlike } from './coverage.ts';
import { type Colours, COLOURS, coloursOf, countPictures } from './sizes.ts';

/** Sides of the grids; the images of the first three can be listed. */
export const SIDES = [2, 3, 4, 7, 14, 28] as const;
const LISTED = 4;
/** Digits that can be shown; the other hundred of the thousand always remain to come. */
export const MAX_SEEN = 900;
export const MAX_SIDE = 10_000;
export const params = {
  side: choice('2', SIDES.map(String)),
  seen: whole(10, 0, MAX_SEEN),
  seed: seed(5),
  /** The image that is open; -1 for that of the digit seen last. */
  image: whole(-1, -1, 2 ** 16 - 1),
  width: whole(4, 1, MAX_SIDE),
  height: whole(4, 1, MAX_SIDE),
  colours: choice('binary', Object.keys(COLOURS)),
} as const;

type DigitTools = Pick<ChapterTools, 'digits'>;

/** One grid with the digits on it, in the order in which they are seen. */
interface OnGrid {
  readonly grid: Grid;
  readonly images: PackedImages;
  /** Tells their images apart, [count]. */
  readonly ids: Uint32Array;
}

/** The table of all images of a grid while digits are counted into it, and the numbers of pictures of any size. */
export class Counting {
  readonly values: Values<typeof params>;
  readonly #tools: DigitTools;
  #digits = $state.raw<GreyImages | null>(null);
  /** Why there are no digits; empty otherwise. */
  failure = $state('');
  /** The thousand digits in the order in which they are seen; null before they are there. */
  readonly shuffled = $derived.by(() => {
    const digits = this.#digits;
    if (!digits) return null;
    return takeRows(digits, permutation(digits.count, this.values.seed, streamKey(Stream.shuffle)));
  });
  readonly #grids = $derived.by((): readonly OnGrid[] => {
    const digits = this.shuffled;
    if (!digits) return [];
    return SIDES.map((side) => {
      const grid = { width: side, height: side };
      const images = smallDigits(digits, grid);
      return { grid, images, ids: firstAlike(images) };
    });
  });
  /** What the digits seen fill of the table, for every side; empty before the digits are there. */
  readonly fillings = $derived(this.#grids.map(({ ids }) => fillingAfter(ids, this.values.seen)));
  /** Shares of the images among the digits seen and to come, [2^n] each; null where they cannot be listed. */
  readonly shares = $derived.by(() => {
    const onGrid = this.onGrid;
    if (!onGrid || this.side > LISTED) return null;
    const { words, count } = onGrid.images;
    const shareOf = (from: number, to: number): Float64Array => {
      const part = { grid: onGrid.grid, count: to - from, words: words.slice(from, to) };
      return histogram(part).map((times) => times / Math.max(1, to - from));
    };
    return { seen: shareOf(0, this.values.seen), rest: shareOf(this.values.seen, count) };
  });
  readonly pictures = $derived.by(() =>
    countPictures(coloursOf(this.values.colours), this.values.width * this.values.height),
  );

  constructor(values: Values<typeof params>, tools: DigitTools) {
    this.values = values;
    this.#tools = tools;
  }

  /** Fetches the digits; for figures that are on the page. */
  async load(): Promise<void> {
    if (this.#digits) return;
    this.failure = '';
    const digits = await this.#tools.digits('starter');
    if (digits.ok) this.#digits = digits.value;
    else this.failure = digits.reason;
  }

  get side(): number {
    return Number(this.values.side);
  }

  /** Pixels of the grid. */
  get n(): number {
    return this.side ** 2;
  }

  get onGrid(): OnGrid | null {
    return this.#grids.find(({ grid }) => grid.width === this.side) ?? null;
  }

  /** Of the chosen grid; null before the digits are there. */
  get filling(): Filling | null {
    return this.fillingOf(this.side, this.values.seen);
  }

  fillingOf(side: number, seen: number): Filling | null {
    const onGrid = this.#grids.find(({ grid }) => grid.width === side);
    return onGrid ? fillingAfter(onGrid.ids, seen) : null;
  }

  /** The image that is open: the chosen one, else that of the digit seen last; null where there is none or it cannot be listed. */
  get chosen(): number | null {
    if (this.side > LISTED) return null;
    const { image, seen } = this.values;
    if (image >= 0) return image < 2 ** this.n ? image : null;
    // One word an image: its packing is its number.
    return this.onGrid && seen > 0 ? this.onGrid.images.words[seen - 1] : null;
  }

  choose(image: number): void {
    this.values.image = image;
  }

  takeSide(side: number): void {
    Object.assign(this.values, { side: String(side), image: -1 });
  }

  /** The same digits in another order. */
  shuffle(): void {
    this.values.seed = (this.values.seed + 1) % (MAX_SEED + 1);
  }

  showMore(digits: number): void {
    Object.assign(this.values, { seen: Math.min(MAX_SEEN, this.values.seen + digits), image: -1 });
  }

  takeSize(width: number, height: number, colours: Colours): void {
    Object.assign(this.values, { width, height, colours });
  }
}
