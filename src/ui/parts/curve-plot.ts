/**
 * The learning curve by uPlot: 23 kB, fetched with the first curve. Importing uPlot throws where the browser's language
 * is no valid tag.
 */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { tickLabel } from '../../app/format.ts';
import type { CurvePoint } from '../../engine/api.ts';

export const PLOT_HEIGHT = 224;

export interface CurvePlot {
  setCurve(curve: readonly CurvePoint[]): void;
  destroy(): void;
}

/** An empty plot inside `box`, `width` CSS pixels wide, in the current colours of its style. */
export function plotCurve(box: HTMLElement, width: number): CurvePlot {
  const style = getComputedStyle(box);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--ink-soft'),
    font: `12px ${colour('--sans')}`,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1, size: 4 },
    values: labels,
  };
  const chart = new uPlot(
    {
      width,
      height: PLOT_HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false } },
      axes: [axis, { ...axis, size: 48 }],
      series: [
        {},
        { stroke: colour('--line-strong'), width: 1.5, points: { show: false }, spanGaps: true },
        {
          stroke: colour('--accent'),
          width: 2,
          points: { show: true, size: 5, fill: colour('--accent') },
          spanGaps: true,
        },
      ],
    },
    [[], [], []],
    box,
  );
  return {
    setCurve: (curve) =>
      chart.setData([
        curve.map((point) => point.epoch),
        curve.map((point) => point.train),
        curve.map((point) => point.validation),
      ]),
    destroy: () => chart.destroy(),
  };
}

/** Labels of the ticks of an axis, with the decimals of their step. */
function labels(_: uPlot, ticks: number[], __: number, ___: number, step: number): (string | null)[] {
  return ticks.map((tick) => tickLabel(tick, step));
}
