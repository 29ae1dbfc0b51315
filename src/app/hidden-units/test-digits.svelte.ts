import type { Binarisation } from '../../data/binarisation.ts';
import { binariseRows, formatBinarisation, greyBinarisation } from '../../data/binarise.ts';
import { takeRows } from '../../data/dataset.ts';
import { readIdx } from '../../data/idx.ts';
import {
  blankImages,
  type GreyImages,
  type Grid,
  type PackedImages,
  pixelCount,
  putImages,
} from '../../data/images.ts';
import { poolImages } from '../../data/pool.ts';
import { indexRange } from '../../data/rng.ts';
import { forEachSlice } from '../../data/slices.ts';
import { fetchPair } from '../library/assets.ts';
import { Newest } from '../newest.ts';

/** Every fifth of MNIST's 10,000 test digits is used: a probe of all would take half a minute. */
const STRIDE = 5;
export const MANY_DIGITS = 10_000 / STRIDE;
/** Size of the download. */
export const MANY_BYTES = 1_610_732;
/** Intended time of a slice of digits. */
const SLICE_MS = 8;

/** Test digits as bits, with their classes. */
export interface Digits {
  /** Equal keys mean equal digits. */
  readonly key: string;
  readonly images: PackedImages;
  /** [count] */
  readonly labels: Uint8Array<ArrayBuffer>;
}

/** The test digits of a panel: the hundred that come with the app, or more of MNIST once they have been fetched. */
export class TestDigits {
  readonly #few: () => GreyImages | null;
  #many = $state.raw<GreyImages | null>(null);
  /** Progress of the download, 0 to 1; null while nothing is being fetched. */
  fetching = $state<number | null>(null);
  failure = $state('');
  readonly #download = new Newest();
  #cached: Digits | null = null;

  constructor(few: () => GreyImages | null) {
    this.#few = few;
  }

  get grey(): GreyImages | null {
    return this.#many ?? this.#few();
  }

  get haveMany(): boolean {
    return this.#many !== null;
  }

  cancel(): void {
    this.#download.abort();
    this.fetching = null;
  }

  async fetchMany(): Promise<void> {
    const signal = this.#download.begin();
    this.failure = '';
    this.fetching = 0;
    const pair = await fetchPair('mnist-test', {
      signal,
      onProgress: (loaded, total) => (this.fetching = loaded / total),
    });
    const read = pair.ok ? readIdx(await unpacked(pair.value.images), pair.value.labels) : pair;
    if (signal.aborted) return;
    this.fetching = null;
    if (read.ok) {
      const { value } = read;
      this.#many = takeRows(
        value,
        Array.from({ length: Math.floor(value.count / STRIDE) }, (_, i) => STRIDE * i),
      );
    } else this.failure = read.reason;
  }

  /** The digits on a grid, prepared in slices; null where there are none. */
  async of(grid: Grid, binarisation: Binarisation, signal: AbortSignal): Promise<Digits | null> {
    const { grey } = this;
    if (!grey?.labels) return null;
    const key = `${grey.count} ${grid.width}x${grid.height} ${formatBinarisation(binarisation)}`;
    if (this.#cached?.key === key) return this.#cached;
    const how = greyBinarisation(binarisation);
    const pixels = new Uint8Array(grey.count * pixelCount(grid));
    const images = blankImages(grid, grey.count);
    const prepared = await forEachSlice(grey.count, {
      targetMs: SLICE_MS,
      signal,
      work: (first, count) => {
        const indices = indexRange(first, count);
        const pooled = poolImages(takeRows(grey, indices), grid);
        if (!pooled.ok) return Promise.resolve(pooled);
        pixels.set(pooled.value.pixels, first * pixelCount(grid));
        // Stochastic binarisation depends on a digit's number, so the rows are taken from one set of all digits.
        const all = { grid, count: grey.count, pixels, labels: null };
        putImages(images, first, binariseRows(all, indices, how));
        return Promise.resolve(pooled);
      },
    });
    if (!prepared.ok) return null;
    this.#cached = { key, images, labels: grey.labels };
    return this.#cached;
  }
}

/** Unpacked by the browser off this thread; left packed where it cannot. */
async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (!('DecompressionStream' in globalThis)) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
