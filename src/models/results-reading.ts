import { parseBinarisation } from '../data/binarise.ts';
import { cleanText } from '../data/clean-text.ts';
import { type Grid, MAX_SIDE } from '../data/images.ts';
import { duplicateKey } from '../data/json-keys.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { FamilySpec } from './family-spec.ts';
import type { Hyper } from './model.ts';
import { checkHyper, findFamily } from './registry.ts';
import { MAX_NATS, MAX_RUNS, RESULTS_FORMAT, RESULTS_VERSION, type ResultRun } from './results.ts';

/** Bytes of a file of results, at most. */
export const MAX_RESULT_BYTES = 64 << 20;
const MAX_IMAGES = 1_000_000_000;
const MAX_TEXT = 400;

/** Reads a file of results from any source. A reason reads "file: field: what is wrong". */
export function readResults(bytes: Uint8Array, name: string): Result<readonly ResultRun[]> {
  const listed = listRuns(bytes, name);
  if (!listed.ok) return listed;
  const runs: ResultRun[] = [];
  for (const [at, value] of listed.value.entries()) {
    const run = readRun(value, at);
    if (!run.ok) return fail(`${name}: ${run.reason}`);
    runs.push(run.value);
  }
  return ok(runs);
}

/** The runs of a file, not yet read: `readRun` reads each of them. */
export function listRuns(bytes: Uint8Array, name: string): Result<readonly unknown[]> {
  if (bytes.length > MAX_RESULT_BYTES)
    return fail(`${name}: exceeds the limit of ${MAX_RESULT_BYTES >> 20} MiB: name a smaller file`);
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    json = JSON.parse(text);
  } catch {
    return fail(`${name}: is not JSON in UTF-8: no results of Inkling, or damaged`);
  }
  if (!isObject(json) || json.format !== RESULTS_FORMAT)
    return fail(`${name}: format: is not "${RESULTS_FORMAT}": no results of Inkling`);
  if (json.version !== RESULTS_VERSION)
    return fail(`${name}: version: is not ${RESULTS_VERSION}: made by another version of Inkling`);
  const twice = duplicateKey(text);
  if (twice !== null) return fail(`${name}: the key ${quoted(twice)} stands twice in one object`);
  const unknown = Object.keys(json).find((key) => !['format', 'version', 'runs'].includes(key));
  if (unknown !== undefined) return fail(`${name}: ${quoted(unknown)}: is no field of results`);
  const { runs } = json;
  if (!Array.isArray(runs)) return fail(`${name}: runs: is not a list`);
  if (runs.length > MAX_RUNS)
    return fail(
      `${name}: runs: ${runs.length} of them, more than ${MAX_RUNS}: divide them among several files`,
    );
  return ok(runs as unknown[]);
}

/** One run; `at` is its place in the file, which a reason begins with. */
export function readRun(value: unknown, at: number): Result<ResultRun> {
  const fields = new Fields(value, `runs[${at}]`);
  const name = fields.textOrNull('name');
  const family = fields.text('family');
  const hyper = fields.objectOrNull('hyper');
  const sides = fields.object('grid');
  const grid = { width: sides.number('width', 1, MAX_SIDE), height: sides.number('height', 1, MAX_SIDE) };
  const parameters = fields.number('parameters', 0, Number.MAX_VALUE, false);
  const set = fields.object('dataset');
  const dataset = {
    id: set.text('id'),
    name: set.text('name'),
    revision: set.number('revision'),
    images: set.number('images', 0, MAX_IMAGES),
  };
  const binarisation = parseBinarisation(fields.text('binarisation'));
  const how = fields.text('how', true);
  const seed = fields.isNull('seed') ? null : fields.number('seed', 0, 0xffffffff);
  const backend = fields.text('backend');
  const machine = fields.text('machine', true);
  const epochs = fields.number('epochs', 0, Number.MAX_SAFE_INTEGER, false);
  const seconds = fields.number('seconds', 0, Number.MAX_SAFE_INTEGER, false);
  const diverged = fields.boolean('diverged');
  const train = estimateIn(fields.object('train'));
  const [validation, test] = (['validation', 'test'] as const).map((field) => {
    const estimate = fields.objectOrNull(field);
    return estimate && estimateIn(estimate);
  });
  const right = fields.objectOrNull('accuracy');
  const accuracy = right && {
    share: right.number('share', 0, 1, false),
    standardError: right.number('standardError', 0, 1, false),
    images: right.number('images', 1, MAX_IMAGES),
  };
  // Asked for where it is there, so that its fields are read.
  const own = hyper && hyper.numbers();
  const problem = fields.problem() ?? fields.surplus();
  if (problem !== null) return fail(problem);
  if (!binarisation.ok) return fail(`runs[${at}].${binarisation.reason}`);
  if (backend !== 'cpu' && backend !== 'webgpu')
    return fail(`runs[${at}].backend: ${quoted(backend)} is neither cpu nor webgpu`);
  const spec = findFamily(family);
  if (!spec) return fail(`runs[${at}].family: ${quoted(family)} is unknown`);
  if (hyper === null && name === null) return fail(`runs[${at}].name: missing, where there is no hyper`);
  const refused = own && refuseHyper(spec, grid, parameters, own);
  if (refused !== null) return fail(`runs[${at}].${refused}`);
  const of = { name, family, hyper: own, grid, parameters, dataset };
  const where = { binarisation: binarisation.value, how, seed, backend, machine } as const;
  return ok({ ...of, ...where, epochs, seconds, diverged, train, validation, test, accuracy });
}

