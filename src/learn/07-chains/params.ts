import { choice, seed, text, type Values, whole } from '../state/params.ts';
import { MAX_K } from './dial.ts';
import { EDGES, formatEdges } from './edges.ts';
import { markov } from './presets.ts';
import { CAUSES, EXAMPLES } from './questions.ts';
import { SEEN } from './tree.ts';

/** What is given of 3x3 pixels at the start. */
export const NOTHING_GIVEN = '---------';

/** What a link into the chapter carries. */
export const params = {
  /** The visitor's network: its grid, its arrows, the pixel looked at and the image at hand. */
  grid: choice('3x3', ['2x2', '3x3']),
  edges: text(formatEdges(markov(9)({ width: 3, height: 3 })), EDGES),
  node: whole(8, 0, 8),
  image: text('111001010', /^[01]{4}(?:[01]{5})?$/),
  /** The question of independence: the network, the two pixels, and what is given. */
  graph: choice('causes', [...EXAMPLES.map(({ name }) => name), 'yours']),
  ask: text(`${CAUSES.first}${CAUSES.second}`, /^[0-8]{2}$/),
  given: text(NOTHING_GIVEN, /^[-01]{9}$/),
  /** The dial, and the seed of all samples and of drawn tables. */
  k: whole(2, 0, MAX_K),
  seed: seed(1),
  /** What is known to the tree, and the pixel looked at. */
  seen: text('', SEEN),
  pixel: whole(90, 0, 195),
} as const;

export type ChainValues = Values<typeof params>;
