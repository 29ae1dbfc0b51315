/** Models and images of random numbers, the same in every run. Needs neither a page nor a device. */
import { blankImages, pixelCount, type Grid, type PackedImages } from '../../src/data/images.ts';
import { floatsOf, halves } from '../../src/data/float16.ts';
import { threefry2x32 } from '../../src/data/rng.ts';
import { completeHyper, findFamily } from '../../src/models/registry.ts';
import type { Hyper, Model } from '../../src/models/model.ts';

/** Numbers in [0, 1) that are the same in every run. */
export function randomSource(seed: number): () => number {
  const pair = new Uint32Array(2);
  let counter = 0;
  return () => {
    threefry2x32(seed, 77, counter++, 0, pair);
    return pair[0] / 4294967296;
  };
}

/** Images of which each pixel is on with probability `ink`. */
export function randomImages(grid: Grid, count: number, seed: number, ink = 0.3): PackedImages {
  const random = randomSource(seed);
  const images = blankImages(grid, count);
  const words = images.words.length / Math.max(count, 1);
  for (let image = 0; image < count; image++) {
    for (let i = 0; i < pixelCount(grid); i++) {
      if (random() < ink) images.words[image * words + (i >> 5)] |= 1 << (i & 31);
    }
  }
  return images;
}

/** A model of any family with random numbers within `scale` of `centre`; the parents of a tree are earlier pixels. */
export function randomModel(
  id: string,
  grid: Grid,
  given: Hyper,
  seed: number,
  scale = 1,
  centre = -0.5,
): Model {
  const spec = findFamily(id);
  if (!spec) throw new Error(`family: ${id}`);
  const hyper = completeHyper(spec, given);
  const random = randomSource(seed);
  const tensors = Object.fromEntries(
    spec.tensors(grid, hyper).map(({ name, shape }) => {
      const length = shape.reduce((product, side) => product * side, 1);
      const draw = (at: number) => {
        if (name !== 'parent') return centre + scale * (2 * random() - 1);
        const pixel = at % pixelCount(grid);
        return pixel === 0 ? -1 : Math.floor(random() * pixel);
      };
      return [name, Float32Array.from({ length }, (_, at) => draw(at))];
    }),
  );
  return { family: id, grid, hyper, tensors };
}

/** The same model with every weight rounded to half precision. */
export function inHalves(model: Model): Model {
  const rounded = Object.entries(model.tensors).map(([name, values]) => [name, floatsOf(halves(values))]);
  return { ...model, tensors: Object.fromEntries(rounded) as Model['tensors'] };
}

/** A grid of one row: as many pixels as wanted. */
export function rowOf(pixels: number): Grid {
  return { width: pixels, height: 1 };
}

/** Sizes around a natural size of a kernel, where tiles are empty, full, or hold one more. */
export function sizesAround(size: number): number[] {
  return [1, size - 1, size, size + 1, 3 * size + 5];
}
