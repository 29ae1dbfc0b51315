import { type PackedImages, unpackImage } from '../../data/images.ts';
import type { Simd } from '../../simd/simd.ts';
import type { CpuModel } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import { CHANNELS, pixelsAt, QUIET_HIDDEN, WINDOW_OFFSETS } from './layout.ts';
import type { Part } from './lists.ts';
import { Reader } from './reader.ts';

/** Derivatives by the sums of a first layer, [rows, width], one row for each pixel of `part`, and what is summed there. */
interface First {
  readonly part: Part;
  readonly d: Float32Array;
  readonly width: number;
  readonly relative: Float32Array;
  readonly absolute: Float32Array;
}

/**
 * How the logit of a pixel of the first image changes with each pixel before, these taken as real numbers by which the first layers
 * multiply: [n]. Which pixels are active stays as it is, since that does not change smoothly. The reader is created at the first call.
 */
export function inputGradientOf(model: Model, simd?: Simd | null): NonNullable<CpuModel['inputGradient']> {
  const { tensors } = model;
  const seen = pixelsAt(model.grid, WINDOW_OFFSETS);
  let opened: Reader | null = null;
  return (images, pixel) => {
    const reader = (opened ??= new Reader(model, 'all', simd));
    const { active, quiet } = backward(reader, images, pixel);
    const { relative, absolute, quiet_relative, quiet_absolute } = tensors;
    const { lists } = reader;
    const firsts: readonly First[] = [
      { part: lists.active, d: active.d, width: CHANNELS, relative, absolute },
      {
        part: lists.quiet,
        d: quiet.dHidden,
        width: QUIET_HIDDEN,
        relative: quiet_relative,
        absolute: quiet_absolute,
      },
    ];
    const gradient = new Float64Array(reader.n);
    for (const first of firsts) addFirst(gradient, seen, first, pixel);
    return gradient;
  };
}

/** From the logit of one pixel of the first image to the first layers. */
function backward(reader: Reader, images: PackedImages, pixel: number): NonNullable<Reader['gradient']> {
  const { lists } = reader;
  const { active, quiet } = reader.gradient!;
  const x = unpackImage(images, 0);
  reader.run(1, () => x);
  const dz = new Float64Array(reader.n);
  dz[pixel] = 1;
  active.clear();
  quiet.clear();
  active.backward(lists.active, lists.taps, dz);
  quiet.backward(lists.quiet, dz);
  return { active, quiet };
}

/**
 * Adds what the first layer of the net that `pixel` belongs to contributes: a pixel adds its row of `absolute` to the sums of all later pixels,
 * and the row of `relative` for its place to those that have it in their window. `seen` is the pixel at every offset, [n, offsets].
 */
function addFirst(
  gradient: Float64Array,
  seen: Int32Array,
  { part, d, width, relative, absolute }: First,
  pixel: number,
): void {
  const offsets = WINDOW_OFFSETS.length;
  /** Derivatives of all rows of pixels behind the one at hand. */
  const later = new Float64Array(width);
  let row = part.pixels.subarray(0, part.count).indexOf(pixel);
  if (row < 0) return;
  for (let j = pixel - 1; j >= 0; j--) {
    for (; row >= 0 && part.pixels[row] > j; row--) {
      const at = row * width;
      for (let c = 0; c < width; c++) later[c] += d[at + c];
      for (let o = 0; o < offsets; o++) {
        const q = seen[part.pixels[row] * offsets + o];
        if (q < 0) continue;
        for (let c = 0; c < width; c++) gradient[q] += relative[o * width + c] * d[at + c];
      }
    }
    for (let c = 0; c < width; c++) gradient[j] += absolute[j * width + c] * later[c];
  }
}
