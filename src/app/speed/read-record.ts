import { cleanText } from '../../data/clean-text.ts';
import { duplicateKey } from '../../data/json-keys.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { SpeedResult } from '../../engine/queries/api.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import {
  eachRate,
  FORMAT,
  LONGEST_TEXT,
  type SpeedBackend,
  type SpeedRecord,
  type SpeedRow,
  VERSION,
} from './record.ts';

/** A file of all families is some thirty kilobytes long; larger ones are refused before they are read. */
export const MAX_BYTES = 2 ** 20;
const MAX_ROWS = 200;
const MAX_COUNT = 1e9;
const TRAININGS: readonly FamilySpec['training'][] = ['counted', 'em', 'descended'];

/** Why a file is no record: the field and what is wrong with it. */
class WrongField extends Error {}

/** Reads a file of `encodeRecord`; a reason reads "rows 3: score: cpu: median: what is wrong". */
export function decodeRecord(bytes: Uint8Array): Result<SpeedRecord> {
  if (bytes.length > MAX_BYTES)
    return fail(`size: ${bytes.length} bytes, more than the ${MAX_BYTES} that a result may have`);
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    json = JSON.parse(text);
  } catch {
    return fail('file: is not JSON in UTF-8: choose one that was exported here');
  }
  try {
    const fields = new Fields('', json);
    const twice = duplicateKey(text);
    if (twice !== null) return fail(`file: the key "${cleanText(twice, 60)}" stands there twice`);
    return ok(readRecord(fields));
  } catch (error) {
    if (error instanceof WrongField) return fail(error.message);
    throw error;
  }
}

function readRecord(fields: Fields): SpeedRecord {
  if (fields.take('format') !== FORMAT)
    fields.wrong('format', `is not "${FORMAT}": this is no result of Lab > Speed`);
  if (fields.take('version') !== VERSION)
    fields.wrong('version', `is not ${VERSION}: made by another version of Inkling`);
  const measuredAt = readDate(fields);
  const seconds = fields.number('seconds', 0, 3600);
  const stopped = fields.flag('stopped');
  const machine = fields.object('machine');
  const digits = fields.object('digits');
  const backends = fields.object('backends');
  const record: SpeedRecord = {
    measuredAt,
    seconds,
    stopped,
    machine: {
      browser: machine.text('browser'),
      system: machine.text('system'),
      cores: machine.isNull('cores') ? null : machine.whole('cores', 1, 4096),
    },
    digits: {
      width: digits.whole('width', 1, 256),
      height: digits.whole('height', 1, 256),
      images: digits.whole('images', 1, MAX_COUNT),
    },
    backends: {
      cpu: readBackend(backends.object('cpu')),
      webgpu: readBackend(backends.object('webgpu')),
    },
    rows: readRows(fields),
  };
  for (const each of [fields, machine, digits, backends]) each.end();
  return record;
}

/** Only as it is written: another way to write the same moment would be changed by the next export. */
function readDate(fields: Fields): number {
  const text = fields.take('measuredAt');
  const at = typeof text === 'string' ? Date.parse(text) : NaN;
  if (!Number.isFinite(at) || new Date(at).toISOString() !== text)
    fields.wrong('measuredAt', 'is not a date such as 2026-12-01T03:05:00.000Z');
  return at;
}

function readBackend(fields: Fields): SpeedBackend {
  const backend: SpeedBackend = {
    found: fields.has('reason')
      ? fail(fields.text('reason'))
      : ok({ description: fields.text('description'), software: fields.flag('software') }),
    product: readResult(fields.object('product')),
    together: fields.whole('together', 1, 4096),
  };
  fields.end();
  return backend;
}

function readRows(fields: Fields): readonly SpeedRow[] {
  const list = fields.take('rows');
  if (!Array.isArray(list)) fields.wrong('rows', 'is not a list');
  const entries = list as readonly unknown[];
  if (entries.length > MAX_ROWS) fields.wrong('rows', `${entries.length} rows, more than ${MAX_ROWS}`);
  const seen = new Set<string>();
  return entries.map((entry, at) => {
    const row = readRow(new Fields(`rows ${at + 1}: `, entry));
    if (seen.has(row.family)) fields.wrong(`rows ${at + 1}: family`, `"${row.family}" stands there twice`);
    seen.add(row.family);
    return row;
  });
}

