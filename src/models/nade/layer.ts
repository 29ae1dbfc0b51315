import type { PackedImages } from '../../data/images.ts';
import { pixelCount, wordsPerImage } from '../../data/images.ts';
import type { Model } from '../model.ts';
import { openStates } from './hidden.ts';
import { dotRun } from './products.ts';

/** One model's numbers, and what all images share: until its first pixel is on, every image has the same logits. */
export class Layer {
  readonly n: number;
  /** Hidden units. */
  readonly size: number;
  readonly bias: Float32Array;
  /** [n, size] */
  readonly input: Float32Array;
  /** [n, size] */
  readonly output: Float32Array;
  /** Before the first pixel: a_1 and h_1, [size]. */
  readonly a: Float64Array;
  readonly h: Float64Array;
  private readonly z: Float64Array;
  private known = 0;

  constructor(model: Model) {
    const { bias, hidden_bias, input, output } = model.tensors;
    this.n = pixelCount(model.grid);
    this.size = hidden_bias.length;
    this.bias = bias;
    this.input = input;
    this.output = output;
    this.a = Float64Array.from(hidden_bias);
    this.h = new Float64Array(this.size);
    openStates(this.h, 0, this.a, 0, this.size);
    this.z = new Float64Array(this.n);
  }

  /** Logits of an image that is blank so far, [n] of which the first `end` are filled. */
  blankLogits(end: number): Float64Array {
    if (end > this.known) {
      dotRun(this.z, this.known, this.bias, this.output, this.known, end, this.h, 0, this.size);
      this.known = end;
    }
    return this.z;
  }
}

/** The on-pixels of one image in ascending order, written into `pixels`; returns how many. */
export function listOn({ grid, words }: PackedImages, image: number, pixels: Int32Array): number {
  const stride = wordsPerImage(grid);
  let count = 0;
  for (let w = 0; w < stride; w++) {
    let word = words[image * stride + w];
    while (word !== 0) {
      pixels[count++] = (w << 5) + 31 - Math.clz32(word & -word);
      word &= word - 1;
    }
  }
  return count;
}

/** Number of outputs that see the image blank: up to and with its first pixel that is on. */
export function blankOutputs({ grid, words }: PackedImages, image: number): number {
  const stride = wordsPerImage(grid);
  for (let w = 0; w < stride; w++) {
    const word = words[image * stride + w];
    if (word !== 0) return (w << 5) + 32 - Math.clz32(word & -word);
  }
  return pixelCount(grid);
}

/** The images ordered by their first on-pixel, earliest first, [count]. */
export function byBlankOutputs(images: PackedImages): Uint32Array {
  const blank = Int32Array.from({ length: images.count }, (_, m) => blankOutputs(images, m));
  return Uint32Array.from(blank.keys()).sort((m, o) => blank[m] - blank[o] || m - o);
}
