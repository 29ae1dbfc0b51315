/**
 * Class-conditional models whose known pixels come first in the order: the class is drawn from p(y | known), which is p(y) times the
 * chain rule over the known pixels, and the model of that class samples the others.
 */
import { repeatImage, scatterImages } from '../../../data/images.ts';
import type { KnownPixels } from '../../../data/known-pixels.ts';
import { indexRange } from '../../../data/rng.ts';
import { logPrior } from '../../../models/shared/class-conditional.ts';
import { logSumExp } from '../../../models/shared/math.ts';
import type { Evaluator } from '../../backends/backend.ts';
import { groupByClass } from '../../backends/class-conditional/groups.ts';
import { drawClasses } from '../../backends/class-conditional/class-models.ts';
import { drawForward } from './forward.ts';
import { sumOverKnown } from '../known-pixels.ts';
import type { DrawRequest, ExactSamples, Work } from './work.ts';

export async function drawByClass(
  work: Work,
  knownPixels: KnownPixels,
  { seed, count }: DrawRequest,
): Promise<ExactSamples> {
  const joint = logPrior(work.loaded.model);
  await work.inPieces(joint.length, async (first, count) => {
    for (let y = first; y < first + count; y++) {
      const logits = await work.evaluate((evaluator) =>
        classModelOf(evaluator, y).conditionalLogits(knownPixels.image),
      );
      joint[y] += sumOverKnown(knownPixels.image, knownPixels.known, logits)[0];
    }
  });
  const logMarginal = logSumExp(joint);
  const posterior = joint.map((nats) => nats - logMarginal);
  const request = { seed, indices: indexRange(0, count), temperature: 1 };
  const images = repeatImage(knownPixels.image, count);
  let done = 0;
  for (const [y, rows] of groupByClass(drawClasses(posterior, request)).entries()) {
    const drawing = { seed, indices: rows, of: (evaluator: Evaluator) => classModelOf(evaluator, y) };
    scatterImages(images, rows, await drawForward(work, knownPixels, drawing, () => undefined));
    done += rows.length;
    work.show(images, knownPixels, done / count);
  }
  return { images, logMarginal };
}

function classModelOf({ classModels }: Evaluator, y: number): Evaluator {
  if (!classModels) throw new Error('model: it has no class models');
  return classModels[y];
}
