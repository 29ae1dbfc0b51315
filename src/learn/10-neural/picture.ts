import type { Family, Level } from './families.ts';
import { GRID } from './families.ts';
import type { Sum } from './sums.ts';

/** The whole picture: the image on the left, hidden units in the middle, the probabilities of all pixels on the right. */
export const WIDTH = 640;
export const HEIGHT = 264;
/** Side of a pixel. */
export const CELL = 17;
const SIDE = CELL * GRID.width;
export const TOP = (HEIGHT - SIDE) / 2;
export const LEFT = 10;
export const RIGHT = WIDTH - SIDE - LEFT;
/** Rows of hidden units lie between these. */
const [FIRST, LAST] = [40, HEIGHT - 40];

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A product on its way to the sum that takes it. */
export interface Line {
  readonly level: Exclude<Level, 'image'>;
  readonly source: number;
  readonly from: Point;
  readonly to: Point;
  readonly value: number;
}

/** The middle of a pixel of the image, or of its probability. */
export function pixelAt(left: number, pixel: number): Point {
  const [row, column] = [Math.floor(pixel / GRID.width), pixel % GRID.width];
  return { x: left + (column + 0.5) * CELL, y: TOP + (row + 0.5) * CELL };
}

/** The middle of hidden unit number `unit` of `count`; a PixelCNN has two rows of them, filters before units. */
export function unitAt(family: Family, level: 'unit' | 'filter', unit: number, count: number): Point {
  const x = family !== 'pixelcnn' ? WIDTH / 2 : WIDTH / 2 + (level === 'unit' ? 34 : -34);
  return { x, y: FIRST + (unit / Math.max(1, count - 1)) * (LAST - FIRST) };
}

/** The radius with which that many units do not touch each other. */
export function radiusOf(count: number): number {
  return Math.min(5.5, (0.42 * (LAST - FIRST)) / Math.max(1, count - 1));
}

interface Sums {
  readonly output: Sum | null;
  readonly hidden: Sum | null;
  readonly filter: Sum | null;
}

/** The lines of all three levels below the image. */
export function linesOf(
  family: Family,
  sums: Sums,
  at: { readonly pixel: number; readonly unit: number; readonly channel: number },
  count: number,
): readonly Line[] {
  const ends = {
    pixel: pixelAt(RIGHT, at.pixel),
    unit: unitAt(family, 'unit', at.unit, count),
    filter: unitAt(family, 'filter', at.channel, count),
  };
  const begin = (level: Line['level'], source: number): Point => {
    if (level === 'pixel' && family !== 'fvsbn') return unitAt(family, 'unit', source, count);
    if (level === 'unit' && family === 'pixelcnn') return unitAt(family, 'filter', source, count);
    return pixelAt(LEFT, source);
  };
  const levels = [
    ['pixel', sums.output],
    ['unit', sums.hidden],
    ['filter', sums.filter],
  ] as const;
  return levels.flatMap(([level, sum]) =>
    (sum?.terms ?? []).map(({ source, value }) => ({
      level,
      source,
      value,
      from: begin(level, source),
      to: ends[level],
    })),
  );
}

/** What of the picture is seen at a level, [x, y, width, height], in the picture's proportions: everything, or the lines of a level's sum. */
export function viewOf(level: Level, lines: readonly Line[], focus: Point): [number, number, number, number] {
  if (level === 'image') return [0, 0, WIDTH, HEIGHT];
  const points = [
    focus,
    ...lines.filter((line) => line.level === level).flatMap(({ from, to }) => [from, to]),
  ];
  const pad = 1.5 * CELL;
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, top] = [Math.min(...xs) - pad, Math.min(...ys) - pad];
  const [across, down] = [Math.max(...xs) + pad - left, Math.max(...ys) + pad - top];
  const scale = Math.min(1, Math.max(across / WIDTH, down / HEIGHT, 0.3));
  const [width, height] = [scale * WIDTH, scale * HEIGHT];
  const inside = (at: number, room: number, all: number): number => Math.min(all - room, Math.max(0, at));
  return [
    inside(left + across / 2 - width / 2, width, WIDTH),
    inside(top + down / 2 - height / 2, height, HEIGHT),
    width,
    height,
  ];
}
