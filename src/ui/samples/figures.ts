import type { ModelSlot } from '../../app/compare/model-slot.svelte.ts';
import { fixed, LOG_P } from '../../app/format.ts';
import { pageEngine } from '../../app/page-engine.ts';
import { modelNote } from '../../app/results/notes.ts';
import type { Output } from '../../app/results/output.ts';
import { samplesFilm } from '../../app/results/sample-film.ts';
import { type SampleGrids, SAMPLE_COUNT } from '../../app/samples/samples.svelte.ts';
import type { SampleReplay } from '../../app/samples/replay.svelte.ts';
import { letterOf } from '../../app/sides.ts';
import { unpackImage } from '../../data/images.ts';
import { indexRange } from '../../data/rng.ts';
import { inkPicture, inkPictures, pixelColumns, pixelRows } from '../parts/figure-pictures.ts';

/** The sample sheet of a model, and a film of it being drawn; null where there is none yet. */
export function samplesOutput(
  slot: ModelSlot,
  { [slot.side]: frame, first, seed, temperature }: SampleGrids,
): Output | null {
  const { model, engineName } = slot;
  if (!frame || !model || engineName === null || slot.classifies) return null;
  const { images } = frame;
  const numbers = `Images ${first + 1} to ${first + SAMPLE_COUNT} of seed ${seed}, temperature ${fixed(temperature, 2)}.`;
  const title = `Samples of model ${letterOf(slot.side)}: ${slot.title}`;
  const note = modelNote({ side: slot.side, title: slot.title, model, density: null });
  return {
    name: `inkling samples ${letterOf(slot.side)} ${slot.title}`,
    figure: {
      title,
      description: `${numbers} ${frame.position} of the pixels are decided.`,
      columns: 1,
      panels: [{ kind: 'images', title: '', columns: 4, pictures: inkPictures(images) }],
      notes: [note, numbers],
    },
    table: {
      columns: ['image', ...pixelColumns(images.grid)],
      rows: Array.from({ length: images.count }, (_, at) => [first + at + 1, ...unpackImage(images, at)]),
    },
    film: samplesFilm(pageEngine.engine, engineName, {
      title,
      note: numbers,
      grid: images.grid,
      places: slot.order?.places ?? null,
      request: { seed, indices: indexRange(first, SAMPLE_COUNT), temperature },
      columns: 4,
    }),
  };
}

/** One sample with the film of its drawing; null before it is drawn. */
export function replayOutput(slot: ModelSlot, { request, sample }: SampleReplay): Output | null {
  const { model, engineName } = slot;
  if (!request || !sample || !model || engineName === null) return null;
  const { image, places, sums } = sample;
  const { grid } = image;
  const total = sums?.at(-1);
  const numbers = `Sample ${request.index + 1} of seed ${request.seed}, temperature ${fixed(request.temperature, 2)}${total === undefined ? '' : `, ${LOG_P} ${fixed(total, 2)} nats`}.`;
  const title = `A sample of model ${letterOf(slot.side)}: ${slot.title}`;
  const bits = unpackImage(image, 0);
  return {
    name: `inkling sample ${request.index + 1} ${letterOf(slot.side)} ${slot.title}`,
    figure: {
      title,
      description: numbers,
      columns: 1,
      panels: [{ kind: 'pixels', title: '', picture: inkPicture(bits, grid.width) }],
      notes: [modelNote({ side: slot.side, title: slot.title, model, density: null }), numbers],
    },
    table: {
      columns: [
        'row',
        'column',
        'place in the order',
        'ink',
        ...(sums ? ['sum of log p up to it (nats)'] : []),
      ],
      rows: pixelRows(grid, (pixel) => [
        places[pixel] + 1,
        bits[pixel],
        ...(sums ? [sums[places[pixel] + 1]] : []),
      ]),
    },
    film: samplesFilm(pageEngine.engine, engineName, {
      title,
      note: numbers,
      grid,
      places: slot.order?.places ?? null,
      request: {
        seed: request.seed,
        indices: Uint32Array.of(request.index),
        temperature: request.temperature,
      },
      columns: 1,
    }),
  };
}
