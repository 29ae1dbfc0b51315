/**
 * Pairs of pixels counted in the M step of a mixture of trees: by adding all pairs that are on, one by one (as before), and by PairSums, in this
 * process, on 4,096 digits of MNIST and on images with more ink. Prints processor seconds, their ratio, and the largest difference of a sum.
 *   node tests/bench/cpu.mjs tree-mixture
 */
import { type PackedImages, pixelCount, sliceImages, wordsPerImage } from '../../src/data/images.ts';
import { indexRange, randomWords } from '../../src/data/rng.ts';
import { JointReader } from '../../src/models/tree-mixture/joint.ts';
import { PairSums, type Weighed } from '../../src/models/tree-mixture/pair-sums.ts';
import { initialise, reference } from '../../src/models/tree-mixture/reference.ts';
import { listOn } from '../../src/models/shared/on-pixels.ts';
import { Responsibilities } from '../../src/models/shared/responsibilities.ts';
import type { Model } from '../../src/models/model.ts';
import { pixelMeans } from '../../src/data/dataset.ts';
import { mnist } from './cpu-tables.ts';

const IMAGES = 4096;
const COMPONENTS = 20;
const ITERATIONS = 8;

/** The sums as they are defined, in the order in which images come. */
function plainSums(groups: readonly Weighed[], n: number, into: Float64Array): void {
  into.fill(0);
  const bases = Int32Array.from({ length: n }, (_, i) => i * n);
  const [pixels, rows] = [new Int32Array(n), new Int32Array(n)];
  for (const { batch, images, shares } of groups) {
    const words = wordsPerImage(batch.grid);
    for (let at = 0; at < images.length; at++) {
      const share = shares ? shares[at] : 1;
      const count = listOn(batch.words, images[at] * words, words, bases, pixels, rows);
      for (let a = 0; a < count; a++) for (let b = a; b < count; b++) into[rows[a] + pixels[b]] += share;
    }
  }
}

/** The images with the pixels of `mask` turned over. */
function turned(images: PackedImages, mask: Uint32Array): PackedImages {
  const size = wordsPerImage(images.grid);
  return { ...images, words: images.words.map((word, at) => word ^ mask[at % size]) };
}

/** What every component has of the images after some iterations: [COMPONENTS]. */
function componentsOf(images: PackedImages): readonly Weighed[] {
  const hyper = { components: COMPONENTS, strength: 15 };
  const { grid } = images;
  let model: Model = {
    family: 'tree-mixture',
    grid,
    hyper,
    tensors: initialise(grid, hyper, pixelMeans(images), 1),
  };
  for (let step = 0; step < ITERATIONS; step++) {
    const iteration = reference.emIteration!(model);
    iteration.add(images);
    model = { ...model, tensors: iteration.finish() };
  }
  const reader = new JointReader(model);
  const shared = new Responsibilities(COMPONENTS, 20);
  const members = Array.from({ length: COMPONENTS }, () => ({
    batch: images,
    images: [] as number[],
    shares: [] as number[],
  }));
  for (let m = 0; m < images.count; m++) {
    shared.of(reader.joint, reader.read(images, m));
    for (let r = 0; r < shared.count; r++) {
      members[shared.component[r]].images.push(m);
      members[shared.component[r]].shares.push(shared.share[r]);
    }
  }
  return members;
}

function processorSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

export function run(): void {
  const digits = sliceImages(mnist('t10k'), 0, IMAGES);
  const n = pixelCount(digits.grid);
  const size = wordsPerImage(digits.grid);
  const padding = size * 32 - n;
  const cut = (mask: Uint32Array) => {
    mask[size - 1] &= 0xffffffff >>> padding;
    return mask;
  };
  const half = new Uint32Array(size);
  randomWords(1, 7, 0, half);
  const coins = new Uint32Array(digits.words.length);
  randomWords(2, 7, 0, coins);
  for (let m = 0; m < digits.count; m++) cut(coins.subarray(m * size, (m + 1) * size));
  const kinds = {
    digits,
    'digits inverted': turned(digits, cut(new Uint32Array(size).fill(0xffffffff))),
    'half of the pixels inverted': turned(digits, cut(half)),
    'coin tosses': { ...digits, words: coins },
  };
  console.log(
    '| images | sums of | plain s | PairSums s | ratio | largest difference |\n|---|---|---|---|---|---|',
  );
  const [plain, fast] = [new Float64Array(n * n), new Float64Array(n * n)];
  for (const [name, images] of Object.entries(kinds)) {
    const sums = new PairSums(images.grid);
    const all: Weighed = { batch: images, images: indexRange(0, images.count), shares: null };
    const sets = { 'all images': [all], [`${COMPONENTS} components`]: componentsOf(images) };
    for (const [what, each] of Object.entries(sets)) {
      let [before, now, difference] = [0, 0, 0];
      for (const group of each) {
        before += processorSeconds(() => plainSums([group], n, plain));
        now += processorSeconds(() => sums.count([group], fast, false));
        for (let i = 0; i < n; i++)
          for (let j = i; j < n; j++)
            difference = Math.max(difference, Math.abs(plain[i * n + j] - fast[i * n + j]));
      }
      const cells = [
        before.toFixed(2),
        now.toFixed(2),
        (before / now).toFixed(1),
        difference.toExponential(1),
      ];
      console.log(`| ${name} | ${what} | ${cells.join(' | ')} |`);
    }
  }
}
