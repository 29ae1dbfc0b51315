import { CLASSES, type Grid, MNIST_GRID } from '../../data/images.ts';
import { fits } from '../../data/pool.ts';
import { needsLabels } from '../../models/registry.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { Hyper } from '../../models/model.ts';
import type { DatasetRecord } from '../../store/records.ts';
import { STARTER } from '../compare/counted-models.ts';
import { refused } from '../compare/choice.ts';
import { count, plural } from '../format.ts';
import { describeGrid, sameGrid } from '../grids.ts';
import { MNIST_ID, MNIST_IMAGES } from '../library/mnist.svelte.ts';

/** Images of the starter digits: a hundred of each class. */
const STARTER_IMAGES = 1000;

export interface TrainingSet {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly grid: Grid;
  /** How many images it has. */
  readonly images: number;
  /** Whether every image carries its class. */
  readonly labelled: boolean;
  /** The highest label plus one; missing where it is not known. */
  readonly classes?: number;
}

/** The data sets that can be trained on: MNIST, stored or yet to be downloaded, the starter digits, and the visitor's own. */
export function trainingSets(datasets: readonly DatasetRecord[]): TrainingSet[] {
  const stored = datasets.some((each) => each.id === MNIST_ID);
  const own = datasets.filter((each) => each.id !== MNIST_ID);
  const digits = { grid: MNIST_GRID, labelled: true, classes: CLASSES } as const;
  return [
    {
      id: MNIST_ID,
      name: 'MNIST',
      label: `MNIST, ${count(MNIST_IMAGES)} digits${stored ? '' : ' (fetched first, 10 MB)'}`,
      images: MNIST_IMAGES,
      ...digits,
    },
    {
      id: STARTER.id,
      name: STARTER.name,
      label: `Starter digits, ${count(STARTER_IMAGES)}`,
      images: STARTER_IMAGES,
      ...digits,
    },
    ...own.map(({ id, name, count: images, origin, grid, labelled, imported }) => {
      const size = sameGrid(grid, MNIST_GRID) ? '' : `, ${describeGrid(grid)}`;
      const label = `${name}, ${plural(images, origin === 'drawn' ? 'drawing' : 'image')}${size}`;
      return { id, name, label, grid, images, labelled, ...(imported ? { classes: imported.classes } : {}) };
    }),
  ];
}

/** Why a run cannot start, as one sentence for the visitor; null where it can. */
export function obstacle(
  spec: FamilySpec,
  hyper: Hyper,
  grid: Grid,
  set: TrainingSet | undefined,
): string | null {
  const reason = refused(spec, grid, hyper);
  if (reason !== null) return `${spec.label} cannot do this: ${reason.replace(/^\w[\w-]*: /, '')}.`;
  if (!set) return null;
  if (!fits(set.grid, grid))
    return `The images of ${set.name} have ${describeGrid(set.grid)} pixels, fewer than the grid of ${describeGrid(grid)}: choose a smaller grid at the pad.`;
  if (needsLabels({ family: spec.id, hyper }) && !set.labelled)
    return `This learns classes, so every image needs a label from 0 to 9: ${set.name} has images without one.`;
  if (needsLabels({ family: spec.id, hyper }) && (set.classes ?? 0) > CLASSES)
    return `This learns ${CLASSES} classes, and ${set.name} has ${set.classes}: import it again with ${CLASSES} of them, or choose a family that learns none.`;
  return null;
}
