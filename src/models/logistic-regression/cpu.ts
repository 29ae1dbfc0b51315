/** The loops of reference.ts, touching only the weights of pixels that are on. */
import type { PackedImages } from '../../data/images.ts';
import { CLASSES, pixelCount, wordsPerImage } from '../../data/images.ts';
import { classifierOnly } from '../shared/classifier.ts';
import { addRows, listOn } from '../shared/on-pixels.ts';
import { logSumExp } from '../shared/math.ts';
import type { CpuModel } from '../cpu-model.ts';
import type { CpuGradient } from '../cpu-training.ts';
import type { Model, Tensors } from '../model.ts';

/** Rows of weights, one a pixel, and which of them an image adds up. */
class Rows {
  readonly #bases: Int32Array;
  readonly #pixels: Int32Array;
  /** Where in `weight` the rows of the image read last begin, the first `count`. */
  readonly starts: Int32Array;
  count = 0;

  constructor(readonly model: Model) {
    const n = pixelCount(model.grid);
    this.#bases = Int32Array.from({ length: n }, (_, i) => i * CLASSES);
    this.#pixels = new Int32Array(n);
    this.starts = new Int32Array(n);
  }

  /** Class logits of one image into `z`, [CLASSES]. */
  read(images: PackedImages, image: number, z: Float64Array): void {
    const { bias, weight } = this.model.tensors;
    const stride = wordsPerImage(images.grid);
    this.count = listOn(images.words, image * stride, stride, this.#bases, this.#pixels, this.starts);
    z.set(bias);
    addRows(z, 0, weight, this.starts, 0, this.count, 0, z.length);
  }
}

export function openCpu(model: Model): CpuModel {
  const rows = new Rows(model);
  const z = new Float64Array(CLASSES);
  return classifierOnly((images) => {
    const result = new Float64Array(images.count * CLASSES);
    for (let m = 0; m < images.count; m++) {
      rows.read(images, m, z);
      result.set(z, m * CLASSES);
    }
    return result;
  });
}

/** The same as `gradient` of reference.ts. */
export function cpuGradient(model: Model): CpuGradient {
  return { gradient: (batch, gradients, targets) => gradientOf(model, batch, gradients, targets?.labels) };
}

function gradientOf(
  model: Model,
  batch: PackedImages,
  gradients: Tensors,
  labels: Uint8Array | null | undefined,
): number {
  if (!labels) throw new Error('labels: a classifier needs them');
  const rows = new Rows(model);
  const db = new Float64Array(CLASSES);
  const dw = new Float64Array(model.tensors.weight.length);
  const d = new Float64Array(CLASSES);
  let loss = 0;
  for (let m = 0; m < batch.count; m++) {
    rows.read(batch, m, d);
    const total = logSumExp(d);
    loss += total - d[labels[m]];
    for (let y = 0; y < d.length; y++) d[y] = Math.exp(d[y] - total);
    d[labels[m]] -= 1;
    for (let y = 0; y < d.length; y++) db[y] += d[y];
    for (let r = 0; r < rows.count; r++) {
      const row = rows.starts[r];
      for (let y = 0; y < d.length; y++) dw[row + y] += d[y];
    }
  }
  gradients.bias.set(db.map((sum) => sum / batch.count));
  gradients.weight.set(dw.map((sum) => sum / batch.count));
  return loss;
}
