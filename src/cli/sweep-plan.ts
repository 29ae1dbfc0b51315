import { cleanText } from '../data/clean-text.ts';
import { duplicateKey } from '../data/json-keys.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { FamilySpec } from '../models/family-spec.ts';
import { families, findFamily } from '../models/registry.ts';
import { hyperOptions } from './hyper-options.ts';
import { COMMON, type Options } from './options.ts';
import { trainOptions } from './train-options.ts';

/** Bytes of a plan, at most. */
export const MAX_PLAN_BYTES = 1 << 20;
/** Runs of a plan, at most: more lines than a person looks through, and than a scheduler takes. */
export const MAX_PLANNED = 100_000;

/** Options of `train` that name the data of a run. */
const DATA = [
  ...['images', 'labels', 'test-images', 'test-labels'],
  ...['valid-images', 'valid-labels', 'grid'],
] as const;
/** Options of `train` that all models of a plan share, or a model has of its own; several values are all tried. */
const RUN = ['binarise', 'epochs', 'batch', 'learning-rate', 'targets', 'valid-last', 'valid-share'] as const;

/** A value of the plan as the text of an option, `true` for a flag that is set; with its place in the plan. */
export interface Given {
  readonly text: string | true;
  /** "models[0].hidden[1]" */
  readonly place: string;
}

/** Values by option, each of which is tried: one combination of them is a run. */
export type Choices = ReadonlyMap<string, readonly (Given | null)[]>;

export interface PlannedModel {
  readonly place: string;
  readonly specs: readonly FamilySpec[];
  readonly hyper: Choices;
  /** Those of the plan where the model has none of its own. */
  readonly run: Choices;
}

export interface Plan {
  readonly data: readonly ReadonlyMap<string, Given>[];
  readonly models: readonly PlannedModel[];
  readonly seeds: readonly Given[];
  readonly backends: readonly Given[];
  /** The option --workers of every line; null where it is left to the machine. */
  readonly workers: Given | null;
}

/** Reads the text of a plan. A reason names the field: "models[0].hidden[1]: 5000 is outside 1 to 1000". */
export function readPlan(text: string): Result<Plan> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fail('is not JSON');
  }
  if (!isObject(json)) return fail('is not a JSON object');
  const twice = duplicateKey(text);
  if (twice !== null) return fail(`the key ${quoted(twice)} stands twice in one object`);
  const known = ['data', 'models', 'seeds', 'backend', 'workers', ...RUN];
  const unknown = Object.keys(json).find((key) => !known.includes(key));
  if (unknown !== undefined) return fail(`${quoted(unknown)}: is none of ${known.join(', ')}`);
  const data = readData(json.data);
  if (!data.ok) return data;
  const shared = choicesOf(json, '', RUN);
  if (!shared.ok) return shared;
  const models = readModels(json.models, shared.value);
  if (!models.ok) return models;
  const other = choicesOf(json, '', ['seeds', 'backend', 'workers']);
  if (!other.ok) return other;
  const [seeds, backends, workers] = ['seeds', 'backend', 'workers'].map((name) =>
    (other.value.get(name) ?? []).filter((each) => each !== null),
  );
  if (seeds.length === 0) return fail('seeds: missing: name at least one, such as [1]');
  if (workers.length > 1) return fail('workers: one number for all lines');
  const backend = backends.length > 0 ? backends : [{ text: 'cpu', place: 'backend' }];
  const plan = {
    data: data.value,
    models: models.value,
    seeds,
    backends: backend,
    workers: workers.at(0) ?? null,
  };
  const tooMany = refuseSize(plan);
  return tooMany === null ? ok(plan) : fail(tooMany);
}

/** The number of runs is known before any of them is made. */
function refuseSize({ data, models, seeds, backends }: Plan): string | null {
  const shared = data.length * seeds.length * backends.length;
  const sizes = models.map(({ specs, hyper, run }) =>
    [...hyper.values(), ...run.values()].reduce((size, each) => size * each.length, specs.length * shared),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= MAX_PLANNED) return null;
  const largest = sizes.indexOf(Math.max(...sizes));
  return `models: ${total.toLocaleString('en-US')} runs, more than ${MAX_PLANNED.toLocaleString('en-US')}: ${models[largest].place} has the most of them, divide the plan`;
}

