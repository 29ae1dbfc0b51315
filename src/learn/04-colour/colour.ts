import { Categorical, fineUniform } from '../../data/categorical.ts';
import { permutation, Stream, streamKey } from '../../data/rng.ts';

/** Bits of a channel with which a table of all colours can be filled, and those of usual pictures. */
export const DEPTHS = [2, 3, 4, 5, 6] as const;
export const USUAL_DEPTH = 8;
export const CHANNELS = 3;

/** Free numbers of the table of all colours: 2^(3 bits) - 1. */
export function jointParameters(bits: number): number {
  return 2 ** (CHANNELS * bits) - 1;
}

/** Free numbers of three channels that do not depend on each other: 3 (2^bits - 1). */
export function independentParameters(bits: number): number {
  return CHANNELS * (2 ** bits - 1);
}

/** Levels of the channels, [count, 3] u8, with the upper `bits` of each, as numbers of colours: red in the highest bits. [count] */
export function coloursOf(rgb: Uint8Array, bits: number): Uint32Array<ArrayBuffer> {
  const away = USUAL_DEPTH - bits;
  return Uint32Array.from({ length: rgb.length / CHANNELS }, (_, i) =>
    [0, 1, 2].reduce((colour, channel) => (colour << bits) | (rgb[CHANNELS * i + channel] >> away), 0),
  );
}

/** Level of a channel (0 red, 1 green, 2 blue) of a colour's number. */
export function levelOf(colour: number, channel: number, bits: number): number {
  return (colour >> (bits * (CHANNELS - 1 - channel))) & (2 ** bits - 1);
}

/** The middle of the levels that a colour's number stands for, as bytes: how it is shown. */
export function shownAs(colour: number, bits: number): [number, number, number] {
  const middle = (channel: number): number =>
    Math.floor((levelOf(colour, channel, bits) + 0.5) * 2 ** (USUAL_DEPTH - bits));
  return [middle(0), middle(1), middle(2)];
}

/** How often each of `cells` values occurs, [cells]. */
export function countsOf(values: ArrayLike<number>, cells: number): Uint32Array<ArrayBuffer> {
  const counts = new Uint32Array(cells);
  for (let i = 0; i < values.length; i++) counts[values[i]]++;
  return counts;
}

/** The different values among some. */
export function presentIn(values: Uint32Array): ReadonlySet<number> {
  return new Set(values);
}

/** A table of probabilities with the same number added to all its counts: (count + added) / (total + added cells). */
export interface Table {
  readonly counts: Uint32Array;
  readonly total: number;
  readonly added: number;
}

/** log p in nats. */
export function logOf({ counts, total, added }: Table, value: number): number {
  return Math.log((counts[value] + added) / (total + added * counts.length));
}

/** What may be added to the counts: 2^-10 to 2^4 in steps of a quarter of a doubling. */
const ADDED = Array.from({ length: 57 }, (_, i) => 2 ** (i / 4 - 10));

/** Some counts in short: how many cells have each count above zero. */
interface CountsOfCounts {
  readonly times: ReadonlyMap<number, number>;
  readonly total: number;
  readonly cells: number;
}

function countsOfCounts(counts: Uint32Array): CountsOfCounts {
  const times = new Map<number, number>();
  let total = 0;
  for (const count of counts) {
    if (count > 0) times.set(count, (times.get(count) ?? 0) + 1);
    total += count;
  }
  return { times, total, cells: counts.length };
}

/** Mean log p, in nats, of every counted value in the table of all the others. */
function meanLeftOut({ times, total, cells }: CountsOfCounts, added: number): number {
  let sum = 0;
  for (const [count, often] of times) sum += often * count * Math.log(count - 1 + added);
  return sum / total - Math.log(total - 1 + added * cells);
}

/**
 * The table of some counts, with that added for which the counted values are likeliest when each is left out in turn. Nothing
 * but the counts is needed for that, so nothing held out is looked at. Throws RangeError without counts.
 */
export function fitTable(counts: Uint32Array): Table {
  const short = countsOfCounts(counts);
  if (short.total === 0) throw new RangeError('counts: all are zero');
  let best = { added: 1, score: -Infinity };
  for (const added of ADDED) {
    const score = meanLeftOut(short, added);
    if (score > best.score) best = { added, score };
  }
  return { counts, total: short.total, added: best.added };
}

/** Both models of a picture's colours. */
export interface Models {
  readonly bits: number;
  readonly joint: Table;
  /** One table a channel. */
  readonly channels: readonly Table[];
}

/** Both models of colours, [count], of `bits` a channel. */
export function fitModels(colours: Uint32Array, bits: number): Models {
  const channels = [0, 1, 2].map((channel) =>
    fitTable(
      countsOf(
        colours.map((colour) => levelOf(colour, channel, bits)),
        2 ** bits,
      ),
    ),
  );
  return { bits, joint: fitTable(countsOf(colours, 2 ** (CHANNELS * bits))), channels };
}

export function logJoint({ joint }: Models, colour: number): number {
  return logOf(joint, colour);
}

/** The sum of the channels' logs. */
export function logIndependent({ bits, channels }: Models, colour: number): number {
  return channels.reduce((sum, table, channel) => sum + logOf(table, levelOf(colour, channel, bits)), 0);
}

/** Mean log p of pixels of these colours, in nats. */
export function meanLog(log: (colour: number) => number, colours: Uint32Array): number {
  let sum = 0;
  for (const colour of colours) sum += log(colour);
  return sum / colours.length;
}

/** What a model gives to colours that are not among `present`. */
export function strayShare(log: (colour: number) => number, present: ReadonlySet<number>): number {
  let known = 0;
  for (const colour of present) known += Math.exp(log(colour));
  return Math.max(0, 1 - known);
}

/** The same random numbers for both models, so that a change of the depth alone changes what is seen. */
export function sampleJoint({ joint }: Models, seed: number, count: number): Uint32Array {
  const drawn = new Categorical(Float64Array.from(joint.counts, (times) => Math.log(times + joint.added)));
  return Uint32Array.from({ length: count }, (_, i) =>
    drawn.at(fineUniform(seed, streamKey(Stream.sample), i)),
  );
}

export function sampleIndependent({ bits, channels }: Models, seed: number, count: number): Uint32Array {
  const drawn = channels.map(
    ({ counts, added }) => new Categorical(Float64Array.from(counts, (times) => Math.log(times + added))),
  );
  return Uint32Array.from({ length: count }, (_, i) =>
    drawn.reduce(
      (colour, channel, at) =>
        (colour << bits) | channel.at(fineUniform(seed, streamKey(Stream.sample, at + 1), i)),
      0,
    ),
  );
}

/** Numbers of a picture's pixels: those that models learn from, and those held out. */
export interface Split {
  readonly train: Uint32Array;
  readonly held: Uint32Array;
}

/** Pixels of a picture that are held out, one half by the seed, and the first `train` of the others. */
export function splitPixels(count: number, train: number, seed: number): Split {
  const order = permutation(count, seed, streamKey(Stream.split));
  const half = count - Math.floor(count / 2);
  return { held: order.subarray(half), train: order.subarray(0, Math.min(train, half)) };
}
