import type { Output } from '../../app/results/output.ts';
import type { ChartData } from './chart-plot.ts';
import { paperColour } from './figure-pictures.ts';

interface Charted {
  readonly data: ChartData;
  readonly name: string;
  /** What the vertical axis shows. */
  readonly caption: string;
  readonly axis: string;
  readonly label: string;
  readonly notes: readonly string[];
}

/** A chart as a figure, and its values in full; null where it has none yet. */
export function chartOutput({ data, name, caption, axis, label, notes }: Charted): Output | null {
  const { x, series, named, range, mark } = data;
  if (x.length === 0) return null;
  return {
    name: `inkling ${name}`,
    figure: {
      title: name,
      description: label,
      columns: 1,
      panels: [
        {
          kind: 'lines',
          title: caption,
          across: axis,
          up: '',
          x,
          logarithmic: named === 'logarithmic',
          ...(range ? { range } : {}),
          mark: mark ?? null,
          series: series.map(({ colour, ...each }) => ({ ...each, colour: paperColour(colour) })),
        },
      ],
      notes,
    },
    table: {
      columns: [
        axis,
        ...series.flatMap(({ name: of, errors }) => (errors ? [of, `${of}: standard error`] : [of])),
      ],
      rows: x.map((value, at) => [
        value,
        ...series.flatMap(({ values, errors }) => (errors ? [values[at], errors[at]] : [values[at]])),
      ]),
    },
  };
}