function readData(value: unknown): Result<Plan['data']> {
  const sets = Array.isArray(value) ? (value as unknown[]) : [value];
  const read: ReadonlyMap<string, Given>[] = [];
  for (const [at, set] of sets.entries()) {
    const place = Array.isArray(value) ? `data[${at}]` : 'data';
    if (!isObject(set))
      return fail(`${place}: ${set === undefined ? 'missing' : 'is not an object of files'}`);
    const unknown = Object.keys(set).find((key) => !(DATA as readonly string[]).includes(key));
    if (unknown !== undefined) return fail(`${place}: ${quoted(unknown)}: is none of ${DATA.join(', ')}`);
    const given = new Map<string, Given>();
    for (const name of DATA) {
      if (!Object.hasOwn(set, name)) continue;
      const text = textOf(set[name]);
      if (typeof text !== 'string') return fail(`${place}.${name}: is not a text`);
      given.set(name, { text, place: `${place}.${name}` });
    }
    for (const name of ['images', 'test-images'])
      if (!given.has(name))
        return fail(`${place}.${name}: missing: a run learns from images and is measured on test images`);
    for (const { text, place: at } of given.values())
      if (text !== cleanText(String(text), Infinity))
        return fail(`${at}: has a character that a terminal does not show: rename the file`);
    read.push(given);
  }
  return read.length > 0 ? ok(read) : fail('data: names no images');
}

function readModels(value: unknown, shared: Choices): Result<readonly PlannedModel[]> {
  if (!Array.isArray(value) || value.length === 0)
    return fail(`models: ${value === undefined ? 'missing' : 'is not a list of models'}`);
  const hyperNames = Object.keys(hyperOptions());
  const read: PlannedModel[] = [];
  for (const [at, model] of (value as unknown[]).entries()) {
    const place = `models[${at}]`;
    if (!isObject(model)) return fail(`${place}: is not an object`);
    const known = ['family', ...hyperNames, ...RUN];
    const unknown = Object.keys(model).find((key) => !known.includes(key));
    if (unknown !== undefined)
      return fail(
        `${place}: ${quoted(unknown)}: no family has such a hyper-parameter, nor is it one of ${RUN.join(', ')}`,
      );
    const named = choicesOf(model, `${place}.`, ['family']);
    if (!named.ok) return named;
    const specs: FamilySpec[] = [];
    for (const each of named.value.get('family') ?? []) {
      const spec = each && findFamily(String(each.text));
      if (!spec)
        return fail(
          `${each?.place}: ${quoted(String(each?.text))} is none of ${families.map(({ id }) => id).join(', ')}`,
        );
      specs.push(spec);
    }
    if (specs.length === 0) return fail(`${place}.family: missing`);
    const hyper = choicesOf(model, `${place}.`, hyperNames);
    if (!hyper.ok) return hyper;
    const run = choicesOf(model, `${place}.`, RUN);
    if (!run.ok) return run;
    read.push({ place, specs, hyper: hyper.value, run: new Map([...shared, ...run.value]) });
  }
  return ok(read);
}

/** The values of those of the fields that are there. `false` is no option at all, as for a flag that is not set. */
function choicesOf(
  from: Readonly<Record<string, unknown>>,
  prefix: string,
  names: readonly string[],
): Result<Choices> {
  const choices = new Map<string, (Given | null)[]>();
  for (const name of names) {
    if (!Object.hasOwn(from, name)) continue;
    const value = from[name];
    const place = `${prefix}${name}`;
    const values = Array.isArray(value) ? (value as unknown[]) : [value];
    if (values.length === 0) return fail(`${place}: is an empty list: leave it out, or name a value`);
    const given: (Given | null)[] = [];
    for (const [at, each] of values.entries()) {
      const own = Array.isArray(value) ? `${place}[${at}]` : place;
      const text = textOf(each);
      if (text === undefined) return fail(`${own}: is neither a number, a text, true nor false`);
      const same = given.some((other) => (other?.text ?? false) === text);
      if (same) return fail(`${own}: ${cleanText(String(text), 40)} stands there twice`);
      const refused = refuseOption(name, text);
      if (refused !== null) return fail(`${own}: ${refused}`);
      given.push(text === false ? null : { text, place: own });
    }
    choices.set(name, given);
  }
  return ok(choices);
}

/** Why `train` would refuse the value; null where it would not, or where that depends on the family. */
function refuseOption(name: string, given: string | boolean): string | null {
  const options: Options = { ...trainOptions, ...COMMON, seeds: trainOptions.seed };
  const { value, parse } = options[name];
  if (value === undefined) return typeof given === 'boolean' ? null : 'is neither true nor false';
  if (typeof given === 'boolean') return `is ${given}, but a value is needed`;
  if (name === 'family') return null;
  const parsed = parse(given);
  return parsed.ok ? null : cleanText(parsed.reason, 200);
}

/** A value as an option says it; undefined where it is none. */
function textOf(value: unknown): string | boolean | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

function quoted(text: string): string {
  return `"${cleanText(text, 60)}"`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
