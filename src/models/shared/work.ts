/** Weights of the estimates of work: see ScoringWork. */
import type { ScoringWork } from '../cpu-model.ts';

/** A sum, a product or a number read from a table. */
export const PLAIN = 0.1;
/** log(exp a + exp b), softplus, log-Bernoulli: an exponential and a logarithm. */
export const SOFTPLUS = 2;

/** The work of several models, one after the other. */
export function totalWork(each: readonly ScoringWork[]): ScoringWork {
  return {
    marginal: each.reduce((sum, { marginal }) => sum + marginal, 0),
    conditionals: each.reduce((sum, { conditionals }) => sum + conditionals, 0),
  };
}
