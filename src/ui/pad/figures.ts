import { plural } from '../../app/format.ts';
import { describeGrid } from '../../app/grids.ts';
import { DRAWING_NOTE } from '../../app/results/notes.ts';
import type { Output } from '../../app/results/output.ts';
import type { Grid } from '../../data/images.ts';
import { inkPicture, pixelRows } from '../parts/figure-pictures.ts';

/** The drawing as the models see it; `bits` [n], 0 or 255. */
export function drawingOutput(bits: Uint8Array, grid: Grid, label: number | null): Output {
  const ink = bits.reduce((sum, bit) => sum + (bit ? 1 : 0), 0);
  const words = `${describeGrid(grid)} pixels, ${plural(ink, 'pixel')} of ink${label === null ? '' : `; labelled ${label}`}`;
  return {
    name: 'inkling drawing',
    figure: {
      title: 'A drawing, as the models see it',
      description: words,
      columns: 1,
      panels: [{ kind: 'pixels', title: '', picture: inkPicture(bits, grid.width) }],
      notes: [`${words}.`, DRAWING_NOTE],
    },
    table: {
      columns: ['row', 'column', 'ink'],
      rows: pixelRows(grid, (pixel) => [bits[pixel] ? 1 : 0]),
    },
  };
}
