import type { Grid } from '../../data/images.ts';

/** Units between two neighbours of a drawn grid, and of a node's radius. */
export const STEP = 100;
const RADIUS = 26;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The middle of a pixel, in units. */
export function centreOf({ width }: Grid, pixel: number): Point {
  return { x: (pixel % width) * STEP + STEP / 2, y: Math.floor(pixel / width) * STEP + STEP / 2 };
}

/**
 * SVG paths of an arrow between two pixels: its line and its head. Neighbours are joined by a straight line; a longer arrow is bent, so
 * that it passes beside the pixels between.
 */
export function arrowOf(
  grid: Grid,
  from: number,
  to: number,
): { readonly line: string; readonly head: string } {
  const [a, b] = [centreOf(grid, from), centreOf(grid, to)];
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = Math.hypot(dx, dy);
  const bend = length > 1.5 * STEP ? 0.16 * length : 0;
  // Half way, and to the left of the way there.
  const middle = { x: (a.x + b.x) / 2 + (dy / length) * bend, y: (a.y + b.y) / 2 - (dx / length) * bend };
  const start = towards(a, middle, RADIUS);
  const tip = towards(b, middle, RADIUS);
  const neck = towards(b, middle, RADIUS + 13);
  const across = { x: (tip.y - neck.y) * 0.45, y: (neck.x - tip.x) * 0.45 };
  return {
    line: `M${show(start)}Q${show(middle)} ${show(neck)}`,
    head: `M${show(tip)}L${show({ x: neck.x + across.x, y: neck.y + across.y })}L${show({ x: neck.x - across.x, y: neck.y - across.y })}Z`,
  };
}

function towards(from: Point, to: Point, by: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  return { x: from.x + ((to.x - from.x) / length) * by, y: from.y + ((to.y - from.y) / length) * by };
}

function show({ x, y }: Point): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}
