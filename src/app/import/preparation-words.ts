import type { Grid } from '../../data/images.ts';
import type { Orientation } from '../../data/import/orientation.ts';
import type { Preparation } from '../../data/import/preparation.ts';
import { plural } from '../format.ts';
import { describeGrid } from '../grids.ts';

export const ORIENTATION_WORDS: Readonly<Record<Orientation, string>> = {
  'as-is': 'As they are',
  transposed: 'Transposed',
  'turned-right': 'Turned to the right',
  'turned-left': 'Turned to the left',
  'upside-down': 'Upside down',
  mirrored: 'Mirrored',
};

/** "transposed, inverted, centred to 28 × 28": what was done to the images of a file; empty where nothing was. */
export function preparationWords(prepared: Preparation, grid: Grid): string {
  const { classes, firstLabel, naming, orientation, invert, centring, side, threshold } = prepared;
  return [
    classes && `${plural(classes.length, 'class', 'classes')} kept`,
    firstLabel === 1 && 'classes counted from 1',
    naming !== 'as-read' && 'classes named',
    orientation !== 'as-is' && ORIENTATION_WORDS[orientation].toLowerCase(),
    invert && 'inverted',
    centring === 'mass' && (side === null || side === 28 ? 'centred to 28 × 28' : 'centred'),
    side !== null && !(centring === 'mass' && side === 28) && `brought to ${describeGrid(grid)}`,
    threshold && 'made into black and white',
  ]
    .filter((word) => typeof word === 'string')
    .join(', ');
}
