import type { PackedImages } from '../../../data/images.ts';
import type { Passes, Sampler } from '../backend.ts';

/**
 * Ancestral sampling counted in passes, with a sampler that ends with it: one decides the next pixel of every image, so all take n. An answer counts
 * as computed once its pixels are on the host.
 */
export async function ancestralPasses(sampler: Sampler, n: number): Promise<Passes> {
  let images = await firstImages(sampler);
  const finished = new Uint32Array(images.count);
  let seconds = 0;
  return {
    finished,
    get passes() {
      return sampler.position;
    },
    get seconds() {
      return seconds;
    },
    async advance(passes) {
      if (sampler.position >= n) return;
      const begun = performance.now();
      await sampler.advance(passes);
      images = await sampler.images();
      seconds += (performance.now() - begun) / 1000;
      if (sampler.position >= n) finished.fill(n);
    },
    images: () => Promise.resolve(images),
    destroy: () => sampler.destroy(),
  };
}

async function firstImages(sampler: Sampler): Promise<PackedImages> {
  try {
    return await sampler.images();
  } catch (error) {
    sampler.destroy();
    throw error;
  }
}
