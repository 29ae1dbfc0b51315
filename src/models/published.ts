/** What the file of a model that comes with the app says beyond its provenance: what was measured. Written by the command `publish`. */
import type { Binarisation } from '../data/binarisation.ts';
import { formatBinarisation, parseBinarisation } from '../data/binarise.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { NamedTensor, TensorFile } from '../data/safetensors.ts';
import type { Estimate } from './runs.ts';

export interface Published {
  /** Of the images that are measured. */
  readonly binarisation: Binarisation;
  /** Mean -log p in nats, of the weights as the file stores them. */
  readonly train: Estimate;
  readonly validation: Estimate;
  readonly test: Estimate;
  /** Sorted log p of the training images in nats, at evenly spaced quantiles, [1001]; see TrainOutcome.quantiles. */
  readonly quantiles: Float32Array<ArrayBuffer>;
}

/** Name of the tensor that holds them. */
export const QUANTILES = 'log_p_quantiles';

const ESTIMATES = ['train', 'validation', 'test'] as const;
/** The field whose presence says that a file has all of them. */
const FIRST = 'measured';

export function publishedMetadata(published: Published): Record<string, string> {
  return {
    [FIRST]: formatBinarisation(published.binarisation),
    ...Object.fromEntries(ESTIMATES.map((name) => [name, JSON.stringify(published[name])])),
  };
}

export function quantilesTensor({ quantiles }: Published): NamedTensor {
  return { name: QUANTILES, shape: [quantiles.length], values: quantiles, dtype: 'F32' };
}

/** Null where the file has no field of them. A reason names the field. */
export function publishedIn({ metadata, tensors }: TensorFile): Result<Published | null> {
  const tensor = tensors.find(({ name }) => name === QUANTILES);
  if (!Object.hasOwn(metadata, FIRST))
    return tensor ? fail(`${QUANTILES}: a file without "${FIRST}" has none`) : ok(null);
  const missing = ESTIMATES.find((field) => !Object.hasOwn(metadata, field));
  if (missing !== undefined) return fail(`${missing}: missing`);
  if (!tensor) return fail(`${QUANTILES}: the tensor is missing`);
  const quantiles = tensor.values;
  if (tensor.shape.length !== 1 || quantiles.length < 2) return fail(`${QUANTILES}: not two numbers or more`);
  if (quantiles.some((value, i) => i > 0 && value < quantiles[i - 1]))
    return fail(`${QUANTILES}: not in ascending order`);
  const binarisation = parseBinarisation(metadata[FIRST]);
  if (!binarisation.ok) return fail(`${FIRST}: ${binarisation.reason}`);
  const estimates: Partial<Record<(typeof ESTIMATES)[number], Estimate>> = {};
  for (const name of ESTIMATES) {
    const estimate = readEstimate(metadata[name]);
    if (!estimate) return fail(`${name}: not an estimate: nats, standardError and images, each a number`);
    estimates[name] = estimate;
  }
  const { train, validation, test } = estimates as Record<(typeof ESTIMATES)[number], Estimate>;
  return ok({ binarisation: binarisation.value, train, validation, test, quantiles });
}

function readEstimate(text: string): Estimate | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof json !== 'object' || json === null) return null;
  const { nats, standardError, images } = json as Partial<Record<keyof Estimate, unknown>>;
  const numbers = [nats, standardError, images];
  if (!numbers.every((value): value is number => typeof value === 'number' && Number.isFinite(value)))
    return null;
  return { nats: numbers[0], standardError: numbers[1], images: numbers[2] };
}
