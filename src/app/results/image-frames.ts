import type { Grid } from '../../data/images.ts';
import type { Rgb } from './film.ts';

/** What a pixel of a film of images shows: numbers of its colours. */
export const INK = 1;
export const PAPER_PIXEL = 0;
export const UNDECIDED = 2;
export const NEXT = 3;
/** Shades of the words, from paper to ink. */
const SHADES = 8;
const FIRST_SHADE = 4;

/** Colours of films of images: those of the light theme. */
export const IMAGE_PALETTE: readonly Rgb[] = [
  [255, 255, 255],
  [30, 32, 36],
  [232, 224, 208],
  [168, 52, 28],
  ...Array.from({ length: SHADES }, (_, at): Rgb => {
    const share = at / (SHADES - 1);
    return [255 - 225 * share, 255 - 223 * share, 255 - 219 * share].map(Math.round) as [
      number,
      number,
      number,
    ];
  }),
];

const GAP = 8;
/** Height of the words above and below the images, in dots. */
const LINE = 24;
/** Dots along an image, about. */
const SIDE = 140;
const SINGLE = 448;

/** Darkness of words as they are written into a place, [width * height], 0 to 255. */
export type WriteWords = (words: string, width: number, height: number) => Uint8Array;

/** Pictures of `count` images in rows, with a line of words above and below them. */
export class ImageFrames {
  readonly width: number;
  readonly height: number;
  readonly #grid: Grid;
  readonly #columns: number;
  readonly #scale: number;
  readonly #write: WriteWords;

  constructor(grid: Grid, count: number, columns: number, write: WriteWords) {
    this.#grid = grid;
    this.#columns = columns;
    this.#write = write;
    this.#scale = Math.max(1, Math.floor((count === 1 ? SINGLE : SIDE) / grid.width));
    this.width = columns * (grid.width * this.#scale + GAP) + GAP;
    this.height = Math.ceil(count / columns) * (grid.height * this.#scale + GAP) + GAP + 2 * LINE;
  }

  /** A frame of images whose pixels have these numbers of colours, [count][n]. */
  frame(images: readonly Uint8Array[], above: string, below: string): Uint8Array {
    const { width } = this;
    const scale = this.#scale;
    const indices = new Uint8Array(width * this.height);
    const [across, down] = [this.#grid.width, this.#grid.height];
    images.forEach((pixels, at) => {
      const left = GAP + (at % this.#columns) * (across * scale + GAP);
      const top = LINE + GAP + Math.floor(at / this.#columns) * (down * scale + GAP);
      for (let y = 0; y < down * scale; y++) {
        const row = Math.floor(y / scale) * across;
        const to = (top + y) * width + left;
        for (let column = 0; column < across; column++)
          indices.fill(pixels[row + column], to + column * scale, to + (column + 1) * scale);
      }
    });
    this.#line(indices, above, 0);
    this.#line(indices, below, this.height - LINE);
    return indices;
  }

  #line(indices: Uint8Array, words: string, top: number): void {
    const shades = this.#write(words, this.width, LINE);
    for (let i = 0; i < shades.length; i++)
      indices[top * this.width + i] = FIRST_SHADE + Math.round((shades[i] / 255) * (SHADES - 1));
  }
}
