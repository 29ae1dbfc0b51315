import { pixelCount, type GreyImages } from './images.ts';

/**
 * Grey levels as probabilities of ink, grey / 255, of the images that `indices` name: [count, n] f32. Place t of a row is pixel `order[t]`
 * of its image, or pixel t where the order is null.
 */
export function softTargets(
  images: GreyImages,
  indices: ArrayLike<number>,
  order: Uint32Array | null,
): Float32Array<ArrayBuffer> {
  const n = pixelCount(images.grid);
  const { pixels } = images;
  const targets = new Float32Array(indices.length * n);
  for (let row = 0; row < indices.length; row++) {
    const from = indices[row] * n;
    const to = row * n;
    for (let t = 0; t < n; t++) targets[to + t] = pixels[from + (order ? order[t] : t)] / 255;
  }
  return targets;
}
