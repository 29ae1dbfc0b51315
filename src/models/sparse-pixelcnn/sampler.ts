/**
 * Sampling: many images advance together, pixel by pixel, those whose pixel is active as the rows of one pass and the others
 * as those of another. What later pixels read is kept: the carried sums and, of the pixels that taps still reach, the
 * features of every block. So an image costs as much to draw as to score.
 */
import { getPixel, pixelCount, setPixel } from '../../data/images.ts';
import type { Simd } from '../../simd/simd.ts';
import { fires, groupSampler } from '../shared/ancestral.ts';
import type { Model } from '../model.ts';
import type { CpuSampler, SampleRequest } from '../sampling.ts';
import type { Kept } from './group.ts';
import { Group } from './group.ts';

/** Images that advance together. */
const GROUP = 64;
/** Memory that unfinished images of one sampler may keep: of a digit and 8 blocks, about 1,100. */
const MAX_KEPT_BYTES = 2 ** 26;

/** Draws what `request` says. `maxKeptBytes`: see MAX_KEPT_BYTES. */
export function sparseSampler(
  model: Model,
  request: SampleRequest,
  simd?: Simd | null,
  maxKeptBytes = MAX_KEPT_BYTES,
): CpuSampler {
  const size = Math.min(GROUP, request.indices.length);
  const n = pixelCount(model.grid);
  const group = new Group(model, size, simd);
  const kept = new Map<number, Kept>();
  return groupSampler(model.grid, request, {
    size,
    decide(images, first, count, from, to, uniforms) {
      const decided = (m: number, i: number) => getPixel(images, first + m, i) === 1;
      const own = kept.get(first);
      group.begin(count);
      if (own) group.load(own, from, decided);
      else group.run(0, from, decided);
      group.run(from, to, (m, i, z) => {
        const on = fires(z / request.temperature, uniforms[m][i - from]);
        if (on) setPixel(images, first + m, i, 1);
        return on;
      });
      if (to === n) kept.delete(first);
      else if (own || (kept.size + 1) * group.bytes <= maxKeptBytes) kept.set(first, group.save());
    },
  });
}
