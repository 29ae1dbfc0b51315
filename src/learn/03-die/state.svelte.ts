import { choice, MAX_SEED, real, seed, startValues, text, type Values, whole } from '../state/params.ts';
import {
  chancesOf,
  countsOf,
  equalShares,
  fitted,
  logLikelihood,
  moved,
  readGuess,
  rollsOf,
  samplesOf,
  writeGuess,
} from './die.ts';

export const MAX_ROLLS = 2000;
/** Further rolls of the same die, which no model has counted. */
export const FURTHER = 100;
export const MAX_IMAGINED = 5;

export const params = {
  faces: whole(6, 2, 12),
  rolls: whole(20, 0, MAX_ROLLS),
  guess: text('', /^(?:\d{1,5}(?:\.\d{1,5}){0,10})?$/),
  payer: choice('last', ['last', 'others']),
  seen: whole(20, 1, 200),
  imagined: real(0, 0, MAX_IMAGINED, 2),
  drawn: whole(20, 0, MAX_ROLLS),
  seed: seed(9),
  /** Whether the die's own chances are shown. */
  revealed: choice('no', ['no', 'yes']),
} as const;

/** A loaded die whose chances are not told, its rolls, the visitor's guess, and a model fitted to the first rolls. */
export class Die {
  readonly values: Values<typeof params>;
  readonly chances = $derived.by(() => chancesOf(this.values.seed, this.values.faces));
  readonly rolls = $derived.by(() => rollsOf(this.values.seed, this.chances, this.values.rolls));
  readonly counts = $derived.by(() => countsOf(this.rolls, this.values.faces));
  readonly guess = $derived.by(() => readGuess(this.values.guess, this.values.faces));
  /** The shares of the rolls, which maximise their likelihood; without rolls there are none. */
  readonly shares = $derived(fitted(this.counts, 0));
  readonly score = $derived(logLikelihood(this.guess, this.counts));
  readonly best = $derived(this.shares ? logLikelihood(this.shares, this.counts) : 0);

  /** Counts of the first rolls, from which the second figure's model is made. */
  readonly seenCounts = $derived.by(() =>
    countsOf(rollsOf(this.values.seed, this.chances, this.values.seen), this.values.faces),
  );
  /** Faces from 1 that these rolls never showed. */
  readonly missing = $derived([...this.seenCounts].flatMap((count, face) => (count === 0 ? [face + 1] : [])));
  readonly seenShares = $derived.by(() => fitted(this.seenCounts, 0) ?? equalShares(this.values.faces));
  readonly fit = $derived.by(() => fitted(this.seenCounts, this.values.imagined) ?? this.seenShares);
  readonly samples = $derived.by(() =>
    countsOf(samplesOf(this.values.seed, this.fit, this.values.drawn), this.values.faces),
  );
  readonly furtherCounts = $derived.by(() =>
    countsOf(rollsOf(this.values.seed, this.chances, FURTHER, MAX_ROLLS), this.values.faces),
  );
  /** log p of the further rolls under the fit, in nats; minus infinity where it excludes one of them. */
  readonly further = $derived(logLikelihood(this.fit, this.furtherCounts));
  /** The highest that any number of imagined rolls on the slider gives. */
  readonly bestFurther = $derived.by(() => {
    let best = -Infinity;
    for (let hundredths = 0; hundredths <= 100 * MAX_IMAGINED; hundredths += 5) {
      const fit = fitted(this.seenCounts, hundredths / 100);
      if (fit) best = Math.max(best, logLikelihood(fit, this.furtherCounts));
    }
    return best;
  });

  constructor(values: Values<typeof params>) {
    this.values = values;
  }

  get revealed(): boolean {
    return this.values.revealed === 'yes';
  }

  /** Gives a face of the guess another probability; the rest of the sum comes from the payer. */
  move(face: number, to: number): void {
    const payer = this.values.payer === 'others' ? 'others' : 'last';
    this.values.guess = writeGuess(moved(this.guess, face, to, payer));
  }

  roll(times: number): void {
    this.values.rolls = Math.min(MAX_ROLLS, this.values.rolls + times);
  }

  draw(times: number): void {
    this.values.drawn = Math.min(MAX_ROLLS, this.values.drawn + times);
  }

  /** Another die of as many faces, everything else as at the start. */
  takeAnother(): void {
    const { faces, payer } = this.values;
    const another = (this.values.seed + 1) % (MAX_SEED + 1);
    Object.assign(this.values, { ...startValues(params), faces, payer, seed: another });
  }
}
