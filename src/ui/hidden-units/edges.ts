import type { Grid } from '../../data/images.ts';

/** Edges of one strength as an SVG path; a pixel has side 1. */
export interface EdgePath {
  readonly path: string;
  /** Width of the line, in pixels. */
  readonly width: number;
  /** Hardly more than nothing: shown on large pictures alone. */
  readonly weak: boolean;
}

/** From so many nats of mutual information on an edge is drawn so wide; log 2 = 0.69 is the most that two pixels can share. */
const STRENGTHS = [
  { from: 0.2, width: 0.38 },
  { from: 0.05, width: 0.22 },
  { from: 0.01, width: 0.12 },
  { from: 0, width: 0.05 },
] as const;

/**
 * Lines from the middle of every pixel to that of its parent, by strength, the strongest last, so that they lie on top. `parents` [n], -1 of the root,
 * `nats` [n].
 */
export function edgePaths(
  { width }: Grid,
  parents: ArrayLike<number>,
  nats: ArrayLike<number>,
): readonly EdgePath[] {
  const paths = STRENGTHS.map(() => '');
  const middle = (pixel: number) => `${(pixel % width) + 0.5} ${Math.floor(pixel / width) + 0.5}`;
  for (let pixel = 0; pixel < parents.length; pixel++) {
    if (parents[pixel] < 0) continue;
    const at = STRENGTHS.findIndex(({ from }) => nats[pixel] >= from);
    paths[at] += `M${middle(pixel)}L${middle(parents[pixel])}`;
  }
  return STRENGTHS.map((strength, at) => ({
    path: paths[at],
    width: strength.width,
    weak: strength.from === 0,
  })).reverse();
}
