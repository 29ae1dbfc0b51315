import { threefry2x32, uniform } from '../../data/rng.ts';
import { sigmoid } from '../../models/shared/math.ts';
import type { Parents } from '../../stats/networks.ts';
import { parseEdges } from './edges.ts';

/** A network on 3x3 whose independences are asked for. */
export interface Example {
  readonly name: string;
  readonly edges: string;
}

/** Pixels by their numbers from 0: the middle is 4, above it 1, left of it 3. */
export const EXAMPLES: readonly Example[] = [
  { name: 'causes', edges: '14.34.48' },
  { name: 'chain', edges: '34.45' },
  { name: 'fork', edges: '43.45' },
  { name: 'lattice', edges: '01.03.12.14.34.25.45.36.47.67.58.78' },
];

/** Of the two causes: pixels 1 and 3, of their effect 4, and of its trace 8. */
export const CAUSES = { first: 1, second: 3, effect: 4, trace: 8 } as const;
/** How often each cause is there, how often each alone has the effect, and how often the effect comes without any. */
export const STROKES = { prior: 0.3, works: 0.9, leak: 0.02 } as const;

/**
 * p(ink | row) of a pixel that each of its inked parents inks with probability `works`, by itself, and that is inked with
 * probability `leak` without them, [2^parents]: a noisy or.
 */
export function noisyOr(parents: number, works: number, leak: number): number[] {
  return Array.from({ length: 2 ** parents }, (_, row) => {
    let misses = 1 - leak;
    for (let bit = 0; bit < parents; bit++) if ((row >>> bit) & 1) misses *= 1 - works;
    return 1 - misses;
  });
}

/** Tables of the two strokes: causes by themselves, everything else a noisy or of its parents. */
export function strokeTables(parents: Parents): number[][] {
  return parents.map((list) =>
    list.length === 0 ? [STROKES.prior] : noisyOr(list.length, STROKES.works, STROKES.leak),
  );
}

/**
 * Tables drawn from a seed, [2^parents] each, between 0.05 and 0.95: the logit of p(ink | row) is a number of the row plus or minus one of
 * each parent, so that every parent makes a difference that can be seen.
 */
export function drawnTables(parents: Parents, seed: number): number[][] {
  const pair = new Uint32Array(2);
  const drawn = (pixel: number, place: number): number => {
    threefry2x32(seed | 0, 0xc4a15, pixel, place, pair);
    return uniform(pair[0]);
  };
  return parents.map((list, pixel) => {
    const weights = list.map(
      (_, bit) => (drawn(pixel, 2 * bit) < 0.5 ? -1 : 1) * (1 + drawn(pixel, 2 * bit + 1)),
    );
    return Array.from({ length: 2 ** list.length }, (_, row) => {
      const own = drawn(pixel, 1000 + row) - 0.5;
      const logit = weights.reduce((sum, weight, bit) => sum + ((row >>> bit) & 1 ? weight : -weight), own);
      return 0.05 + 0.9 * sigmoid(logit);
    });
  });
}

export function exampleOf(name: string): Parents {
  const example = EXAMPLES.find((each) => each.name === name);
  return parseEdges(example?.edges ?? '', 9);
}
