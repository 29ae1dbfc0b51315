import type { Binarisation } from '../data/binarisation.ts';
import { formatBinarisation, parseBinarisation } from '../data/binarise.ts';
import { type Grid, MAX_SIDE } from '../data/images.ts';
import { duplicateKey } from '../data/json-keys.ts';
import { fail, ok, type Result } from '../data/result.ts';
import {
  decodeSafetensors,
  type Dtype,
  encodeSafetensors,
  headerOf,
  type TensorFile,
  withHeader,
} from '../data/safetensors.ts';
import { Fields, shown } from './metadata-fields.ts';
import { checkHyper, findFamily, needsLabels, valueIn } from './registry.ts';
import {
  type Published,
  PUBLISHED_TENSORS,
  publishedIn,
  publishedMetadata,
  publishedTensors,
  readEstimate,
  refuseAccuracy,
} from './published.ts';
import type { Estimate, TargetKind } from './runs.ts';
import type { FamilySpec, TensorShape } from './family-spec.ts';
import type { Hyper, Model, Tensors } from './model.ts';
import { refuseTensors } from './validation.ts';

/** Goes up when a reader of today could misread the file. */
const FORMAT = '1';

/** Where a model comes from: what its numbers depend on. */
export interface Provenance {
  /** Name of the data set. */
  readonly dataset: string;
  /** Images that it was trained on. */
  readonly images: number;
  readonly binarisation: Binarisation;
  /** Missing where there was nothing to choose, and in files from before there was. */
  readonly targets?: TargetKind;
  readonly seed: number;
  /** A fraction where the run was stopped within an epoch. */
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  readonly backend: 'cpu' | 'webgpu';
  /** The command line that trained it, without folders: "train --family nade --images ...". */
  readonly command?: string;
  /** The machine that trained it: "AMD EPYC Processor, 2 cores". */
  readonly machine?: string;
  /** SHA-256 of the data set's images as an IDX file that is not packed, in 64 hexadecimal digits. */
  readonly datasetSha256?: string;
  /** Version of Inkling that trained it. */
  readonly version?: string;
  /** Mean -log p in nats that the run ended with, of images that it learnt from, and of those held back. Of a published file: see there. */
  readonly train?: Estimate;
  readonly validation?: Estimate;
}

/** Fields of a provenance that a file may leave out: texts, and estimates. */
const OPTIONAL = ['command', 'machine', 'datasetSha256', 'version'] as const;
const ESTIMATES = ['train', 'validation'] as const;

/** What a file holds beside the numbers of its model, so that the same bytes can be written again. */
export interface FileFrame {
  /** All of it but the numbers of the tensors. */
  readonly header: Uint8Array<ArrayBuffer>;
  /** Tensors that are not the family's. */
  readonly others: Tensors;
}

export interface ModelFile {
  readonly model: Model;
  readonly provenance: Provenance;
  /** Of a model that comes with the app. */
  readonly published?: Published;
}

/**
 * A model as a safetensors file: one tensor for each of the family's, everything else as metadata. Equal
 * models give equal bytes. Throws for a model of an unknown family or with tensors of another shape, and RangeError for a weight
 * beyond the range of half precision where `dtype` asks for that.
 */
export function encodeModel(
  { model, provenance, published }: ModelFile,
  dtype: Dtype = 'F32',
): Uint8Array<ArrayBuffer> {
  const spec = findFamily(model.family);
  if (!spec) throw new Error(`family: "${model.family}" is unknown`);
  const tensors = spec.tensors(model.grid, model.hyper).map(({ name, shape }) => {
    const values = model.tensors[name];
    if (!(values instanceof Float32Array)) throw new Error(`${model.family}.${name}: missing`);
    return { name, shape, values, dtype };
  });
  return encodeSafetensors({
    tensors: published ? [...tensors, ...publishedTensors(published)] : tensors,
    metadata: metadataOf({ model, provenance, ...(published && { published }) }),
  });
}