function estimateIn(fields: Fields) {
  const nats = fields.number('nats', -MAX_NATS, MAX_NATS, false);
  const standardError = fields.number('standardError', 0, MAX_NATS, false);
  return { nats, standardError, images: fields.number('images', 1, MAX_IMAGES) };
}

/** Why these are not all hyper-parameters of the family and no others, or the number of parameters does not follow from them. */
function refuseHyper(spec: FamilySpec, grid: Grid, parameters: number, hyper: Hyper): string | null {
  const foreign = Object.keys(hyper).find((key) => !spec.hyperparameters.some(({ name }) => name === key));
  if (foreign !== undefined) return `hyper: ${quoted(foreign)} is unknown to ${spec.id}`;
  const wrong = checkHyper(spec, hyper) ?? spec.refuses?.(grid, hyper) ?? null;
  if (wrong !== null) return `hyper.${wrong}`;
  const expected = spec.parameterCount(grid, hyper);
  return parameters === expected ? null : `parameters: ${parameters}, but such a model has ${expected}`;
}

/** Values read field by field from a JSON object; the first problem of it or of an object inside is kept. */
class Fields {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #problems: string[];
  readonly #read = new Set<string>();
  readonly #inside: Fields[] = [];

  constructor(value: unknown, path: string, problems: string[] = []) {
    this.#path = path;
    this.#problems = problems;
    if (!isObject(value)) this.#problems.push(`${path}: is not an object`);
    this.#value = isObject(value) ? value : {};
  }

  problem(): string | null {
    return this.#problems.at(0) ?? null;
  }

  /** A field that was not asked for, here or in an object inside; null where there is none. */
  surplus(): string | null {
    const key = Object.keys(this.#value).find((each) => !this.#read.has(each));
    if (key !== undefined) return `${this.#path}: ${quoted(key)} is no field of a result`;
    return this.#inside.map((each) => each.surplus()).find((each) => each !== null) ?? null;
  }

  isNull(field: string): boolean {
    return this.#own(field) === null;
  }

  /** Text without control characters, of MAX_TEXT characters at most. */
  text(field: string, mayBeEmpty = false): string {
    const value = this.#own(field);
    if (typeof value !== 'string') return this.#refuse(field, value, 'is not a text', '');
    if (value !== cleanText(value, MAX_TEXT))
      return this.#refuse(
        field,
        value,
        `is longer than ${MAX_TEXT} characters or has some that are not shown`,
        '',
      );
    return value === '' && !mayBeEmpty ? this.#refuse(field, value, 'is empty', '') : value;
  }

  textOrNull(field: string): string | null {
    return this.isNull(field) ? null : this.text(field);
  }

  boolean(field: string): boolean {
    const value = this.#own(field);
    return typeof value === 'boolean'
      ? value
      : this.#refuse(field, value, 'is neither true nor false', false);
  }

  number(field: string, min = 0, max = Number.MAX_SAFE_INTEGER, whole = true): number {
    const value = this.#own(field);
    if (typeof value !== 'number') return this.#refuse(field, value, 'is not a number', min);
    if (!(value >= min && value <= max))
      return this.#refuse(field, value, `${value} is outside ${min} to ${max}`, min);
    // -0 is written as 0.
    return whole && !Number.isInteger(value)
      ? this.#refuse(field, value, `${value} is not a whole number`, min)
      : value + 0;
  }

  object(field: string): Fields {
    const value = this.#own(field);
    if (value === undefined) this.#refuse(field, value, '', null);
    const inside = new Fields(value, `${this.#path}.${field}`, this.#problems);
    this.#inside.push(inside);
    return inside;
  }

  objectOrNull(field: string): Fields | null {
    return this.isNull(field) ? null : this.object(field);
  }

  /** The whole object, all of whose values are numbers. */
  numbers(): Readonly<Record<string, number>> {
    const keys = Object.keys(this.#value);
    return Object.fromEntries(keys.map((key) => [key, this.number(key, -Infinity, Infinity, false)]));
  }

  #own(field: string): unknown {
    this.#read.add(field);
    return Object.hasOwn(this.#value, field) ? this.#value[field] : undefined;
  }

  #refuse<T>(field: string, value: unknown, why: string, instead: T): T {
    this.#problems.push(`${this.#path}.${cleanText(field, 60)}: ${value === undefined ? 'missing' : why}`);
    return instead;
  }
}

/** A text of the file in quotes, cleaned and cut. */
function quoted(text: string): string {
  return `"${cleanText(text, 60)}"`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
