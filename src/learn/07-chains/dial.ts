import { type PackedImages, pixelCount } from '../../data/images.ts';
import { indexRange } from '../../data/rng.ts';
import { cpuCounter, openCpu } from '../../models/bayes-net/cpu.ts';
import { NEIGHBOUR_OFFSETS } from '../../models/bayes-net/parents.ts';
import { completeHyper, folderSpec } from '../../models/registry.ts';
import type { Model } from '../../models/model.ts';
import type { Digits } from './patch.ts';

/** The dial's last stop: about 2.6 million numbers on 28x28, which every machine has room for. */
export const MAX_K = 12;

/** What was measured of one k. */
export interface Stop {
  readonly k: number;
  readonly numbers: number;
  /** Mean log-likelihood in nats of the digits that were counted, and of those that were held back. */
  readonly train: number;
  readonly held: number;
}

/** Every pixel with its k nearest earlier neighbours as parents, counted. */
export function modelOf(k: number, images: PackedImages): Model {
  const family = k === 0 ? 'independent' : 'neighbours';
  const hyper = completeHyper(folderSpec(family), k === 0 ? {} : { k });
  const counter = cpuCounter(family, images.grid, hyper);
  counter.add(images);
  return { family, grid: images.grid, hyper, tensors: counter.finish() };
}

export function measure(k: number, { train, held }: Digits): { readonly model: Model; readonly stop: Stop } {
  const model = modelOf(k, train);
  const opened = openCpu(model);
  return {
    model,
    stop: {
      k,
      numbers: model.tensors.logit.length,
      train: mean(opened.logLikelihood(train)),
      held: mean(opened.logLikelihood(held)),
    },
  };
}

/** The first `count` samples of a model: a function of the model and the seed. */
export function samplesOf(model: Model, seed: number, count: number): PackedImages {
  const sampler = openCpu(model).sampler({ seed, indices: indexRange(0, count), temperature: 1 });
  sampler.advance(pixelCount(model.grid));
  return sampler.images;
}

/** The k that holds up best on the digits held back; of equals the smaller. */
export function bestOf(stops: readonly Stop[]): Stop | null {
  return stops.reduce<Stop | null>((best, stop) => (best && best.held >= stop.held ? best : stop), null);
}

/** Places of the k nearest earlier neighbours, as rows down and columns to the right. */
export function placesOf(k: number): readonly (readonly [number, number])[] {
  return NEIGHBOUR_OFFSETS.slice(0, k);
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
