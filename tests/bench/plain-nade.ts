/** NADE in plain loops on f32 arrays that open the hidden units only after a pixel that is on, one output of one image at a time. */
import type { PackedImages } from '../../src/data/images.ts';
import { blankImages, MNIST_GRID } from '../../src/data/images.ts';
import { Stream, streamKey, threefry2x32, uniform } from '../../src/data/rng.ts';
import { sigmoid, softplus } from '../../src/models/shared/math.ts';
import type { Model, Tensors } from '../../src/models/model.ts';

const N = 784;
const STRIDE = 25;
export const HIDDEN = 500;

export function isOn(images: PackedImages, m: number, i: number): number {
  return (images.words[m * STRIDE + (i >> 5)] >>> (i & 31)) & 1;
}

/** Visits the pixels of one image in order; `decide` gets a pixel's logit and returns its value. The last sum stays in a. */
function plainWalk(model: Model, a: Float32Array, decide: (i: number, z: number) => number): void {
  const { bias, hidden_bias, input, output } = model.tensors;
  const h = new Float32Array(HIDDEN);
  a.set(hidden_bias);
  for (let k = 0; k < HIDDEN; k++) h[k] = sigmoid(a[k]);
  for (let i = 0; i < N; i++) {
    let z = bias[i];
    for (let k = 0; k < HIDDEN; k++) z += output[i * HIDDEN + k] * h[k];
    if (!decide(i, z)) continue;
    for (let k = 0; k < HIDDEN; k++) {
      a[k] += input[i * HIDDEN + k];
      h[k] = sigmoid(a[k]);
    }
  }
}

export function plainScore(model: Model, images: PackedImages): Float64Array {
  const a = new Float32Array(HIDDEN);
  return Float64Array.from({ length: images.count }, (_, m) => {
    let loss = 0;
    plainWalk(model, a, (i, z) => {
      const x = isOn(images, m, i);
      loss += softplus(x ? -z : z);
      return x;
    });
    return -loss;
  });
}

/** Overwrites `gradients` with the mean over the batch and returns the summed loss in nats. */
export function plainGradient(model: Model, batch: PackedImages, gradients: Tensors): number {
  const { bias, hidden_bias, input, output } = gradients;
  let loss = 0;
  for (const tensor of Object.values(gradients)) tensor.fill(0);
  const a = new Float32Array(HIDDEN);
  const h = new Float32Array(HIDDEN);
  const error = new Float32Array(HIDDEN);
  const d = new Float32Array(N);
  for (let m = 0; m < batch.count; m++) {
    plainWalk(model, a, (i, z) => {
      const x = isOn(batch, m, i);
      loss += softplus(x ? -z : z);
      d[i] = (sigmoid(z) - x) / batch.count;
      return x;
    });
    error.fill(0);
    for (let k = 0; k < HIDDEN; k++) h[k] = sigmoid(a[k]);
    for (let i = N - 1; i >= 0; i--) {
      const row = i * HIDDEN;
      if (isOn(batch, m, i)) {
        for (let k = 0; k < HIDDEN; k++) {
          input[row + k] += error[k];
          a[k] -= model.tensors.input[row + k];
          h[k] = sigmoid(a[k]);
        }
      }
      bias[i] += d[i];
      for (let k = 0; k < HIDDEN; k++) {
        output[row + k] += d[i] * h[k];
        error[k] += d[i] * model.tensors.output[row + k] * h[k] * (1 - h[k]);
      }
    }
    for (let k = 0; k < HIDDEN; k++) hidden_bias[k] += error[k];
  }
  return loss;
}

export function plainSample(model: Model, count: number, seed: number): PackedImages {
  const images = blankImages(MNIST_GRID, count);
  const a = new Float32Array(HIDDEN);
  const pair = new Uint32Array(2);
  for (let m = 0; m < count; m++) {
    plainWalk(model, a, (i, z) => {
      if ((i & 1) === 0) threefry2x32(seed, streamKey(Stream.sample), m, i >> 1, pair);
      if (!(uniform(pair[i & 1]) < sigmoid(z))) return 0;
      images.words[m * STRIDE + (i >> 5)] |= 1 << (i & 31);
      return 1;
    });
  }
  return images;
}
