import { type KnownPixels, unknownPixels } from '../../data/known-pixels.ts';
import { getPixel, pixelCount } from '../../data/images.ts';
import type { CompletionMethod, CompletionMethodInfo } from '../../engine/queries/api.ts';
import { count } from '../format.ts';
import type { ReadingOrder } from '../compare/reading-order.ts';

/** In the order of display. */
export const METHODS: readonly { readonly id: CompletionMethod; readonly label: string }[] = [
  { id: 'exact', label: 'Exact' },
  { id: 'forward', label: 'Forward' },
  { id: 'importance', label: 'Importance' },
  { id: 'gibbs', label: 'Gibbs' },
];
/** Best first. Forward sampling is last: it ignores known pixels that the others weigh. */
const PREFERENCE: readonly CompletionMethod[] = ['exact', 'importance', 'gibbs', 'forward'];

/** The wanted method where it is available, else an exact one, else the first of PREFERENCE. Null where none is available. */
export function bestMethod(
  infos: readonly CompletionMethodInfo[],
  wanted: CompletionMethod | null,
): CompletionMethodInfo | null {
  const ranked = PREFERENCE.flatMap((method) => infos.filter((each) => each.method === method)).filter(
    (each) => each.available,
  );
  return (
    ranked.find((each) => each.method === wanted) ?? ranked.find((each) => each.exact) ?? ranked.at(0) ?? null
  );
}

/** Number of known pixels, and of those that come after the first hidden one in the order: forward sampling ignores them. */
export interface OverlookedPixels {
  readonly known: number;
  /** Null where the order differs from image to image. */
  readonly late: number | null;
}

export function overlookedPixels(knownPixels: KnownPixels, order: ReadingOrder): OverlookedPixels {
  const n = pixelCount(knownPixels.known.grid);
  const { places } = order;
  const unknown = unknownPixels(knownPixels);
  const known = n - unknown.length;
  if (!places) return { known, late: null };
  const first = unknown.reduce((least, pixel) => Math.min(least, places[pixel]), n);
  let late = 0;
  for (let pixel = 0; pixel < n; pixel++)
    if (getPixel(knownPixels.known, 0, pixel) && places[pixel] > first) late++;
  return { known, late };
}

/** Tells the visitor what forward sampling ignores. */
export function describeOverlooked({ known, late }: OverlookedPixels): string {
  if (known === 0) return 'No pixel is known, so there is none to overlook: these are samples of the model.';
  if (late === null)
    return 'The trap: the model has several orders. Going on (Forward) keeps the known pixels, but ignores those that come later in an image’s own order.';
  if (late === 0)
    return 'No trap here: all known pixels come before the hidden ones in the model’s order, so going on (Forward) overlooks none of them.';
  return (
    `The trap: going on (Forward) keeps the known pixels, but ${count(late)} of ${count(known)} come after the first ` +
    'hidden one in the model’s order. Hidden pixels before them are drawn as if these were not known.'
  );
}

/**
 * Mean total variation between the empirical distribution of `drawn` images and their own distribution, where that is uniform over
 * 2^unknown images; less where it is not. From E|share - p| of a binomial, normally approximated.
 */
export function expectedNoise(unknown: number, drawn: number): number {
  return Math.sqrt(2 ** unknown / (2 * Math.PI * drawn));
}