/** Everything about a model but its numbers, as texts: the metadata of its file. Throws for a model of an unknown family. */
export function metadataOf({ model, provenance, published }: ModelFile): Record<string, string> {
  const spec = findFamily(model.family);
  if (!spec) throw new Error(`family: "${model.family}" is unknown`);
  return {
    format: FORMAT,
    family: model.family,
    width: String(model.grid.width),
    height: String(model.grid.height),
    hyper: JSON.stringify(
      Object.fromEntries(spec.hyperparameters.map((p) => [p.name, valueIn(model.hyper, p)])),
    ),
    dataset: provenance.dataset,
    images: String(provenance.images),
    binarisation: formatBinarisation(provenance.binarisation),
    ...(provenance.targets ? { targets: provenance.targets } : {}),
    seed: String(provenance.seed),
    epochs: String(provenance.epochs),
    steps: String(provenance.steps),
    seconds: String(provenance.seconds),
    backend: provenance.backend,
    ...Object.fromEntries(OPTIONAL.flatMap((name) => (provenance[name] ? [[name, provenance[name]]] : []))),
    ...(published
      ? publishedMetadata(published)
      : Object.fromEntries(
          ESTIMATES.flatMap((name) => {
            const estimate = provenance[name];
            return isKnown(estimate) ? [[name, JSON.stringify(estimate)]] : [];
          }),
        )),
  };
}

/**
 * Reads a model file from any source: the family must be known, its hyper-parameters in range, its tensors
 * exactly those that the family has on that grid. A reason reads "file: field: what is wrong".
 */
export function decodeModel(bytes: Uint8Array, name: string): Result<ModelFile> {
  const opened = openModel(bytes, name);
  return opened.ok ? ok(opened.value.file) : opened;
}

/** The same, with what is needed to write the file again. */
export function openModel(
  bytes: Uint8Array,
  name: string,
): Result<{ readonly file: ModelFile; readonly frame: FileFrame }> {
  const raw = decodeSafetensors(bytes, name);
  if (!raw.ok) return raw;
  const read = readModel(raw.value);
  if (!read.ok) return fail(`${name}: ${read.reason}`);
  const own = read.value.model.tensors;
  const others = raw.value.tensors.filter((tensor) => !Object.hasOwn(own, tensor.name));
  const frame = {
    header: headerOf(bytes),
    others: Object.fromEntries(others.map((tensor) => [tensor.name, tensor.values])),
  };
  return ok({ file: read.value, frame });
}

/** The bytes of a file that `openModel` has read: those that it had. */
export function encodeOpened(
  tensors: Tensors,
  { header, others }: FileFrame,
): Result<Uint8Array<ArrayBuffer>> {
  return withHeader(header, { ...tensors, ...others });
}

function readModel(file: TensorFile): Result<ModelFile> {
  const fields = new Fields(file.metadata);
  const format = fields.text('format');
  if (fields.problem() !== null) return fail('format: missing: not a model of Inkling');
  if (format !== FORMAT) return fail(`format: ${shown(format)} is not ${FORMAT}: made by another version`);
  const family = fields.text('family');
  const width = fields.number('width', MAX_SIDE);
  const height = fields.number('height', MAX_SIDE);
  const hyperText = fields.text('hyper');
  const dataset = fields.text('dataset');
  const images = fields.number('images');
  const binarisation = parseBinarisation(fields.text('binarisation'));
  const seed = fields.number('seed', 0xffffffff);
  const epochs = fields.number('epochs', Number.MAX_VALUE, false);
  const steps = fields.number('steps');
  const seconds = fields.number('seconds', Number.MAX_VALUE, false);
  const backend = fields.text('backend');
  const targets = fields.has('targets') ? fields.text('targets') : null;
  const problem = fields.problem();
  if (problem !== null) return fail(problem);
  if (!binarisation.ok) return binarisation;
  if (backend !== 'cpu' && backend !== 'webgpu')
    return fail(`backend: ${shown(backend)} is neither cpu nor webgpu`);
  if (targets !== null && targets !== 'soft' && targets !== 'sampled')
    return fail(`targets: ${shown(targets)} is neither soft nor sampled`);

  const spec = findFamily(family);
  if (!spec) return fail(`family: ${shown(family)} is unknown`);
  if (width < 1) return fail('width: 0 pixels');
  if (height < 1) return fail('height: 0 pixels');
  const grid: Grid = { width, height };
  const hyper = readHyper(spec, hyperText);
  if (!hyper.ok) return fail(`hyper: ${hyper.reason}`);
  const refused = spec.refuses?.(grid, hyper.value) ?? null;
  if (refused !== null) return fail(refused);
  const published = publishedIn(file);
  if (!published.ok) return published;
  const unfit =
    published.value && refuseAccuracy(published.value, needsLabels({ family, hyper: hyper.value }));
  if (unfit !== null) return fail(unfit);
  const estimates = published.value ? ok({}) : readEstimates(fields);
  if (!estimates.ok) return estimates;
  const tensors = readTensors(file, spec.tensors(grid, hyper.value));
  if (!tensors.ok) return tensors;
  const unusable = refuseTensors(spec, grid, hyper.value, tensors.value);
  if (unusable !== null) return fail(unusable);
  return ok({
    model: { family, grid, hyper: hyper.value, tensors: tensors.value },
    provenance: {
      dataset,
      images,
      binarisation: binarisation.value,
      ...(targets === null ? {} : { targets }),
      seed,
      epochs,
      steps,
      seconds,
      backend,
      ...Object.fromEntries(OPTIONAL.flatMap((name) => fields.optional(name))),
      ...estimates.value,
    },
    ...(published.value && { published: published.value }),
  });
}

