/** The baseline: one thread, plain loops. Of the networks of many layers it is the family's f64 definition, a pass for every pixel that is drawn. */
import type { PackedImages } from '../../../src/data/images.ts';
import { pixelCount, takeImages, unpackImage } from '../../../src/data/images.ts';
import { adamTensors } from '../../../src/engine/backends/adam.ts';
import { zerosLike } from '../../../src/engine/backends/references.ts';
import { definition as pixelcnn } from '../../../src/models/pixelcnn/reference.ts';
import { sigmoid } from '../../../src/models/shared/math.ts';
import { definition as sparse } from '../../../src/models/sparse-pixelcnn/reference.ts';
import type { Model, Tensors } from '../../../src/models/model.ts';
import type { Definition } from '../../../src/models/reference.ts';
import { PlainFvsbn } from '../plain-fvsbn.ts';
import { plainGradient, plainSample, plainScore } from '../plain-nade.ts';
import { LEARNING_RATE, SEED } from '../tasks.ts';
import type { OpenContender, Result, Subject } from './contender.ts';
import { batchAt, FEW_PIXELS, firstOf, uniforms } from './contender.ts';

interface Plain {
  score(images: PackedImages): Result;
  sample(count: number, pixels: number): Result;
  /** Summed -log p in nats before the step. */
  step(batch: PackedImages): number;
}

function plainFvsbn(model: Model): Plain {
  const own = new PlainFvsbn(pixelCount(model.grid), model.tensors);
  return {
    score: (images) => own.score(images),
    sample: (count) => own.sample(count, SEED),
    step: (batch) => own.step(batch, LEARNING_RATE),
  };
}

/** Adam on the gradient that `descend` writes; it returns the loss. */
function adamStep(model: Model, descend: (batch: PackedImages, gradients: Tensors) => number) {
  const [gradients, first, second] = [model.tensors, model.tensors, model.tensors].map(zerosLike);
  let step = 0;
  return (batch: PackedImages) => {
    const loss = descend(batch, gradients);
    adamTensors(model.tensors, gradients, first, second, ++step, LEARNING_RATE);
    return loss;
  };
}

function plainNade(model: Model): Plain {
  return {
    score: (images) => plainScore(model, images),
    sample: (count) => plainSample(model, count, SEED),
    step: adamStep(model, (batch, gradients) => plainGradient(model, batch, gradients)),
  };
}

function plainNetwork(model: Model, definition: Definition): Plain {
  const n = pixelCount(model.grid);
  return {
    score: (images) =>
      Array.from({ length: images.count }, (_, m) => definition.logLikelihood(model, unpackImage(images, m))),
    sample(count, pixels) {
      const u = uniforms(count, n);
      return Array.from({ length: count }, (_, m) => {
        const x = new Uint8Array(n);
        for (let i = 0; i < pixels; i++)
          x[i] = u[m * n + i] < sigmoid(definition.logits(model, x)[i]) ? 1 : 0;
        return [...x];
      }).flat();
    },
    step: adamStep(model, (batch, gradients) => definition.gradient!(model, batch, gradients)),
  };
}

function open({ model }: Subject): Plain {
  switch (model.family) {
    case 'fvsbn':
      return plainFvsbn(model);
    case 'nade':
      return plainNade(model);
    default:
      return plainNetwork(model, model.family === 'pixelcnn' ? pixelcnn : sparse);
  }
}

export const plain: OpenContender = (subject) => {
  const { work, images, batch, model } = subject;
  const network = !['fvsbn', 'nade'].includes(model.family);
  if (network && (work === 'sample 64' || work === 'train'))
    return Promise.resolve(
      'the f64 definition of a network of many layers: scored, and drawn one image at a time',
    );
  const own = open(subject);
  let step = 0;
  return Promise.resolve({
    description: 'plain loops',
    wholeImages: !network,
    pixels: FEW_PIXELS,
    run(amount) {
      if (work === 'score') return Promise.resolve(own.score(firstOf(images, amount.images)));
      if (work !== 'train') return Promise.resolve(own.sample(amount.images, amount.pixels));
      let loss = 0;
      for (let s = 0; s < amount.steps; s++)
        loss += own.step(takeImages(images, batchAt(step++, batch, images.count)));
      return Promise.resolve([loss / (batch * amount.steps)]);
    },
    close: () => undefined,
  });
};
