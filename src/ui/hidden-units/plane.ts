/** The map's geometry: points [count, 2] in their own units, a frame of the screen in CSS pixels. */

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** CSS pixels a unit, the same along both axes, so that distances are true. */
  readonly scale: number;
  /** The point in the middle of the frame. */
  readonly centre: readonly [number, number];
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The box between two opposite corners, whichever they are. */
export function boxOf({ from, to }: { from: readonly [number, number]; to: readonly [number, number] }): Box {
  return {
    left: Math.min(from[0], to[0]),
    top: Math.min(from[1], to[1]),
    right: Math.max(from[0], to[0]),
    bottom: Math.max(from[1], to[1]),
  };
}

/** Whether a point is shown on the map. */
export type Shown = (point: number) => boolean;

/** Room left around the outermost points. */
const MARGIN = 16;

/** The largest scale at which all points fit, the second axis pointing up. */
export function frameOf(points: Float32Array, width: number, height: number): Frame {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  points.forEach((value, at) => {
    low[at & 1] = Math.min(low[at & 1], value);
    high[at & 1] = Math.max(high[at & 1], value);
  });
  const across = high[0] - low[0];
  const up = high[1] - low[1];
  const fits = [(width - 2 * MARGIN) / across, (height - 2 * MARGIN) / up].filter(
    (scale) => Number.isFinite(scale) && scale > 0,
  );
  const middle = (axis: number) => (points.length > 0 ? (low[axis] + high[axis]) / 2 : 0);
  return {
    width,
    height,
    scale: fits.length > 0 ? Math.min(...fits) : 1,
    centre: [middle(0), middle(1)],
  };
}

export function toScreen({ width, height, scale, centre }: Frame, x: number, y: number): [number, number] {
  return [width / 2 + (x - centre[0]) * scale, height / 2 - (y - centre[1]) * scale];
}

/** A place clamped to the frame, and whether it lay outside. */
export function clamped(
  { width, height }: Frame,
  [x, y]: readonly [number, number],
): { at: [number, number]; beyond: boolean } {
  const clamp = (value: number, size: number) => Math.min(size - MARGIN, Math.max(MARGIN, value));
  const at: [number, number] = [clamp(x, width), clamp(y, height)];
  return { at, beyond: Math.abs(at[0] - x) > MARGIN || Math.abs(at[1] - y) > MARGIN };
}

/** The point nearest to a place on the screen, at most `within` CSS pixels away. */
export function nearest(
  frame: Frame,
  points: Float32Array,
  shown: Shown,
  [x, y]: readonly [number, number],
  within: number,
): number | null {
  let best: number | null = null;
  let least = within ** 2;
  for (let i = 0; i < points.length / 2; i++) {
    const [px, py] = toScreen(frame, points[2 * i], points[2 * i + 1]);
    const distance = (px - x) ** 2 + (py - y) ** 2;
    if (distance > least || !shown(i)) continue;
    best = i;
    least = distance;
  }
  return best;
}

/** The points in a box, in the order of the digits. */
export function inBox(frame: Frame, points: Float32Array, shown: Shown, box: Box): number[] {
  return indices(points).filter((i) => {
    const [x, y] = toScreen(frame, points[2 * i], points[2 * i + 1]);
    return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom && shown(i);
  });
}

/** A point and those nearest to it, nearest first. */
export function neighbours(points: Float32Array, shown: Shown, of: number, count: number): number[] {
  const distance = (i: number) =>
    (points[2 * i] - points[2 * of]) ** 2 + (points[2 * i + 1] - points[2 * of + 1]) ** 2;
  return indices(points)
    .filter(shown)
    .sort((a, b) => distance(a) - distance(b))
    .slice(0, count);
}

/** The nearest point in a direction (of the screen's plane, up being positive), within 45 degrees of it. */
export function towards(
  points: Float32Array,
  shown: Shown,
  from: number,
  [dx, dy]: readonly [number, number],
): number | null {
  let best: number | null = null;
  let least = Infinity;
  for (let i = 0; i < points.length / 2; i++) {
    const x = points[2 * i] - points[2 * from];
    const y = points[2 * i + 1] - points[2 * from + 1];
    const along = x * dx + y * dy;
    if (along <= 0 || Math.abs(x * dy - y * dx) > along || !shown(i)) continue;
    const distance = x * x + y * y;
    if (distance >= least) continue;
    best = i;
    least = distance;
  }
  return best;
}

function indices(points: Float32Array): number[] {
  return Array.from({ length: points.length / 2 }, (_, i) => i);
}