/** One that was measured: a run that diverged ends without, and so does a file that states none. */
function isKnown(estimate: Estimate | undefined): estimate is Estimate {
  return estimate !== undefined && Number.isFinite(estimate.nats) && Number.isFinite(estimate.standardError);
}

/** Those that the file states. */
function readEstimates(fields: Fields): Result<Pick<Provenance, (typeof ESTIMATES)[number]>> {
  const found: Partial<Record<(typeof ESTIMATES)[number], Estimate>> = {};
  for (const name of ESTIMATES) {
    if (!fields.has(name)) continue;
    const estimate = readEstimate(fields.text(name));
    if (!estimate) return fail(`${name}: not an estimate: nats, standardError and images, each a number`);
    found[name] = estimate;
  }
  return ok(found);
}

function readHyper(spec: FamilySpec, text: string): Result<Hyper> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fail('is not JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return fail('is not a JSON object');
  const twice = duplicateKey(text);
  if (twice !== null) return fail(`the key ${shown(twice)} stands there twice`);
  const hyper: Record<string, number> = {};
  for (const [name, value] of Object.entries(json)) {
    if (!spec.hyperparameters.some((p) => p.name === name))
      return fail(`${shown(name)} is unknown to ${spec.id}`);
    if (typeof value !== 'number') return fail(`${shown(name)} is not a number`);
    hyper[name] = value;
  }
  for (const p of spec.hyperparameters) {
    if (Object.hasOwn(hyper, p.name)) continue;
    if (p.beforeItExisted === undefined) return fail(`${p.name}: missing`);
    hyper[p.name] = p.beforeItExisted;
  }
  const wrong = checkHyper(spec, hyper);
  return wrong === null ? ok(hyper) : fail(wrong);
}

function readTensors(file: TensorFile, expected: readonly TensorShape[]): Result<Model['tensors']> {
  const surplus = file.tensors.find(
    ({ name }) => !PUBLISHED_TENSORS.has(name) && !expected.some((tensor) => tensor.name === name),
  );
  if (surplus) return fail(`${shown(surplus.name)}: a tensor that the family does not have`);
  const tensors: Record<string, Float32Array<ArrayBuffer>> = {};
  for (const { name, shape } of expected) {
    const found = file.tensors.find((tensor) => tensor.name === name);
    if (!found) return fail(`${name}: the tensor is missing`);
    if (found.shape.length !== shape.length || found.shape.some((side, i) => side !== shape[i]))
      return fail(`${name}: shape: [${found.shape.join(', ')}] is not [${shape.join(', ')}]`);
    tensors[name] = found.values;
  }
  return ok(tensors);
}
