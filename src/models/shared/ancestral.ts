import { type KnownPixels, requireGrid } from '../../data/known-pixels.ts';
import type { Grid, PackedImages } from '../../data/images.ts';
import { blankImages, getPixel, pixelCount } from '../../data/images.ts';
import type { Simd } from '../../simd/simd.ts';
import type { CpuSampler, SampleRequest } from '../sampling.ts';
import { sampleUniforms } from './uniforms.ts';

/**
 * Whether a pixel turns on: u < sigmoid(logit). Most draws are decided without an exponential, because
 * exp(a) > 1 + a + a^2/2 + a^3/6 for a > 0 bounds the sigmoid's tail from above.
 */
export function fires(logit: number, u: number): boolean {
  const a = Math.abs(logit);
  const bound = 2 + a * (1 + a * (0.5 + a * (1 / 6)));
  if (logit < 0) {
    if (u * bound >= 1) return false;
  } else if ((1 - u) * bound > 1) return true;
  return u < 1 / (1 + Math.exp(-logit));
}

/** What a family adds to ancestral sampling. */
export interface AncestralState {
  /** Pixels are decided in blocks of this size, all images block by block, so that its weights stay cached. */
  readonly block: number;
  /** Draws the uniforms where it is given. */
  readonly simd?: Simd;
  /**
   * Decides places `from` to `to - 1` of one image, all in one block, writing the pixels that are on into `images`.
   * `uniforms[t - from]` belongs to place t: to be compared by `fires`, as it may lie outside 0 to 1 (see GIVEN_ON). They hold until
   * `decide` returns.
   */
  decide(images: PackedImages, image: number, from: number, to: number, uniforms: Float32Array): void;
  /** Which pixel comes at each place of an image, [n]. Without it pixel t comes at place t. */
  order?(image: number): Uint32Array;
}

/** Uniforms of pixels that are given: one lies below every probability, the other above. `fires` accepts both. */
const GIVEN_ON = -1;
const GIVEN_OFF = 2;

/**
 * Ancestral sampling: the pixel i at place t of the order is on where u_t < p(x_i = 1 | x_<i). u is a function of
 * (seed, image, place) alone, so that an image depends neither on its batch nor on how the work is cut. Pixels that are
 * given take a u that decides them; the others keep theirs.
 */
export function ancestralSampler(grid: Grid, request: SampleRequest, state: AncestralState): CpuSampler {
  const draw = uniformsOf(grid, request, state.block, state.simd ?? null);
  return advancing(grid, request, (images, position, end) => {
    for (let from = position; from < end;) {
      const to = Math.min(end, from - (from % state.block) + state.block);
      for (let image = 0; image < images.count; image++) {
        state.decide(images, image, from, to, draw(image, from, to, state.order?.(image)));
      }
      from = to;
    }
  });
}

/** What a family adds to ancestral sampling that decides the same place of several images at once. */
export interface GroupState {
  /** Images of one group. */
  readonly size: number;
  /**
   * Decides places `from` to `to - 1` of images `first` to `first + count - 1`, writing the pixels that are on into `images`.
   * `uniforms[m][t - from]` belongs to place t of image `first + m`, as `AncestralState.decide` says.
   */
  decide(
    images: PackedImages,
    first: number,
    count: number,
    from: number,
    to: number,
    uniforms: readonly Float32Array[],
  ): void;
}

/** `ancestralSampler` by groups of images, which raster order decides pixel by pixel. */
export function groupSampler(grid: Grid, request: SampleRequest, state: GroupState): CpuSampler {
  const draw = uniformsOf(grid, request, pixelCount(grid), null);
  const size = Math.min(state.size, request.indices.length);
  const uniforms = Array.from({ length: size }, () => new Float32Array(pixelCount(grid)));
  return advancing(grid, request, (images, from, to) => {
    for (let first = 0; first < images.count; first += size) {
      const count = Math.min(size, images.count - first);
      for (let m = 0; m < count; m++) uniforms[m].set(draw(first + m, from, to).subarray(0, to - from));
      state.decide(images, first, count, from, to, uniforms);
    }
  });
}

/** A sampler whose places `from` to `to - 1` of all images `advance` decides. */
function advancing(
  grid: Grid,
  request: SampleRequest,
  advance: (images: PackedImages, from: number, to: number) => void,
): CpuSampler {
  const n = pixelCount(grid);
  const images = blankImages(grid, request.indices.length);
  let position = 0;
  return {
    images,
    get position() {
      return position;
    },
    advance(pixels) {
      const target = Math.min(n, position + Math.max(0, Math.floor(pixels)));
      if (target > position) advance(images, position, target);
      position = target;
    },
  };
}

/** The uniforms of places `from` to `to - 1` of an image, whose pixels come in `order`, or in that of their numbers: see DrawRow. */
type DrawUniforms = (image: number, from: number, to: number, order?: Uint32Array) => Float32Array;

function uniformsOf(
  grid: Grid,
  { seed, indices, given }: SampleRequest,
  most: number,
  simd: Simd | null,
): DrawUniforms {
  const draw = sampleUniforms(seed, most, simd);
  const settled = given ? settledUniforms(given, grid) : null;
  return (image, from, to, order) => {
    const uniforms = draw(indices[image], from, to - from);
    if (settled) takeSettled(settled, order, from, to, uniforms);
    return uniforms;
  };
}

/** GIVEN_ON or GIVEN_OFF of every pixel, [n]; NaN where it is to be drawn. */
function settledUniforms(given: KnownPixels, grid: Grid): Float64Array {
  requireGrid(given, grid);
  return Float64Array.from({ length: pixelCount(grid) }, (_, pixel) => {
    if (!getPixel(given.known, 0, pixel)) return NaN;
    return getPixel(given.image, 0, pixel) ? GIVEN_ON : GIVEN_OFF;
  });
}

function takeSettled(
  settled: Float64Array,
  order: Uint32Array | undefined,
  from: number,
  to: number,
  out: Float32Array,
): void {
  for (let place = from; place < to; place++) {
    const u = settled[order ? order[place] : place];
    if (!Number.isNaN(u)) out[place - from] = u;
  }
}
