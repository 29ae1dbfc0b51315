/**
 * Lines over a horizontal axis by uPlot: 23 kB, fetched with the first chart. Importing uPlot throws where the browser's
 * language is no valid tag.
 */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { count, tickLabel } from '../../app/format.ts';

const PLOT_HEIGHT = 256;

interface Series {
  readonly name: string;
  readonly colour: '--accent' | '--blue' | '--ink-soft' | '--line-strong';
  readonly dashed?: boolean;
  /** Whether each value is a point of the line. */
  readonly points: boolean;
  /** One for every x. */
  readonly values: readonly (number | null)[];
  /** One standard error of every value, a bar to either side. */
  readonly errors?: readonly number[];
}

export interface ChartData {
  readonly x: readonly number[];
  /** Their number and their looks stay the same while a chart is shown. */
  readonly series: readonly Series[];
  /** The horizontal axis names the values of x alone. */
  readonly named?: 'linear' | 'logarithmic';
  /** Lowest and highest value of the vertical axis; those of the data by default. */
  readonly range?: readonly [number, number];
  /** Where a dashed vertical line is drawn. */
  readonly mark?: number | null;
}

export interface ChartPlot {
  show(data: ChartData): void;
  destroy(): void;
}

/** A plot inside `box`, `width` CSS pixels wide, in the current colours of its style. */
export function plotChart(box: HTMLElement, width: number, first: ChartData): ChartPlot {
  let data = first;
  const style = getComputedStyle(box);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--ink-soft'),
    font: `13px ${colour('--sans')}`,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1, size: 4 },
    values: labels,
  };
  const place = (x: number) => (first.named === 'logarithmic' ? Math.log(x) : x);
  const columns = (): uPlot.AlignedData => [
    data.x.map(place),
    ...data.series.map(({ values }) => [...values]),
  ];
  /** An axis with the values of x alone. */
  const named: uPlot.Axis = {
    ...axis,
    splits: () => data.x.map(place),
    values: () => data.x.map(count),
    grid: { show: false },
  };
  const plot = new uPlot(
    {
      width,
      height: PLOT_HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false },
        y: { range: () => rangeOf(data) },
      },
      axes: [first.named ? named : axis, { ...axis, size: 48 }],
      series: [
        {},
        ...first.series.map(({ points, dashed, errors, colour: name }) => ({
          stroke: colour(name),
          width: points ? 2 : 1.5,
          dash: dashed ? [6, 4] : [],
          points: { show: points && !errors, size: 6, fill: colour(name) },
          spanGaps: true,
        })),
      ],
      hooks: { draw: [drawErrors, drawMark] },
    },
    columns(),
    box,
  );

  /** The values with an error and its bar, those of each series beside the others'. */
  function drawErrors(chart: uPlot): void {
    const { ctx } = chart;
    const dot = uPlot.pxRatio;
    ctx.lineWidth = dot;
    data.series.forEach(({ values, errors, colour: name }, k) => {
      ctx.strokeStyle = ctx.fillStyle = colour(name);
      errors?.forEach((error, i) => {
        const value = values[i] ?? NaN;
        const x = chart.valToPos(place(data.x[i]), 'x', true) + (4 * k - 2 * (data.series.length - 1)) * dot;
        const [y, low, high] = [0, -error, error].map((by) => chart.valToPos(value + by, 'y', true));
        ctx.beginPath();
        ctx.arc(x, y, 3 * dot, 0, 2 * Math.PI);
        ctx.fill();
        ctx.beginPath();
        ctx.moveTo(x, low);
        ctx.lineTo(x, high);
        for (const end of [low, high]) {
          ctx.moveTo(x - 4 * dot, end);
          ctx.lineTo(x + 4 * dot, end);
        }
        ctx.stroke();
      });
    });
  }

  function drawMark(chart: uPlot): void {
    if (data.mark == null) return;
    const { ctx, bbox } = chart;
    const x = chart.valToPos(place(data.mark), 'x', true);
    ctx.setLineDash([2 * uPlot.pxRatio, 4 * uPlot.pxRatio]);
    ctx.strokeStyle = colour('--line-strong');
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  return {
    show(next) {
      data = next;
      plot.setData(columns());
    },
    destroy: () => plot.destroy(),
  };
}

/** Lowest and highest value of the vertical axis, with room for the bars of the errors. */
function rangeOf({ series, range }: ChartData): uPlot.Range.MinMax {
  if (range) return [...range];
  let [low, high] = [Infinity, -Infinity];
  for (const { values, errors } of series)
    values.forEach((value, i) => {
      if (value === null) return;
      low = Math.min(low, value - (errors?.[i] ?? 0));
      high = Math.max(high, value + (errors?.[i] ?? 0));
    });
  return low <= high ? uPlot.rangeNum(low, high, 0.1, true) : [null, null];
}

/** Labels of the ticks of an axis, with the decimals of their step. */
function labels(_: uPlot, ticks: number[], __: number, ___: number, step: number): (string | null)[] {
  return ticks.map((tick) => tickLabel(tick, step));
}
