/**
 * Models of every class whose known pixels come first: the class is drawn from p(y | known), p(y) times the chain rule up to
 * where the known pixels end, and the member of that class samples on. Backends draw classes from p(y) alone, so that this is
 * done by the references.
 */
import type { Evidence } from '../../data/evidence.ts';
import { type PackedImages, pixelCount } from '../../data/images.ts';
import { inverseOrder, permutePixels } from '../../data/orders.ts';
import { indexRange } from '../../data/rng.ts';
import { logPrior } from '../../models/class-conditional.ts';
import { logSumExp } from '../../models/math.ts';
import type { CpuModel, SampleRequest } from '../../models/types.ts';
import { scatter } from '../marginal.ts';
import { groupByClass } from '../member-groups.ts';
import { drawClasses } from '../members.ts';
import { knownLogLikelihood } from './known-first.ts';
import { type ExactDrawing, repeated, type Wanted, type Work } from './work.ts';

/** Images drawn at a time. */
const IMAGES = 256;
/** A step over some pixels aims at this long: one alone may take a deep network milliseconds. */
const STEP_MS = 25;

export async function drawByClass(
  work: Work,
  evidence: Evidence,
  { seed, count }: Wanted,
): Promise<ExactDrawing> {
  const { members, order } = work.inside();
  const inwards = (images: PackedImages) => (order ? permutePixels(images, order) : images);
  const given = { image: inwards(evidence.image), known: inwards(evidence.known) };
  const joint = logPrior(work.loaded.model);
  for (let y = 0; y < members.length; y++) {
    joint[y] += knownLogLikelihood(given, members[y].conditionalLogits(given.image));
    await work.turn();
  }
  const logMarginal = logSumExp(joint);
  const request = { seed, indices: indexRange(0, count), temperature: 1, given };
  const groups = groupByClass(
    drawClasses(
      joint.map((nats) => nats - logMarginal),
      request,
    ),
  );
  const images = repeated(evidence, count);
  let done = 0;
  for (let y = 0; y < members.length; y++) {
    for (let at = 0; at < groups[y].length; at += IMAGES) {
      const rows = groups[y].subarray(at, at + IMAGES);
      const drawn = await sampleOn(work, members[y], { ...request, indices: rows });
      scatter(images, rows, order ? permutePixels(drawn, inverseOrder(order)) : drawn);
      done += rows.length;
      work.show(images, evidence, done / count);
    }
  }
  return { images, logMarginal };
}

async function sampleOn(work: Work, member: CpuModel, request: SampleRequest): Promise<PackedImages> {
  const sampler = member.sampler(request);
  for (let step = 1; sampler.position < pixelCount(sampler.images.grid);) {
    const begun = performance.now();
    sampler.advance(step);
    if (performance.now() - begun < STEP_MS / 2) step *= 2;
    await work.turn();
  }
  return sampler.images;
}
