import type { ModelSlot } from '../../app/compare/model-slot.svelte.ts';
import { fixed, LOG_P } from '../../app/format.ts';
import type { Output } from '../../app/results/output.ts';
import { letterOf } from '../../app/sides.ts';
import type { Grid } from '../../data/images.ts';
import { inkPicture, legendOf, mapPicture, notesOf, pixelRows } from '../parts/figure-pictures.ts';
import { MAX_SURPRISE, probabilityPalette, surprisePalette } from '../parts/palette.ts';

/** The drawing with both maps of a model: what it expects and what surprises it; null while it has not read the drawing. */
export function mapsOutput(slot: ModelSlot, bits: Uint8Array, grid: Grid): Output | null {
  const { density, order } = slot;
  if (density?.conditionals.length !== bits.length) return null;
  const { conditionals, surprise, logLikelihood } = density;
  const { width } = grid;
  const letter = letterOf(slot.side);
  return {
    name: `inkling maps ${letter} ${slot.title}`,
    figure: {
      title: `What model ${letter} expects, and what surprises it`,
      description: `${slot.title}: ${LOG_P} of the drawing ${fixed(logLikelihood, 2)} nats; the probability of ink at every pixel given those before it, and its surprise.`,
      columns: 3,
      panels: [
        { kind: 'pixels', title: 'The drawing', picture: inkPicture(bits, width) },
        {
          kind: 'pixels',
          title: 'Expects ink',
          picture: mapPicture(conditionals, width, probabilityPalette(), 0, 1),
          legend: legendOf(probabilityPalette(), '0', '1', 'probability of ink'),
        },
        {
          kind: 'pixels',
          title: 'Surprised by',
          picture: mapPicture(surprise, width, surprisePalette(false), 0, MAX_SURPRISE),
          legend: legendOf(surprisePalette(false), '0', `${MAX_SURPRISE} or more`, 'surprise in nats'),
        },
      ],
      notes: notesOf([slot], ...(order ? [`It goes through the pixels ${order.words}.`] : [])),
    },
    table: {
      columns: ['row', 'column', 'place in the order', 'ink', 'p(ink | pixels before)', 'surprise (nats)'],
      rows: pixelRows(grid, (pixel) => [
        order?.places ? order.places[pixel] + 1 : null,
        bits[pixel] ? 1 : 0,
        conditionals[pixel],
        surprise[pixel],
      ]),
    },
  };
}
