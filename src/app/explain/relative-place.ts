import type { Grid } from '../../data/images.ts';

/** Where a pixel lies as seen from another: "left", "above left", "2 above, 1 right". */
export function relativePlace(pixel: number, from: number, { width }: Grid): string {
  const down = Math.floor(pixel / width) - Math.floor(from / width);
  const right = (pixel % width) - (from % width);
  const words = [
    [Math.abs(down), down < 0 ? 'above' : 'below'],
    [Math.abs(right), right < 0 ? 'left' : 'right'],
  ] as const;
  const named = words.filter(([steps]) => steps > 0);
  return named.every(([steps]) => steps === 1)
    ? named.map(([, word]) => word).join(' ')
    : named.map(([steps, word]) => `${steps} ${word}`).join(', ');
}
