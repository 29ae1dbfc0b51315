import { tickLabel } from '../../format.ts';
import type { Bar, BarsPanel, HistogramPanel } from '../figure.ts';
import { type Drawn, num, PAPER, SOFT, text, ticksOf, widthOf } from './paper.ts';

/** Horizontal bars with their names and values; points with bars of error where the axis does not begin at 0. */
export function drawBars({ bars, across: name, range }: BarsPanel, width: number): Drawn {
  const row = 26;
  const left = Math.min(width / 2, 12 + Math.max(24, ...bars.map((bar) => widthOf(bar.name, 13))));
  const right = 12 + Math.max(24, ...bars.map((bar) => widthOf(bar.words, 13)));
  const room = Math.max(80, width - left - right);
  const [low, high] = range ?? rangeOfBars(bars);
  const x = (value: number) =>
    left + (Math.min(high, Math.max(low, value)) - low) * (room / (high - low || 1));
  const bottom = bars.length * row + 4;
  const parts: string[] = [];
  const { ticks, step } = ticksOf(low, high, 5);
  for (const tick of ticks)
    parts.push(
      `<path d="M${num(x(tick))} 0V${bottom}" stroke="${PAPER.line}"/>`,
      text(x(tick), bottom + 18, tickLabel(tick, step), { ...SOFT, anchor: 'middle' }),
    );
  bars.forEach(({ name: label, value, error, words, strong }, at) => {
    const y = at * row + row / 2 + 2;
    const colour = strong ? PAPER.accent : PAPER.strong;
    parts.push(text(left - 8, y + 4, label, { size: 13, anchor: 'end', weight: strong ? 600 : 400 }));
    if (error === undefined)
      parts.push(
        `<rect x="${num(left)}" y="${num(y - 8)}" width="${num(x(value) - left)}" height="16" fill="${colour}"/>`,
      );
    else
      parts.push(
        `<path d="M${num(x(value - error))} ${num(y)}H${num(x(value + error))}" stroke="${colour}" stroke-width="2"/>`,
        `<circle cx="${num(x(value))}" cy="${num(y)}" r="4" fill="${colour}"/>`,
      );
    parts.push(text(width, y + 4, words, { size: 13, anchor: 'end', weight: strong ? 600 : 400 }));
  });
  parts.push(text(left + room / 2, bottom + 38, name, { ...SOFT, anchor: 'middle' }));
  return { svg: parts.join(''), height: bottom + 44 };
}

/** A histogram with its tails shaded and the drawing's place. */
export function drawHistogram(panel: HistogramPanel, width: number): Drawn {
  const { from, to, bars, tails, mark, markWords, across: name } = panel;
  const height = 150;
  const top = 24;
  const x = (value: number) => width * Math.min(1, Math.max(0, (value - from) / (to - from || 1)));
  const parts: string[] = [];
  const [lower, upper] = tails;
  const shade = (left: number, right: number) =>
    `<rect x="${num(left)}" y="${top}" width="${num(right - left)}" height="${height}" fill="${PAPER.shade}"/>`;
  if (lower !== null) parts.push(shade(0, x(lower)));
  if (upper !== null) parts.push(shade(x(upper), width));
  const wide = width / bars.length;
  bars.forEach((bar, at) => {
    const tall = bar * (height - 8);
    parts.push(
      `<rect x="${num(at * wide)}" y="${num(top + height - tall)}" width="${num(wide - 1)}" height="${num(tall)}" fill="${PAPER.strong}"/>`,
    );
  });
  parts.push(`<path d="M0 ${top + height}H${num(width)}" stroke="${PAPER.strong}"/>`);
  const { ticks, step } = ticksOf(from, to, 4);
  for (const tick of ticks)
    parts.push(text(x(tick), top + height + 18, tickLabel(tick, step), { ...SOFT, anchor: 'middle' }));
  parts.push(text(width / 2, top + height + 38, name, { ...SOFT, anchor: 'middle' }));
  if (mark !== null) {
    const at = x(mark);
    const anchor = at > width / 2 ? 'end' : 'start';
    parts.push(
      `<rect x="${num(at - 2)}" y="${top - 4}" width="4" height="${height + 8}" fill="${PAPER.accent}"/>`,
      text(at + (anchor === 'end' ? -6 : 6), 14, markWords, {
        size: 13,
        weight: 600,
        colour: PAPER.accent,
        anchor,
      }),
    );
  }
  return { svg: parts.join(''), height: top + height + 44 };
}

function rangeOfBars(bars: readonly Bar[]): readonly [number, number] {
  const withErrors = bars.some(({ error }) => error !== undefined);
  const ends = bars.flatMap(({ value, error = 0 }) => [value - error, value + error]);
  const high = Math.max(...ends);
  if (!withErrors) return [Math.min(0, ...ends), high];
  const low = Math.min(...ends);
  const margin = 0.08 * (high - low) || 1;
  return [low - margin, high + margin];
}
