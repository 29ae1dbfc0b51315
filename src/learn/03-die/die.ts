import { Categorical, fineUniform } from '../../data/categorical.ts';
import { indexRange } from '../../data/rng.ts';

/** Keys of the random numbers of the seed: the load of a die, its rolls, and samples from the fitted model. */
const [LOAD, ROLL, SAMPLE] = [0xd1e0, 0xd1e1, 0xd1e2];
/** Steps into which a guess divides the probability 1, so that guesses are whole numbers in links. */
export const STEPS = 10_000;

/**
 * Chances of the loaded die of a seed, [faces], sum 1. One face is rare, a tenth to a fifth of what a fair die gives it, so that a
 * few rolls seldom show it; the others are uneven.
 */
export function chancesOf(seed: number, faces: number): Float64Array {
  const u = (index: number): number => fineUniform(seed, LOAD, index);
  const rare = Math.floor(u(0) * faces);
  const rareChance = (0.1 + 0.1 * u(1)) / faces;
  const weights = Float64Array.from({ length: faces }, (_, face) =>
    face === rare ? 0 : 0.3 - Math.log(u(2 + face)),
  );
  const total = sum(weights);
  return weights.map((weight, face) => (face === rare ? rareChance : ((1 - rareChance) * weight) / total));
}

/** Rolls number `first` on, [count], faces 0 to k - 1: a function of the seed, so that more rolls begin with the same ones. */
export function rollsOf(seed: number, chances: Float64Array, count: number, first = 0): Uint32Array {
  return new Categorical(chances.map(Math.log)).draw(seed, ROLL, indexRange(first, count));
}

/** `count` samples from probabilities, [faces], which may be 0; the same random numbers at every p, so that samples move with it. */
export function samplesOf(seed: number, p: Float64Array, count: number): Uint32Array {
  return new Categorical(p.map(Math.log)).draw(seed, SAMPLE, indexRange(0, count));
}

/** How often each face came up, [faces]. */
export function countsOf(rolls: ArrayLike<number>, faces: number): Float64Array {
  const counts = new Float64Array(faces);
  for (let i = 0; i < rolls.length; i++) counts[rolls[i]]++;
  return counts;
}

/** log p of rolls in their order, in nats: the sum of n_j log p_j, where 0 log 0 is 0. Both [faces]. */
export function logLikelihood(p: ArrayLike<number>, counts: ArrayLike<number>): number {
  let nats = 0;
  for (let face = 0; face < counts.length; face++)
    if (counts[face] > 0) nats += counts[face] * Math.log(p[face]);
  return nats;
}

/**
 * The fitted probabilities, [faces]: `imagined` rolls of every face are added to the counts. 0 gives maximum likelihood, the shares;
 * 1 is Laplace's rule. Null where there is nothing to divide.
 */
export function fitted(counts: Float64Array, imagined: number): Float64Array | null {
  const total = sum(counts) + imagined * counts.length;
  return total > 0 ? counts.map((count) => (count + imagined) / total) : null;
}

export function equalShares(faces: number): Float64Array {
  return new Float64Array(faces).fill(1 / faces);
}

/** A guess from a link: k - 1 whole numbers of steps, the last face having what is left. Equal shares where the text is none. */
export function readGuess(text: string, faces: number): Float64Array {
  const steps = text === '' ? [] : text.split('.').map(Number);
  const left = STEPS - sum(steps);
  if (steps.length !== faces - 1 || !(left >= 0)) return equalShares(faces);
  return Float64Array.from([...steps, left], (each) => each / STEPS);
}

/** What `readGuess` reads back: a die of k faces is k - 1 numbers. */
export function writeGuess(guess: Float64Array): string {
  return Array.from(guess.subarray(0, -1), (p) => Math.round(p * STEPS)).join('.');
}

/** Who pays for what one face gains: the last face, or all others in proportion. */
export type Payer = 'last' | 'others';

/** The guess with the probability `to` of one face, in whole steps; the sum stays 1, whatever is asked for. */
export function moved(guess: Float64Array, face: number, to: number, payer: Payer): Float64Array {
  const last = guess.length - 1;
  if (payer === 'last') {
    if (face === last) return inSteps(guess.map((p) => STEPS * p));
    const free = guess[face] + guess[last];
    const own = Math.min(STEPS * free, Math.round(STEPS * clamp(to, 0, free)));
    const others = guess.map((p, each) => (each === face ? own : each === last ? 0 : STEPS * p));
    others[last] = Math.max(0, STEPS - sum(others));
    return inSteps(others);
  }
  const own = Math.round(STEPS * clamp(to, 0, 1));
  const rest = sum(guess) - guess[face];
  const scale = (p: number): number => (rest > 0 ? p / rest : 1 / last);
  const others = inSteps(
    guess.map((p, each) => (each === face ? 0 : (STEPS - own) * scale(p))),
    STEPS - own,
    face,
  );
  others[face] = own / STEPS;
  return others;
}

/** Amounts as whole steps with this sum, by largest remainders, as shares; `except` takes none. */
function inSteps(amounts: Float64Array, total = STEPS, except = -1): Float64Array {
  // A rounding error below a whole step is none.
  const whole = amounts.map((amount) => Math.floor(amount + 1e-7));
  const byRemainder = Array.from(amounts.keys())
    .filter((each) => each !== except)
    .sort((a, b) => amounts[b] - whole[b] - (amounts[a] - whole[a]) || a - b);
  const missing = total - sum(whole);
  for (let i = 0; i < missing; i++) whole[byRemainder[i % byRemainder.length]]++;
  return whole.map((each) => each / STEPS);
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
