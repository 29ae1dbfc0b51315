import { binariseRows } from '../../data/binarise.ts';
import { pixelMeans } from '../../data/dataset.ts';
import { CLASSES, pixelCount } from '../../data/images.ts';
import { isClassConditional } from '../../models/registry.ts';
import type { Checkpoint } from '../api.ts';
import { initialState } from '../backends/references.ts';
import type { Run } from './run.ts';

const CHUNK = 256;

/** The checkpoint at step 0 of a run by EM or gradient descent. */
export async function initialCheckpoint(run: Run): Promise<Checkpoint> {
  const { runId, family, grid, hyper, seed, images } = run.job;
  const groups = isClassConditional(run.job)
    ? Array.from({ length: CLASSES }, (_, y) => run.rows.filter((row) => images.labels?.[row] === y))
    : [run.rows];
  const means: Float64Array[] = [];
  for (const rows of groups) means.push(await meansOf(run, rows));
  const counts = groups.map((rows) => rows.length);
  const state = initialState({ family, grid, hyper }, means, counts, seed);
  return { runId, step: 0, state, best: null, curve: [], seconds: 0 };
}

/** Mean of every pixel over `rows`, [n]. */
async function meansOf(run: Run, rows: Uint32Array<ArrayBuffer>): Promise<Float64Array> {
  const { images, binarisation, grid } = run.job;
  const means = new Float64Array(pixelCount(grid));
  for (let start = 0; start < rows.length; start += CHUNK) {
    const piece = rows.subarray(start, start + CHUNK);
    const chunk = pixelMeans(binariseRows(images, piece, binarisation, 0));
    const share = piece.length / rows.length;
    for (let i = 0; i < means.length; i++) means[i] += share * chunk[i];
    await run.yieldToEventLoop('preparing');
  }
  return means;
}
