import { type Evidence, unknownPixels } from '../data/evidence.ts';
import { getPixel, type PackedImages, pixelCount } from '../data/images.ts';
import type { CompletionMethod, CompletionOffer } from '../engine/asks.ts';
import { count, plural } from './format.ts';
import type { ReadingOrder } from './reading-order.ts';

/** In the order in which they stand beside each other. */
export const METHODS: readonly { readonly id: CompletionMethod; readonly label: string }[] = [
  { id: 'exact', label: 'Exact' },
  { id: 'forward', label: 'Forward' },
  { id: 'importance', label: 'Importance' },
  { id: 'gibbs', label: 'Gibbs' },
];
/** Where none is exact: forward sampling comes last, for it looks away from what the others weigh. */
const BY_MERIT: readonly CompletionMethod[] = ['exact', 'importance', 'gibbs', 'forward'];

/** The wanted method where it is available, else the best that is: an exact one if there is any. Null where there is none. */
export function bestOffer(
  offers: readonly CompletionOffer[],
  wanted: CompletionMethod | null,
): CompletionOffer | null {
  const ranked = BY_MERIT.flatMap((method) => offers.filter((each) => each.method === method)).filter(
    (each) => each.available,
  );
  return (
    ranked.find((each) => each.method === wanted) ?? ranked.find((each) => each.exact) ?? ranked.at(0) ?? null
  );
}

/** Given pixels, and how many of them come after the first hidden one: the hidden pixel was drawn without them. */
export interface Blindness {
  readonly given: number;
  /** Null where the order differs from image to image. */
  readonly late: number | null;
}

export function blindness(evidence: Evidence, order: ReadingOrder): Blindness {
  const n = pixelCount(evidence.known.grid);
  const { places } = order;
  const unknown = unknownPixels(evidence);
  const given = n - unknown.length;
  if (!places) return { given, late: null };
  const first = unknown.reduce((least, pixel) => Math.min(least, places[pixel]), n);
  let late = 0;
  for (let pixel = 0; pixel < n; pixel++)
    if (getPixel(evidence.known, 0, pixel) && places[pixel] > first) late++;
  return { given, late };
}

/** What forward sampling did not look at. */
export function describeBlindness({ given, late }: Blindness): string {
  if (given === 0) return 'Nothing is given, so there is nothing to overlook.';
  if (late === null)
    return (
      'Forward sampling keeps the given pixels but goes on blindly: ' +
      'every image has an order of its own, and given pixels that come later in it were ignored.'
    );
  if (late === 0)
    return 'All given pixels come before the hidden ones in the model’s order: none was ignored.';
  return (
    `Forward sampling keeps the given pixels but goes on blindly: ${count(late)} of ${plural(given, 'given pixel')} ` +
    `${late === 1 ? 'comes' : 'come'} after the first hidden one in the model’s order, so hidden pixels before ` +
    `${late === 1 ? 'it were' : 'them were'} drawn as if ${late === 1 ? 'it were' : 'they were'} not there.`
  );
}

/** Share of the images in which each pixel is ink, [n]. */
export function inkShares(images: PackedImages): Float32Array<ArrayBuffer> {
  const n = pixelCount(images.grid);
  const shares = new Float32Array(n);
  for (let image = 0; image < images.count; image++)
    for (let pixel = 0; pixel < n; pixel++) shares[pixel] += getPixel(images, image, pixel);
  return shares.map((sum) => sum / images.count);
}

/**
 * Mean total variation between a share of `drawn` images and what they were drawn from, where that is spread evenly over
 * 2^unknown images; less where it is not. From E|share - p| of a binomial, normally approximated.
 */
export function expectedNoise(unknown: number, drawn: number): number {
  return Math.sqrt(2 ** unknown / (2 * Math.PI * drawn));
}
