import type { ModelSlot } from '../../app/compare/model-slot.svelte.ts';
import type { Chain } from '../../app/explain/running-sum.svelte.ts';
import { fixed, LOG_P } from '../../app/format.ts';
import { describePlace } from '../../app/grids.ts';
import { PAPER } from '../../app/results/draw/paper.ts';
import type { Output } from '../../app/results/output.ts';
import { letterOf } from '../../app/sides.ts';
import type { Attribution } from '../../engine/queries/api.ts';
import { legendOf, notesOf, pixelRows } from '../parts/figure-pictures.ts';
import { css, divergingPalette, inkColours, neutral } from '../parts/palette.ts';
import { attributionLook } from './looks.ts';

/** log p along the order; `inkAt` is the drawing's. */
export function sumOutput(slot: ModelSlot, chain: Chain, inkAt: (pixel: number) => 0 | 1): Output {
  const { sums, order, conditionals, surprise, grid } = chain;
  const n = order.length;
  const letter = letterOf(slot.side);
  return {
    name: `inkling running sum ${letter} ${slot.title}`,
    figure: {
      title: `${LOG_P} of the drawing, pixel by pixel`,
      description: `The running sum of ${LOG_P} along the order of the pixels falls from 0 to ${fixed(sums[n], 2)} nats.`,
      columns: 1,
      panels: [
        {
          kind: 'lines',
          title: `Sum of ${LOG_P} in nats`,
          across: 'pixels seen',
          up: '',
          x: Array.from(sums.keys()),
          series: [{ name: slot.title, colour: PAPER.accent, steps: true, values: Array.from(sums) }],
        },
      ],
      notes: notesOf([slot], `It goes through the pixels ${slot.order?.words ?? 'in its own order'}.`),
    },
    table: {
      columns: [
        'place',
        'row',
        'column',
        'ink',
        'p(ink | pixels before)',
        'log p of the pixel (nats)',
        'sum of log p (nats)',
      ],
      rows: Array.from(order, (pixel, place) => [
        place + 1,
        Math.floor(pixel / grid.width) + 1,
        (pixel % grid.width) + 1,
        inkAt(pixel),
        conditionals[pixel],
        -surprise[pixel],
        sums[place + 1],
      ]),
    },
  };
}

/** What the conditional of a pixel depends on; null where nothing is known yet. */
export function attributionOutput(
  slot: ModelSlot,
  chain: Chain,
  known: Attribution | null,
  pixel: number | null,
): Output | null {
  if (pixel === null || known?.flips.length !== chain.order.length) return null;
  const { flips, gradient } = known;
  let largest = 0;
  for (const values of [flips, gradient ?? []])
    for (const value of values) if (Math.abs(value) > largest) largest = Math.abs(value);
  const { places, grid } = chain;
  const palette = divergingPalette(false);
  const legend = legendOf(
    palette,
    `${fixed(-largest, 2)}, less ink`,
    `+${fixed(largest, 2)}, more ink`,
    'logit',
  );
  const keys = [
    { colour: css(neutral(palette)), words: 'earlier, exactly 0 (dots)' },
    { colour: css(inkColours(false).unseen), words: 'later, exactly 0 (hatched)' },
  ];
  const mapOf = (title: string, values: Float32Array) => {
    const look = attributionLook({
      values,
      places,
      place: places[pixel],
      largest: largest || 1,
      dark: false,
    });
    const picture = { width: grid.width, ...look, framed: [pixel] };
    return { kind: 'pixels', title, picture, legend, keys } as const;
  };
  const target = describePlace(pixel, grid);
  return {
    name: `inkling attribution ${letterOf(slot.side)} ${slot.title}`,
    figure: {
      title: `What ${target} depends on`,
      description: `Change of the logit of ink at ${target} by flipping every other pixel${gradient ? ', and its gradient' : ''}.`,
      columns: gradient ? 2 : 1,
      panels: [mapOf('By flipping it', flips), ...(gradient ? [mapOf('By gradient', gradient)] : [])],
      notes: notesOf([slot]),
    },
    table: {
      columns: [
        'row',
        'column',
        'place in the order',
        'change of the logit by a flip',
        'gradient of the logit',
      ],
      rows: pixelRows(grid, (each) => [places[each] + 1, flips[each], gradient ? gradient[each] : null]),
    },
  };
}
