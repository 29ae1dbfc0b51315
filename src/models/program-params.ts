import { pixelCount, wordsPerImage } from '../data/images.ts';
import { Stream, streamKey } from '../data/rng.ts';
import type { BoundKernel, Dispatch, Params } from '../gpu/kernel.ts';
import type { ProgramScope } from './program.ts';
import { inRanges } from './shared/ranges.ts';
import type { SampleRequest } from './sampling.ts';

/** Places that one dispatch decides at most: a sampler's grid is cut by images only, so this bounds the time of a workgroup. */
const MAX_PLACES = 128;

/** The fields of shaders/lib/batch-params.wgsl. */
export function batchParams({ grid }: Pick<ProgramScope, 'grid'>, images: number) {
  return { pixels: pixelCount(grid), words_per_image: wordsPerImage(grid), images };
}

/** The fields of shaders/lib/sampling-params.wgsl: places, or iterations, `first` to `end - 1` of `images` images. */
export function samplingParams(
  scope: Pick<ProgramScope, 'grid'>,
  { seed, temperature }: SampleRequest,
  images: number,
  first: number,
  end: number,
) {
  return { ...batchParams(scope, images), first, end, seed, key: streamKey(Stream.sample), temperature };
}

/** How a sampler's kernel is dispatched. */
export interface Steps {
  /** Those of the request, unless the kernel is bound to some of them. */
  readonly images?: number;
  /** Params of the family's own. */
  readonly own?: Params;
  /** Workgroups of a dispatch; one an image unless given. */
  readonly groups?: number;
  /** Most places of a dispatch. */
  readonly most?: number;
  /** Relative cost of a place. */
  readonly work?: number;
}

/** Dispatches of a sampler's kernel that decide places, or do iterations, `from` to `to - 1`. */
export function inSteps(
  scope: ProgramScope,
  request: SampleRequest,
  kernel: BoundKernel,
  { images = request.indices.length, own, groups = images, most = MAX_PLACES, work = 1 }: Steps = {},
): (from: number, to: number) => Dispatch[] {
  return (from, to) =>
    inRanges(from, to, most, (first, end) =>
      kernel.dispatch(
        { ...samplingParams(scope, request, images, first, end), ...own },
        [groups],
        (end - first) * work,
      ),
    );
}

export const BIAS_GRADIENT = 'ops/bias-gradient.wgsl';

/** Mean over `rows` of `length` of each row's `stride` numbers, from `start` on; `divisor` where it is another than the rows, `later` to add to it. */
export function biasGradient(
  kernel: BoundKernel,
  length: number,
  rows: number,
  { stride = length, start = 0, divisor = rows, later = false } = {},
): Dispatch {
  const params = { length, start, stride, rows, divisor, later: Number(later) };
  return kernel.dispatch(params, [kernel.groups(length)], rows);
}
