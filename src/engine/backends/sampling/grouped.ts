import { blankImages, type Grid, scatterImages } from '../../../data/images.ts';
import type { SampleRequest } from '../../../models/sampling.ts';
import type { SampleMethod } from '../backend.ts';
import type { Evaluator, IterativeSampler } from '../backend.ts';
import { openAll } from '../class-conditional/groups.ts';

/**
 * Iterative sampling of a class-conditional model: the class model y draws the rows of `groups[y]`, whose class is y.
 * An iteration is one of every class model that has unfinished images.
 */
export async function openGrouped(
  classModels: readonly Evaluator[],
  groups: readonly Uint32Array<ArrayBuffer>[],
  grid: Grid,
  method: SampleMethod,
  request: SampleRequest,
): Promise<IterativeSampler> {
  const samplers = await openAll(
    groups.map((rows, y) => async () => {
      if (rows.length === 0) return null;
      const indices = rows.map((row) => request.indices[row]);
      return await classModels[y].iterativeSampler(method, { ...request, indices });
    }),
  );
  const finished = new Uint32Array(request.indices.length);
  let seconds = 0;
  const each = (use: (sampler: IterativeSampler, rows: Uint32Array) => void) =>
    samplers.forEach((sampler, y) => sampler && use(sampler, groups[y]));
  return {
    finished,
    get iterations() {
      return samplers.reduce((max, sampler) => Math.max(max, sampler?.iterations ?? 0), 0);
    },
    get seconds() {
      return seconds;
    },
    async advance(iterations) {
      const begun = performance.now();
      // Concurrently: on a device the class models share submits and readbacks.
      await Promise.all(samplers.map(async (sampler) => await sampler?.advance(iterations)));
      seconds += (performance.now() - begun) / 1000;
      each((sampler, rows) => rows.forEach((row, at) => (finished[row] = sampler.finished[at])));
    },
    async images() {
      const all = blankImages(grid, request.indices.length);
      const parts = await Promise.all(samplers.map(async (sampler) => await sampler?.images()));
      parts.forEach((part, y) => part && scatterImages(all, groups[y], part));
      return all;
    },
    destroy: () => each((sampler) => sampler.destroy()),
  };
}
