import type { HiddenUnitsResult } from '../../app/hidden-units/hidden-units.svelte.ts';
import { count, fixed } from '../../app/format.ts';
import type { Binarisation } from '../../data/binarisation.ts';
import { describeBinarisation, greyBinarisation } from '../../data/binarise.ts';
import type { Output } from '../../app/results/output.ts';
import type { MapPosition } from '../../engine/queries/api.ts';
import { legendOf, mapPicture, pixelColumns } from '../parts/figure-pictures.ts';
import { divergingPalette, probabilityPalette } from '../parts/palette.ts';
import { classColours } from './class-colours.ts';
import { pictureOf, scaleOf, unitsByVariance } from './filters.ts';

/** The pictures of the units that vary most. */
export function filtersOutput(
  result: HiddenUnitsResult,
  position: MapPosition | null,
  binarisation: Binarisation,
): Output {
  const { map } = result;
  const { grid } = result.queried.model;
  const weights = map.kind === 'weights';
  const units = unitsByVariance(map);
  const scale = scaleOf(map, units);
  const palette = weights ? divergingPalette(false) : probabilityPalette();
  const active = (unit: number) => position?.activations[unit];
  return {
    name: `inkling hidden units ${result.queried.title}`,
    figure: {
      title: weights ? 'What the hidden units look for' : 'The components of the mixture',
      description: `${count(units.length)} of ${count(map.units)} units, those first that vary most over the digits: ${weights ? 'their input weights' : 'their probabilities of ink'}.`,
      columns: 1,
      panels: [
        {
          kind: 'images',
          title: '',
          columns: 8,
          pictures: units.map((unit) =>
            mapPicture(pictureOf(map, unit), grid.width, palette, weights ? -scale : 0, scale),
          ),
          captions: units.map((unit) => {
            const now = active(unit);
            return now === undefined ? `${unit + 1}` : `${unit + 1}: ${fixed(now, 3)}`;
          }),
          legend: legendOf(
            palette,
            weights ? `${fixed(-scale, 1)} or less` : '0',
            weights ? `${fixed(scale, 1)} or more` : '1',
            weights ? 'weight' : 'p(ink)',
          ),
        },
      ],
      notes: [
        unitsNote(result, binarisation),
        'Below each picture: the number of the unit, and its activation for the drawing where that is known.',
      ],
    },
    table: {
      columns: [
        'unit',
        'activation for the drawing',
        'standard deviation over the digits',
        'largest over the digits',
        ...pixelColumns(grid),
      ],
      rows: Array.from({ length: map.units }, (_, unit) => [
        unit + 1,
        active(unit) ?? null,
        map.deviations[unit],
        map.largest[unit],
        ...pictureOf(map, unit),
      ]),
    },
  };
}

/** Where the digits lie on the plane of the first two principal components; `shows` leaves classes out. */
export function digitMapOutput(
  result: HiddenUnitsResult,
  position: MapPosition | null,
  shows: (digit: number) => boolean,
  binarisation: Binarisation,
): Output {
  const { map, digits } = result;
  const { labels } = digits;
  const { points, variance } = map;
  const colours = classColours(false);
  const shown = Array.from(labels.keys()).filter(shows);
  const percent = (share: number) => `${fixed(100 * share, 1)} %`;
  return {
    name: `inkling map of digits ${result.queried.title}`,
    figure: {
      title: 'Where digits lie for the model',
      description: `${count(shown.length)} test digits on the plane of the first two principal components of the ${map.mappedValues}, which holds ${percent(variance[0] + variance[1])} of their variance.`,
      columns: 1,
      panels: [
        {
          kind: 'points',
          title: '',
          across: `first component, ${percent(variance[0])} of the variance`,
          up: `Second component, ${percent(variance[1])}`,
          points: shown.map((digit) => ({
            x: points[2 * digit],
            y: points[2 * digit + 1],
            label: String(labels[digit]),
            colour: colours[labels[digit]],
          })),
          mark: position ? position.point : null,
        },
      ],
      notes: [unitsNote(result, binarisation)],
    },
    table: {
      columns: ['digit', 'class', 'first component', 'second component'],
      rows: [
        ...Array.from(labels, (label, digit) => [digit + 1, label, points[2 * digit], points[2 * digit + 1]]),
        ...(position ? [['the drawing', null, ...position.point]] : []),
      ],
    },
  };
}

/** `binarisation` is what the visitor chose: grey digits are binarised so. */
function unitsNote({ queried, digits }: HiddenUnitsResult, binarisation: Binarisation): string {
  const how = describeBinarisation(greyBinarisation(binarisation));
  return `Model: ${queried.title}; ${count(digits.images.count)} of MNIST’s test digits, binarisation ${how}.`;
}
