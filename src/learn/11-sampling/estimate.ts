/** A mixture of two components with even weights, by what each says of one image x: p(x | component). */
export interface TwoComponents {
  readonly high: number;
  readonly low: number;
}

/** One value that an estimate can take, with its probability. */
export interface Outcome {
  readonly estimate: number;
  readonly probability: number;
}

/**
 * The Monte Carlo estimate of p(x): components are drawn `draws` times, and their p(x | component) are averaged. All values that
 * it can take, by how often the first component was drawn, [draws + 1], with their exact binomial probabilities.
 */
export function outcomesOf({ high, low }: TwoComponents, draws: number): readonly Outcome[] {
  let logBinomial = -draws * Math.LN2;
  return Array.from({ length: draws + 1 }, (_, highs) => {
    if (highs > 0) logBinomial += Math.log((draws - highs + 1) / highs);
    return { estimate: (highs * high + (draws - highs) * low) / draws, probability: Math.exp(logBinomial) };
  });
}

/** The mean of the estimate. */
export function meanOf(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((sum, { estimate, probability }) => sum + probability * estimate, 0);
}

/** The mean of the estimate's logarithm, in nats. */
export function meanLogOf(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((sum, { estimate, probability }) => sum + probability * Math.log(estimate), 0);
}
