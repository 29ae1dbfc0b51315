import { blankImages, type Grid, wordsPerImage } from '../../../data/images.ts';
import type { SampleRequest } from '../../../models/types.ts';
import type { SampleMethod } from '../backend.ts';
import type { Evaluator, Passes } from '../backend.ts';
import { openAll } from '../class-conditional/groups.ts';

/**
 * Of a model of every class: each image by the member of the class drawn for it, `groups[y]` being the rows of class y.
 * A pass of the whole is one of every member that has images left.
 */
export async function groupedPasses(
  members: readonly Evaluator[],
  groups: readonly Uint32Array<ArrayBuffer>[],
  grid: Grid,
  method: SampleMethod,
  request: SampleRequest,
): Promise<Passes> {
  const open = await openAll(
    groups.map((rows, y) => async () => {
      if (rows.length === 0) return null;
      const indices = rows.map((row) => request.indices[row]);
      return await members[y].passes(method, { ...request, indices });
    }),
  );
  const finished = new Uint32Array(request.indices.length);
  const each = (use: (passes: Passes, rows: Uint32Array) => void) =>
    open.forEach((passes, y) => passes && use(passes, groups[y]));
  return {
    finished,
    get passes() {
      return open.reduce((most, passes) => Math.max(most, passes?.passes ?? 0), 0);
    },
    get seconds() {
      return open.reduce((sum, passes) => sum + (passes?.seconds ?? 0), 0);
    },
    async advance(count) {
      // One after the other: their seconds are added up.
      for (const passes of open) await passes?.advance(count);
      each((passes, rows) => rows.forEach((row, at) => (finished[row] = passes.finished[at])));
    },
    async images() {
      const all = blankImages(grid, request.indices.length);
      const stride = wordsPerImage(grid);
      const parts = await Promise.all(open.map(async (passes) => await passes?.images()));
      groups.forEach((rows, y) =>
        rows.forEach((row, at) =>
          all.words.set(parts[y]!.words.subarray(at * stride, (at + 1) * stride), row * stride),
        ),
      );
      return all;
    },
    destroy: () => each((passes) => passes.destroy()),
  };
}
