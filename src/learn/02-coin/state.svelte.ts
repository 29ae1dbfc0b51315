import { choice, MAX_SEED, real, seed, startValues, type Values, whole } from '../state/params.ts';
import { chanceOf, flipsOf, likelihoodInterval, logLikelihood } from './coin.ts';

export const MAX_FLIPS = 2000;
/** Width of the interval that a visitor is asked to reach. */
export const NARROW = 0.1;
/** For which the text says how often the interval holds. */
export const USUAL_FLIPS = 100;
export const params = {
  flips: whole(10, 0, MAX_FLIPS),
  theta: real(0.3, 0.01, 0.99, 3),
  seed: seed(7),
  /** Whether the coin's own chance is shown. */
  revealed: choice('no', ['no', 'yes']),
} as const;

/** A coin whose chance of heads is not told, its flips so far, and the visitor's guess of the chance. */
export class Coin {
  readonly values: Values<typeof params>;
  readonly flips = $derived.by(() => flipsOf(this.values.seed, this.values.flips));
  readonly heads = $derived(this.flips.reduce((sum, flip) => sum + flip, 0));
  readonly tails = $derived(this.flips.length - this.heads);
  /** The maximum of the log-likelihood; without flips there is none. */
  readonly estimate = $derived(this.flips.length === 0 ? null : this.heads / this.flips.length);
  readonly interval = $derived(likelihoodInterval(this.heads, this.tails));

  constructor(values: Values<typeof params>) {
    this.values = values;
  }

  get chance(): number {
    return chanceOf(this.values.seed);
  }

  get revealed(): boolean {
    return this.values.revealed === 'yes';
  }

  /** log p of the flips in nats at a chance of heads. */
  at(theta: number): number {
    return logLikelihood(theta, this.heads, this.tails);
  }

  flip(times: number): void {
    this.values.flips = Math.min(MAX_FLIPS, this.values.flips + times);
  }

  /** Another coin, flipped as often as the first one at the start. */
  takeAnother(): void {
    Object.assign(this.values, { ...startValues(params), seed: (this.values.seed + 1) % (MAX_SEED + 1) });
  }
}
