import type { CompletionSamples } from '../../app/complete/completion.svelte.ts';
import type { ModelSlot } from '../../app/compare/model-slot.svelte.ts';
import { fixed } from '../../app/format.ts';
import type { Picture } from '../../app/results/figure.ts';
import type { Output } from '../../app/results/output.ts';
import { letterOf } from '../../app/sides.ts';
import { getPixel, unpackImage } from '../../data/images.ts';
import { legendOf, mapPicture, notesOf, pixelColumns, pixelRows } from '../parts/figure-pictures.ts';
import { css, inkColours, probabilityPalette } from '../parts/palette.ts';

/** Of the light theme: the accent, and a wash of it on paper. */
const DRAWN = [168, 52, 28] as const;
const HIDDEN = [246, 235, 232] as const;

/** The completions of the panel; null before the first. */
export function completionsOutput(slot: ModelSlot, samples: CompletionSamples | null): Output | null {
  if (!samples) return null;
  const { images, knownPixels, query } = samples;
  const { ink, blank } = inkColours(false);
  const bits = Array.from({ length: images.count }, (_, at) => unpackImage(images, at));
  const pictures = bits.map((each): Picture => {
    const colours = new Uint8Array(3 * each.length);
    each.forEach((bit, pixel) => {
      const known = getPixel(knownPixels.known, 0, pixel);
      colours.set(known ? (bit ? ink : blank) : bit ? DRAWN : HIDDEN, 3 * pixel);
    });
    return { width: images.grid.width, colours };
  });
  return {
    name: `inkling completions ${letterOf(slot.side)} ${slot.title}`,
    figure: {
      title: 'How the drawing could go on',
      description: `${images.count} completions of the hidden pixels by ${samples.methodInfo.method} sampling; the known pixels are the same in all of them.`,
      columns: 1,
      panels: [
        {
          kind: 'images',
          title: '',
          columns: 6,
          pictures,
          keys: [
            { colour: css(ink), words: 'known ink' },
            { colour: css(DRAWN), words: 'ink drawn by the model' },
            { colour: css(HIDDEN), words: 'paper drawn by the model' },
          ],
        },
      ],
      notes: notesOf([slot], howNote(samples), `Seed ${query.seed}.`),
    },
    table: {
      columns: ['image', ...pixelColumns(images.grid)],
      rows: bits.map((each, at) => [at + 1, ...each]),
    },
  };
}

/** Their mean; null before they are finished. */
export function meanOutput(slot: ModelSlot, samples: CompletionSamples | null): Output | null {
  const { shares, knownPixels, images, query } = samples ?? {};
  if (!samples || !shares || !knownPixels || !images || !query) return null;
  const { ink, blank } = inkColours(false);
  const { grid } = images;
  const picture = mapPicture(shares, grid.width, probabilityPalette(), 0, 1);
  for (let pixel = 0; pixel < shares.length; pixel++)
    if (getPixel(knownPixels.known, 0, pixel))
      picture.colours.set(getPixel(knownPixels.image, 0, pixel) ? ink : blank, 3 * pixel);
  return {
    name: `inkling mean of completions ${letterOf(slot.side)} ${slot.title}`,
    figure: {
      title: 'Mean of the completions',
      description: `Share with ink of every hidden pixel among ${images.count} completions; known pixels as ink and paper.`,
      columns: 1,
      panels: [
        {
          kind: 'pixels',
          title: '',
          picture,
          legend: legendOf(probabilityPalette(), '0', '1', 'share with ink'),
        },
      ],
      notes: notesOf([slot], howNote(samples), `Seed ${query.seed}.`),
    },
    table: {
      columns: ['row', 'column', 'known', 'share with ink'],
      rows: pixelRows(grid, (pixel) => [getPixel(knownPixels.known, 0, pixel), shares[pixel]]),
    },
  };
}

function howNote({ methodInfo, completion }: CompletionSamples): string {
  const log = completion?.logMarginal;
  const known = log == null ? '' : `; log p(known) ${completion?.exact ? '' : '≈ '}${fixed(log, 2)} nats`;
  return `Drawn by ${methodInfo.method} sampling, ${methodInfo.exact ? 'exact' : 'approximate'}${known}.`;
}
