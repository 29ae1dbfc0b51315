/** What the file of a model that comes with the app says beyond its provenance: what was measured. Written by the command `publish`. */
import type { Accuracy } from '../data/accuracy.ts';
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
  /** Of a model that knows classes, and of no other. */
  readonly accuracy?: PublishedAccuracy;
  /**
   * log p in nats of the test digits with which drawings are compared, thresholded as a drawing is, in their order: see
   * data/unseen.ts. Missing in files of earlier versions.
   */
  readonly unseen?: Float32Array<ArrayBuffer>;
}

export interface PublishedAccuracy {
  readonly validation: Accuracy;
  readonly test: Accuracy;
}

/** Name of the tensor that holds the scores of unseen digits. */
const UNSEEN = 'log_p_unseen';
/** Its counterpart in files of earlier versions: quantiles of the scores of training images, which nothing reads. */
const QUANTILES = 'log_p_quantiles';
/** Tensors of a published file that are not the family's. */
export const PUBLISHED_TENSORS: ReadonlySet<string> = new Set([UNSEEN, QUANTILES]);
/** How far above 0 a score may be, in nats: rounding of f32. */
const ROUNDING = 1e-4;

const ESTIMATES = ['train', 'validation', 'test'] as const;
/** The fields of the accuracy. */
const ACCURACIES = { validation: 'validationAccuracy', test: 'testAccuracy' } as const;
/** The field whose presence says that a file has all of them. */
const FIRST = 'measured';

export function publishedMetadata(published: Published): Record<string, string> {
  return {
    [FIRST]: formatBinarisation(published.binarisation),
    ...Object.fromEntries(ESTIMATES.map((name) => [name, JSON.stringify(published[name])])),
    ...(published.accuracy && {
      [ACCURACIES.validation]: JSON.stringify(published.accuracy.validation),
      [ACCURACIES.test]: JSON.stringify(published.accuracy.test),
    }),
  };
}

export function publishedTensors({ unseen }: Published): NamedTensor[] {
  return unseen ? [{ name: UNSEEN, shape: [unseen.length], values: unseen, dtype: 'F32' }] : [];
}

/** Null where the file has no field of them. A reason names the field. */
export function publishedIn({ metadata, tensors }: TensorFile): Result<Published | null> {
  const measured = tensors.filter(({ name }) => PUBLISHED_TENSORS.has(name));
  if (!Object.hasOwn(metadata, FIRST))
    return measured.length > 0 ? fail(`${measured[0].name}: a file without "${FIRST}" has none`) : ok(null);
  const missing = ESTIMATES.find((field) => !Object.hasOwn(metadata, field));
  if (missing !== undefined) return fail(`${missing}: missing`);
  if (measured.length === 0) return fail(`${UNSEEN}: the tensor is missing`);
  const scores = measured.find(({ name }) => name === UNSEEN);
  if (scores && (scores.shape.length !== 1 || scores.values.length === 0))
    return fail(`${UNSEEN}: not a list of scores`);
  if (scores?.values.some((nats) => !(nats <= ROUNDING)))
    return fail(`${UNSEEN}: not logarithms of probabilities`);
  const binarisation = parseBinarisation(metadata[FIRST]);
  if (!binarisation.ok) return fail(`${FIRST}: ${binarisation.reason}`);
  const estimates: Partial<Record<(typeof ESTIMATES)[number], Estimate>> = {};
  for (const name of ESTIMATES) {
    const estimate = readEstimate(metadata[name]);
    if (!estimate) return fail(`${name}: not an estimate: nats, standardError and images, each a number`);
    estimates[name] = estimate;
  }
  const { train, validation, test } = estimates as Record<(typeof ESTIMATES)[number], Estimate>;
  const accuracy = accuracyIn(metadata);
  if (!accuracy.ok) return accuracy;
  return ok({
    binarisation: binarisation.value,
    train,
    validation,
    test,
    ...(accuracy.value && { accuracy: accuracy.value }),
    ...(scores && { unseen: scores.values }),
  });
}

/** Why a file says nothing of the accuracy that it must state, or states one that its model cannot have; null where neither. */
export function refuseAccuracy({ accuracy }: Published, knowsClasses: boolean): string | null {
  if (knowsClasses === (accuracy !== undefined)) return null;
  return knowsClasses
    ? `${ACCURACIES.validation}: missing: the model knows classes`
    : `${ACCURACIES.validation}: the model knows no classes`;
}

/** Null where the file states none. */
function accuracyIn(metadata: TensorFile['metadata']): Result<PublishedAccuracy | null> {
  const fields = Object.values(ACCURACIES);
  if (!fields.some((field) => Object.hasOwn(metadata, field))) return ok(null);
  const found: Accuracy[] = [];
  for (const field of fields) {
    if (!Object.hasOwn(metadata, field)) return fail(`${field}: missing`);
    const accuracy = readAccuracy(metadata[field]);
    if (!accuracy)
      return fail(
        `${field}: not an accuracy: share from 0 to 1, standardError of at least 0, and images, a whole number above 0`,
      );
    found.push(accuracy);
  }
  const [validation, test] = found;
  return ok({ validation, test });
}

function readAccuracy(text: string): Accuracy | null {
  const read = readNumbers(text, ['share', 'standardError', 'images']);
  if (!read) return null;
  const { share, standardError, images } = read;
  const sound =
    share >= 0 && share <= 1 && standardError >= 0 && standardError <= 1 && Number.isInteger(images);
  return sound && images > 0 ? { share, standardError, images } : null;
}

/** Null where the text is none. */
export function readEstimate(text: string): Estimate | null {
  const read = readNumbers(text, ['nats', 'standardError', 'images']);
  return read && { nats: read.nats, standardError: read.standardError, images: read.images };
}

/** The numbers of a JSON object under these names; null where one of them is missing or no finite number. */
function readNumbers<const Name extends string>(
  text: string,
  names: readonly Name[],
): Record<Name, number> | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof json !== 'object' || json === null) return null;
  const values = json as Partial<Record<Name, unknown>>;
  const sound = names.every((name) => typeof values[name] === 'number' && Number.isFinite(values[name]));
  return sound ? (values as Record<Name, number>) : null;
}
