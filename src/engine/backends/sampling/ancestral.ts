import type { PackedImages } from '../../../data/images.ts';
import type { IterativeSampler, Sampler } from '../backend.ts';

/**
 * Ancestral sampling as an iterative sampler: an iteration decides the next pixel of every image, so every image takes n. It destroys `sampler`. `seconds`
 * includes the readback of the images.
 */
export async function asIterativeSampler(sampler: Sampler, n: number): Promise<IterativeSampler> {
  let images = await firstImages(sampler);
  const finished = new Uint32Array(images.count);
  let seconds = 0;
  return {
    finished,
    get iterations() {
      return sampler.position;
    },
    get seconds() {
      return seconds;
    },
    async advance(iterations) {
      if (sampler.position >= n) return;
      const begun = performance.now();
      await sampler.advance(iterations);
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
