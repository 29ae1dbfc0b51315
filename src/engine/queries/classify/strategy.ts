/** By which of several ways p(known pixels | y) is computed. */
import { type KnownPixels, knownComeFirst, unknownPixels } from '../../../data/known-pixels.ts';
import { type PackedImages, pixelCount } from '../../../data/images.ts';
import { fail, ok, type Result } from '../../../data/result.ts';
import { SOFTPLUS, totalWork } from '../../../models/shared/work.ts';
import type { CpuModel, FamilyMarginal } from '../../../models/cpu-model.ts';

/** The model of one class. */
export interface ClassModel {
  readonly cpu: CpuModel;
  /** The order in which its conditionals multiply to p(x | y), [n]; null for an ensemble over several orders. */
  readonly order: Uint32Array | null;
}

export interface ClassModels {
  /** [CLASSES] */
  readonly models: readonly ClassModel[];
  /** See `latentDrawnFirst`. */
  readonly latent: string | null;
}

/**
 * How p(known | y) is computed. `prefix`: the known pixels come first in the order, and their conditionals multiply. `whole`: no
 * pixel is unknown, and the image is scored. `enumerated`: a sum over all completions. `sampled`: a mean over sampled ones.
 * `marginal`: exact inference by the family.
 */
export type Strategy = 'prefix' | 'whole' | 'marginal' | 'enumerated' | 'sampled';

/** Sampled completions of every class. */
export const SAMPLES = 64;
/** Most unknown pixels whose completions are enumerated: 2^10 completions of a small image, SAMPLES of a large one. */
const MAX_ENUMERATED = { small: 10, large: Math.log2(SAMPLES) };
const SMALL_PIXELS = 64;

/**
 * The best strategy with these pixels known; a sentence where there is none. `wanted` says whether log p(known | y) is enough or what every
 * pixel adds to it is wanted too: the conditionals of one image give both, and are then less work than a marginal for every pixel.
 */
export function strategyOf(
  { models, latent }: ClassModels,
  known: PackedImages,
  wanted: 'sum' | 'contributions',
): Result<Strategy> {
  const n = pixelCount(known.grid);
  const unknown = unknownPixels({ known }).length;
  const chained = models.every(({ order }) => order !== null);
  if (unknown === 0 && (!chained || wanted === 'sum')) return ok('whole');
  const marginals = models.map(({ cpu }) => cpu.marginal).filter((marginal) => marginal !== undefined);
  const exact = marginals.length === models.length;
  if (models.every(({ order }) => order !== null && knownComeFirst(order, { known })))
    return ok(exact && wanted === 'sum' && marginalIsLess(marginals, known) ? 'marginal' : 'prefix');
  if (exact) return ok('marginal');
  if (unknown <= (n <= SMALL_PIXELS ? MAX_ENUMERATED.small : MAX_ENUMERATED.large)) return ok('enumerated');
  if (!chained)
    return fail('An ensemble over several orders has no chain rule: it cannot classify with pixels hidden');
  if (latent !== null)
    return fail(
      `It draws ${latent} unseen, so its samples cannot be weighted: it cannot classify with pixels hidden`,
    );
  return ok('sampled');
}

/** Whether the marginal is less work than the conditionals with the sum over the known ones. */
function marginalIsLess(marginals: readonly FamilyMarginal[], known: PackedImages): boolean {
  const { marginal, conditionals } = totalWork(marginals.map((each) => each.work(known)));
  const summed = pixelCount(known.grid) - unknownPixels({ known }).length;
  return marginal < conditionals + marginals.length * SOFTPLUS * summed;
}

/** A sentence on the treatment of unknown pixels. `effective` is the effective number of samples of the likeliest class. */
export function describeStrategy(
  strategy: Strategy,
  { models }: ClassModels,
  knownPixels: KnownPixels,
  effective: number,
): string {
  const unknown = unknownPixels(knownPixels).length;
  if (unknown === 0)
    return strategy === 'whole'
      ? 'Every pixel is seen. The model averages over several orders, so its score is no sum over pixels.'
      : 'Every pixel is seen.';
  switch (strategy) {
    case 'marginal':
      return `Hidden pixels are summed over exactly: ${models[0].cpu.marginal!.how}.`;
    case 'enumerated':
      return `Hidden pixels are summed over exactly: all 2^${unknown} ways to fill them are added up.`;
    case 'sampled':
      return `Hidden pixels are filled ${SAMPLES} times for every class by the class's own model, each weighted by how well the known pixels then fit. The samples of the likeliest class are worth ${effective.toFixed(1)} of equal weight.`;
    default:
      return 'Hidden pixels come last in its order: the chain rule ends before them, which sums over them exactly.';
  }
}
