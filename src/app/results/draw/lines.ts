import { count, tickLabel } from '../../format.ts';
import type { LinesPanel } from '../figure.ts';
import { type Drawn, num, PAPER, SOFT, text, ticksOf, widthOf } from './paper.ts';

const HEIGHT = 300;
const LEFT = 64;
const BOTTOM = 52;

/** Lines over an axis. */
export function drawLines(panel: LinesPanel, width: number): Drawn {
  const { x, series, logarithmic = false, mark } = panel;
  const [low, high] = panel.range ?? rangeOf(series);
  const place = (value: number) => (logarithmic ? Math.log(value) : value);
  const first = place(Math.min(...x));
  const last = place(Math.max(...x));
  const top = 12 + 20 * Math.ceil(keysWidth(series) / width);
  const plot = { left: LEFT, top, width: width - LEFT - 16, height: HEIGHT - top };
  const across = (value: number) =>
    plot.left + (last > first ? ((place(value) - first) / (last - first)) * plot.width : plot.width / 2);
  const up = (value: number) => plot.top + plot.height - ((value - low) / (high - low || 1)) * plot.height;
  const parts = [drawKeys(series, width), ruled(plot, low, high, up, panel.up)];
  const named = logarithmic ? x : ticksOf(first, last, 6).ticks;
  const step = ticksOf(first, last, 6).step;
  for (const tick of named)
    parts.push(
      text(across(tick), plot.top + plot.height + 20, logarithmic ? count(tick) : tickLabel(tick, step), {
        ...SOFT,
        anchor: 'middle',
      }),
    );
  parts.push(text(plot.left + plot.width / 2, HEIGHT + 42, panel.across, { ...SOFT, anchor: 'middle' }));
  if (mark != null)
    parts.push(
      `<path d="M${num(across(mark))} ${plot.top}v${plot.height}" stroke="${PAPER.strong}" stroke-dasharray="2 4"/>`,
    );
  series.forEach(({ values, colour, dashed, points, steps, errors }, k) => {
    const beside = errors ? 4 * k - 2 * (series.length - 1) : 0;
    let path = '';
    const dots: string[] = [];
    values.forEach((value, i) => {
      if (value === null || !Number.isFinite(value)) return;
      const [px, py] = [num(across(x[i])), num(up(value))];
      path += path === '' ? `M${px} ${py}` : steps ? `H${px}V${py}` : `L${px} ${py}`;
      if (points) dots.push(`<circle cx="${num(across(x[i]) + beside)}" cy="${py}" r="3" fill="${colour}"/>`);
      const error = errors?.[i];
      if (error !== undefined && Number.isFinite(error)) {
        const at = num(across(x[i]) + beside);
        const [from, to] = [num(up(value - error)), num(up(value + error))];
        dots.push(
          `<path d="M${at} ${from}V${to}m-4 0h8M${num(across(x[i]) + beside - 4)} ${from}h8" stroke="${colour}" fill="none"/>`,
        );
      }
    });
    parts.push(
      `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${points ? 2 : 1.5}" stroke-linejoin="round"${dashed ? ' stroke-dasharray="6 4"' : ''}/>`,
      ...dots,
    );
  });
  return { svg: parts.join(''), height: HEIGHT + BOTTOM };
}

interface Plot {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function ruled(plot: Plot, low: number, high: number, up: (value: number) => number, name: string): string {
  const { ticks, step } = ticksOf(low, high, 5);
  const lines = ticks.map(
    (tick) =>
      `<path d="M${plot.left} ${num(up(tick))}h${num(plot.width)}" stroke="${PAPER.line}"/>` +
      text(plot.left - 8, up(tick) + 4, tickLabel(tick, step), { ...SOFT, anchor: 'end' }),
  );
  return (
    lines.join('') +
    `<path d="M${plot.left} ${plot.top}v${plot.height}h${num(plot.width)}" fill="none" stroke="${PAPER.strong}"/>` +
    text(14, plot.top + plot.height / 2, name, { ...SOFT, anchor: 'middle', turned: true })
  );
}

function keysWidth(series: LinesPanel['series']): number {
  return series.reduce((sum, { name }) => sum + 44 + widthOf(name, 13), 0);
}

function drawKeys(series: LinesPanel['series'], width: number): string {
  let [x, y] = [0, 12];
  return series
    .map(({ name, colour, dashed, points }) => {
      const wide = 44 + widthOf(name, 13);
      if (x > 0 && x + wide > width) [x, y] = [0, y + 20];
      const line = `<path d="M${num(x)} ${y - 4}h22" stroke="${colour}" stroke-width="${points ? 3 : 2}"${dashed ? ' stroke-dasharray="6 4"' : ''}/>`;
      const key = line + text(x + 28, y, name, SOFT);
      x += wide;
      return key;
    })
    .join('');
}

/** Lowest and highest value with its error, and a tenth of their distance around them. */
function rangeOf(series: LinesPanel['series']): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { values, errors } of series)
    values.forEach((value, i) => {
      if (value === null || !Number.isFinite(value)) return;
      low = Math.min(low, value - (errors?.[i] ?? 0));
      high = Math.max(high, value + (errors?.[i] ?? 0));
    });
  if (!(low <= high)) return [0, 1];
  const margin = 0.06 * (high - low) || 1;
  return [low - margin, high + margin];
}
