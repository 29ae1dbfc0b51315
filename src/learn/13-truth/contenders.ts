import type { Grid, GreyImages } from '../../data/images.ts';
import type { TrainJob } from '../../engine/api.ts';
import { jobOf } from '../../engine/job.ts';
import { parentsOf } from '../../models/bayes-net/parents.ts';
import { families, trainingOf } from '../../models/registry.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { Hyper } from '../../models/model.ts';
import { logisticFloor, networkFloor, paddedFloor, treeFloor } from './floors.ts';
import type { Truth } from './truths.ts';

/** Sizes that are enough for images of nine pixels. */
const SIZES: Readonly<Record<string, number>> = {
  k: 4,
  components: 8,
  hidden: 32,
  layers: 1,
  orders: 1,
  blocks: 1,
};
/** Adam steps, whatever the number of images: those of a deep network cost most. */
const STEPS: Readonly<Record<string, number>> = { pixelcnn: 300, 'sparse-pixelcnn': 500 };
const USUAL_STEPS = 700;
const RATES: Readonly<Record<string, number>> = { pixelcnn: 0.01, 'sparse-pixelcnn': 0.02 };
const RATE = 0.03;
const BATCH = 100;
const EM_ITERATIONS = 80;

/** A family with what it is trained with. */
export interface Contender {
  readonly family: string;
  readonly label: string;
  readonly hyper: Hyper;
  readonly parameters: number;
}

/** Every family that gives images of the grid a probability and needs no labels; the slowest one last. */
export function contendersOn(grid: Grid): readonly Contender[] {
  return families
    .filter((spec) => spec.task === 'density' && spec.classes !== 'always')
    .map((spec) => ({ spec, hyper: hyperOf(spec) }))
    .filter(({ spec, hyper }) => !spec.refuses?.(grid, hyper))
    .map(({ spec, hyper }) => ({
      family: spec.id,
      label: spec.label,
      hyper,
      parameters: spec.parameterCount(grid, hyper),
    }))
    .sort((a, b) => Number(a.family in STEPS) - Number(b.family in STEPS));
}

function hyperOf(spec: FamilySpec): Hyper {
  return Object.fromEntries(spec.hyperparameters.map((p) => [p.name, SIZES[p.name] ?? p.default]));
}

/** The run that trains it on images of black and white. */
export function jobFor({ family, hyper }: Contender, images: GreyImages, seed: number): TrainJob {
  const spec = families.find(({ id }) => id === family);
  if (!spec) throw new Error(`family: "${family}" is unknown`);
  const batchSize = Math.min(BATCH, images.count);
  const steps = STEPS[family] ?? USUAL_STEPS;
  const epochs = spec.training === 'em' ? EM_ITERATIONS : Math.ceil((steps * batchSize) / images.count);
  return jobOf({
    ...trainingOf(spec),
    runId: `truth-${family}`,
    family,
    grid: images.grid,
    hyper,
    images: { kind: 'grey', images },
    binarisation: { kind: 'none' },
    seed,
    epochs,
    batchSize,
    learningRate: RATES[family] ?? RATE,
  });
}

/**
 * What the best member of a family misses of a truth, in nats: what is left however much data there is. Null where it
 * is not known: the loss has several minima.
 */
export function floorOf({ family, hyper }: Contender, { grid, p }: Truth): number | null {
  switch (family) {
    case 'full-joint':
    case 'independent':
    case 'chain':
    case 'neighbours':
      return networkFloor(p, parentsOf(family, grid, hyper));
    case 'tree':
      return treeFloor(p, grid.width * grid.height);
    case 'fvsbn':
      return logisticFloor(p, grid.width * grid.height);
    case 'pixelcnn':
      return grid.height === 1 && grid.width <= 4 && hyper.blocks === 1 ? paddedFloor(p, grid.width) : null;
    default:
      return null;
  }
}
