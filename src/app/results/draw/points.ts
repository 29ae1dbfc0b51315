import type { PointsPanel } from '../figure.ts';
import { type Drawn, num, PAPER, SOFT, text } from './paper.ts';

/** Labelled points on a plane, whose axes have one scale. */
export function drawPoints(
  { points, mark, across: acrossName, up: upName }: PointsPanel,
  width: number,
): Drawn {
  const height = Math.round(0.72 * width);
  const margin = 16;
  const ends = (values: readonly number[]) => [Math.min(...values), Math.max(...values)] as const;
  const [left, right] = ends(points.map(({ x }) => x));
  const [bottom, top] = ends(points.map(({ y }) => y));
  const scale = Math.min(
    (width - 2 * margin) / (right - left || 1),
    (height - 2 * margin) / (top - bottom || 1),
  );
  const place = (x: number, y: number) =>
    [width / 2 + (x - (left + right) / 2) * scale, height / 2 - (y - (bottom + top) / 2) * scale] as const;
  const size = points.length > 300 ? 11 : 15;
  const parts = points.map(({ x, y, label, colour }) => {
    const [px, py] = place(x, y);
    return text(px, py + 0.36 * size, label, { size, weight: 700, colour, anchor: 'middle' });
  });
  if (mark) {
    const [x, y] = place(...mark);
    const px = Math.min(width - margin, Math.max(margin, x));
    const py = Math.min(height - margin, Math.max(margin, y));
    const anchor = px > width / 2 ? 'end' : 'start';
    parts.push(
      `<circle cx="${num(px)}" cy="${num(py)}" r="9" fill="none" stroke="${PAPER.background}" stroke-width="5"/>`,
      `<circle cx="${num(px)}" cy="${num(py)}" r="9" fill="none" stroke="${PAPER.accent}" stroke-width="3"/>`,
      text(px + (anchor === 'end' ? -15 : 15), py + 5, 'the drawing', {
        weight: 600,
        colour: PAPER.accent,
        anchor,
      }),
    );
  }
  return {
    svg:
      text(0, 14, `${upName} ↑`, SOFT) +
      `<g transform="translate(0 24)"><rect width="${num(width)}" height="${height}" fill="none" stroke="${PAPER.line}"/>${parts.join('')}</g>` +
      text(width, height + 44, `${acrossName} →`, { ...SOFT, anchor: 'end' }),
    height: height + 52,
  };
}
