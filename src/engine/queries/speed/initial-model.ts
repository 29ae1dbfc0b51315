import { pixelMeans } from '../../../data/dataset.ts';
import { CLASSES, type GreyImages, type PackedImages, takeImages } from '../../../data/images.ts';
import { indexRange } from '../../../data/rng.ts';
import type { FamilySpec } from '../../../models/family-spec.ts';
import type { Hyper, Model } from '../../../models/model.ts';
import { isClassConditional, needsLabels } from '../../../models/registry.ts';
import { type Backend } from '../../backends/backend.ts';
import { initialState } from '../../backends/references.ts';

const SEED = 1;

/** A model as it is before training, with seeded weights, or counted from the images where the family is counted. */
export async function initialModel(
  cpu: Pick<Backend, 'counter'>,
  spec: FamilySpec,
  hyper: Hyper,
  packed: PackedImages,
  { labels }: GreyImages,
): Promise<Model> {
  const about = { family: spec.id, grid: packed.grid, hyper };
  if (spec.training !== 'counted') {
    const rows = indexRange(0, packed.count);
    const groups =
      labels && isClassConditional(about)
        ? Array.from({ length: CLASSES }, (_, y) => rows.filter((row) => labels[row] === y))
        : [rows];
    const means = groups.map((group) => pixelMeans(takeImages(packed, group)));
    const counts = groups.map(({ length }) => length);
    return { ...about, tensors: initialState(about, means, counts, SEED).tensors };
  }
  const counter = await cpu.counter(spec.id, packed.grid, hyper);
  try {
    await counter.add(packed, needsLabels(about) ? labels : null);
    return { ...about, tensors: await counter.finish() };
  } finally {
    counter.destroy();
  }
}
