import { CLASSES, type Grid } from '../../data/images.ts';
import { describeGrid, gridFor, sameGrid } from '../grids.ts';

/**
 * What a data set of this size and with so many classes cannot be used for, and the remedy: one sentence each; none where every page and command can use
 * it. `classes` is the highest label plus one, null without labels.
 */
export function limitsOf(grid: Grid, classes: number | null): string[] {
  const limits: string[] = [];
  const largest = gridFor(grid);
  if (!largest || !sameGrid(largest, grid))
    limits.push(
      largest
        ? `The Play room has no grid of ${describeGrid(grid)}: models there learn from these images at ${describeGrid(largest)} or less${grid.width === grid.height ? '' : ', squeezed to a square'}. Choose a size here to decide how. The leaderboard and the command line train at ${describeGrid(grid)}.`
        : `Images of ${describeGrid(grid)} fit no grid of the Play room: choose a size.`,
    );
  if (classes !== null && classes > CLASSES)
    limits.push(
      `There are ${classes} classes: densities of all images can be learnt. Models of every class, classifiers and “Which digit is it?” know ${CLASSES} at most: keep ${CLASSES} of the classes for them.`,
    );
  return limits;
}

/** Where classes have names: pages that show numbers instead. */
export const NAMES_LIMIT =
  'Names of classes are kept and shown with the data set. The panels about classes show their numbers, 0 to 9.';
