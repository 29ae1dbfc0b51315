import { expect, it } from 'vitest';
import { packImages, takeImages, unpackImage } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { zerosLike } from '../../../src/engine/backends/references.ts';
import { definition, reference } from '../../../src/models/fvsbn/reference.ts';
import { Reference, SCORE_TOLERANCE } from '../../bench/agreement.ts';
import { batchAt } from '../../bench/contenders/contender.ts';
import { LEARNING_RATE, SEED } from '../../bench/tasks.ts';

const grid = { width: 3, height: 3 };
const N = 9;
const tensors = {
  bias: Float32Array.from({ length: N }, (_, i) => Math.sin(i)),
  weight: Float32Array.from({ length: 36 }, (_, i) => Math.cos(3 * i)),
};
const model = { family: 'fvsbn', grid, hyper: {}, tensors };
const images = packImages(
  grid,
  Array.from({ length: 6 * N }, (_, at) => ((at * at) % 5 < 2 ? 1 : 0)),
);
const open = () => new Reference(model, definition, images, 4);

const scores = () =>
  Array.from({ length: 6 }, (_, m) => definition.logLikelihood(model, unpackImage(images, m)));

function samples(count: number): number[] {
  const sampler = reference
    .open(model)
    .sampler({ seed: SEED, indices: indexRange(0, count), temperature: 1 });
  sampler.advance(N);
  return Array.from({ length: count }, (_, m) => [...unpackImage(sampler.images, m)]).flat();
}

it('accepts scores within the tolerance and refuses any other', () => {
  expect(open().scores(scores(), 6)).toBeNull();
  const near = scores().map((value) => value + 0.9 * SCORE_TOLERANCE);
  expect(open().scores(near, 6)).toBeNull();
  const wrong = scores();
  wrong[4] += 1.2 * SCORE_TOLERANCE;
  expect(open().scores(wrong, 6)).toMatch(/^log p of image 4 is/);
  wrong[4] = NaN;
  expect(open().scores(wrong, 6)).toMatch(/image 4 is NaN/);
  expect(open().scores(wrong.slice(1), 6)).toBe('5 scores instead of 6');
});

it('accepts the images that the uniforms give and refuses each wrong pixel of one', () => {
  const drawn = samples(8);
  const own = open();
  expect(own.samples(drawn, 8, N)).toBeNull();
  // The last image, so that all before it have been found right.
  for (let i = 0; i < N; i++) {
    const wrong = [...drawn];
    wrong[7 * N + i] = 1 - wrong[7 * N + i];
    expect(own.samples(wrong, 8, N)).toMatch(new RegExp(`^pixel ${i} of image 7`));
  }
  expect(own.samples(drawn.slice(N), 8, N)).toBe('63 pixels instead of 72');
});

it('looks only at the pixels that have been drawn', () => {
  const part = samples(2).map((bit, at) => (at % N < 4 ? bit : 0));
  expect(open().samples(part, 2, 4)).toBeNull();
  const wrong = [...part];
  wrong[3] = 1 - wrong[3];
  expect(open().samples(wrong, 2, 4)).toMatch(/^pixel 3 of image 0/);
});

it('accepts the losses of two steps of Adam and refuses those of another rate', async () => {
  const losses = async (rate: number) => {
    const bits = Array.from({ length: images.count }, (_, m) => [...unpackImage(images, m)]).flat();
    const pixels = Uint8Array.from(bits, (bit) => 255 * bit);
    const learner = await createCpuBackend().learner({
      family: 'fvsbn',
      grid,
      hyper: {},
      images: { grid, count: images.count, pixels, labels: null },
      binarisation: { kind: 'none' },
      batchSize: 4,
      descent: { clip: null, average: null },
      state: { step: 0, tensors, firstMoments: zerosLike(tensors), secondMoments: zerosLike(tensors) },
    });
    const found: number[] = [];
    for (let step = 0; step < 2; step++) {
      await learner.step(batchAt(step, 4, images.count), 0, rate);
      const { nats, images: count } = await learner.takeLoss();
      found.push(nats / count);
    }
    return found;
  };
  expect(takeImages(images, batchAt(1, 4, 6)).count).toBe(4);
  expect(open().losses(await losses(LEARNING_RATE))).toBeNull();
  expect(open().losses(await losses(2 * LEARNING_RATE))).toMatch(/^the loss of step 1/);
});