function readRow(fields: Fields): SpeedRow {
  const family = fields.take('family');
  if (typeof family !== 'string' || !/^[a-z0-9-]{1,40}$/.test(family))
    fields.wrong('family', 'is not a short name of small letters, digits and hyphens');
  const training = TRAININGS.find((each) => each === fields.value('training'));
  if (training === undefined) fields.wrong('training', `is none of ${TRAININGS.join(', ')}`);
  fields.take('training');
  const works = {
    score: fields.object('score'),
    sample: fields.object('sample'),
    train: fields.object('train'),
  };
  const row: SpeedRow = {
    family: family,
    label: fields.text('label'),
    parameters: fields.number('parameters', 0, Number.MAX_VALUE),
    size: fields.text('size', true),
    training: training,
    rates: eachRate((work, backend) => readResult(works[work].object(backend))),
  };
  for (const each of [fields, ...Object.values(works)]) each.end();
  return row;
}

function readResult(fields: Fields): SpeedResult {
  if (fields.has('reason')) {
    const failed = fail(fields.text('reason'));
    fields.end();
    return failed;
  }
  const rate = {
    median: fields.number('median', 0, Number.MAX_VALUE),
    low: fields.number('low', 0, Number.MAX_VALUE),
    high: fields.number('high', 0, Number.MAX_VALUE),
    repetitions: fields.whole('repetitions', 1, MAX_COUNT),
    size: fields.whole('size', 1, MAX_COUNT),
  };
  if (!(rate.low <= rate.median && rate.median <= rate.high))
    fields.wrong('median', 'does not lie between low and high');
  fields.end();
  return ok(rate);
}

/** The fields of one object, each taken once. All methods throw WrongField. */
class Fields {
  readonly #at: string;
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #taken = new Set<string>();

  /** `at`: where the object stands, as the beginning of a reason. */
  constructor(at: string, value: unknown) {
    this.#at = at;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new WrongField(`${at || 'file: '}is not an object`);
    this.#fields = new Map(Object.entries(value));
  }

  wrong(name: string, what: string): never {
    throw new WrongField(`${this.#at}${name}: ${what}`);
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  value(name: string): unknown {
    return this.#fields.get(name);
  }

  take(name: string): unknown {
    if (!this.has(name)) this.wrong(name, 'is missing');
    this.#taken.add(name);
    return this.value(name);
  }

  isNull(name: string): boolean {
    return this.take(name) === null;
  }

  object(name: string): Fields {
    const value = this.take(name);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      this.wrong(name, 'is not an object');
    return new Fields(`${this.#at}${name}: `, value);
  }

  flag(name: string): boolean {
    const value = this.take(name);
    if (typeof value !== 'boolean') this.wrong(name, 'is not true or false');
    return value;
  }

  /** Above `least`. */
  number(name: string, least: number, most: number): number {
    const value = this.take(name);
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= least || value > most)
      this.wrong(name, `is not a number above ${least}${most < 1e300 ? `, at most ${most}` : ''}`);
    return value;
  }

  whole(name: string, least: number, most: number): number {
    const value = this.take(name);
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
      this.wrong(name, `is not a whole number from ${least} to ${most}`);
    return value as number;
  }

  text(name: string, mayBeEmpty = false): string {
    const value = this.take(name);
    const clean = typeof value === 'string' ? cleanText(value, LONGEST_TEXT) : '';
    if (typeof value !== 'string' || (clean === '' && !mayBeEmpty)) this.wrong(name, 'is not a text');
    return clean;
  }

  /** Throws where there is a field that was not taken: it would be lost by the next export. */
  end(): void {
    for (const name of this.#fields.keys())
      if (!this.#taken.has(name)) this.wrong(cleanText(name, 60) || 'a field without a name', 'is unknown');
  }
}
