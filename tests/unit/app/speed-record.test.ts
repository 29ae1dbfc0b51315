/** The file of a result: the same bytes after a round trip, and a reason that names the field for everything else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecord, MAX_BYTES } from '../../../src/app/speed/read-record.ts';
import { eachRate, encodeRecord, type SpeedRecord } from '../../../src/app/speed/record.ts';
import { fail, ok } from '../../../src/data/result.ts';
import { randomSource } from '../../gpu/random-models.ts';
import { row, sampleRecord } from './speed-samples.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const SEED = 20_261_201;
const MUTATIONS = 100_000;

const text = fc.stringMatching(/^[A-Za-z0-9 ,."'<>&é×-]{1,40}$/).filter((each) => each.trim() === each);
const positive = fc.double({ min: 1e-9, max: 1e15, noNaN: true });
const rates = fc.oneof(
  text.map((reason) => fail(reason)),
  fc
    .tuple(fc.array(positive, { minLength: 3, maxLength: 3 }), fc.integer({ min: 1, max: 1e6 }))
    .map(([values, count]) => {
      const [low, median, high] = values.toSorted((a, b) => a - b);
      return ok({ median, low, high, repetitions: count, size: count });
    }),
);
const records: fc.Arbitrary<SpeedRecord> = fc
  .record({
    measuredAt: fc.integer({ min: 0, max: 4e12 }),
    seconds: fc.integer({ min: 1, max: 3600 }),
    stopped: fc.boolean(),
    browser: text,
    cores: fc.option(fc.integer({ min: 1, max: 4096 })),
    product: rates,
    found: fc.oneof(
      text.map((reason) => fail(reason)),
      fc.record({ description: text, software: fc.boolean() }).map((value) => ok(value)),
    ),
    families: fc.uniqueArray(fc.stringMatching(/^[a-z0-9-]{1,40}$/), { maxLength: 6 }),
    results: fc.array(rates, { minLength: 6, maxLength: 6 }),
    parameters: positive,
  })
  .map(({ browser, cores, product, found, families, results, parameters, ...whole }) => ({
    ...sampleRecord(whole),
    machine: { browser, system: browser, cores },
    backends: { cpu: { found, product, together: 3 }, webgpu: { found, product, together: 1 } },
    rows: families.map((family) => {
      let at = 0;
      return row(family, { parameters, label: browser, rates: eachRate(() => results[at++]) });
    }),
  }));

describe('the file of a result', () => {
  it('has the same bytes once it was opened and exported again', () => {
    fc.assert(
      fc.property(records, (record) => {
        const file = encodeRecord(record);
        const read = decodeRecord(bytesOf(file));
        if (!read.ok) throw new Error(read.reason);
        expect(read.value).toEqual(record);
        expect(encodeRecord(read.value)).toBe(file);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  type Json = Record<string, unknown>;
  const changed = (change: (json: Json) => void) => {
    const json = JSON.parse(encodeRecord(sampleRecord())) as Json;
    change(json);
    return decodeRecord(bytesOf(JSON.stringify(json)));
  };
  const rowOf = (json: Json, at: number) => (json.rows as Json[])[at];

  it.each<[string, (json: Json) => void]>([
    ['format: is not "inkling-speed": this is no result of Lab > Speed', (json) => (json.format = 'other')],
    ['version: is not 1: made by another version of Inkling', (json) => (json.version = 2)],
    ['measuredAt: is not a date such as', (json) => (json.measuredAt = '2026-12-01')],
    ['seconds: is not a number above 0, at most 3600', (json) => (json.seconds = -1)],
    ['stopped: is missing', (json) => delete json.stopped],
    ['machine: cores: is not a whole number from 1 to 4096', (json) => ((json.machine as Json).cores = 1.5)],
    ['machine: browser: is not a text', (json) => ((json.machine as Json).browser = '\u200b')],
    ['digits: is not an object', (json) => (json.digits = [])],
    ['digits: width: is not a whole number from 1 to 256', (json) => ((json.digits as Json).width = 1e9)],
    [
      'backends: cpu: together: is not a whole number',
      (json) => (((json.backends as Json).cpu as Json).together = 0),
    ],
    ['rows: is not a list', (json) => (json.rows = {})],
    ['rows: 201 rows, more than 200', (json) => (json.rows = Array.from({ length: 201 }, () => null))],
    ['rows 1: is not an object', (json) => ((json.rows as unknown[])[0] = 7)],
    ['rows 2: family: is not a short name', (json) => (rowOf(json, 1).family = '<b>')],
    ['rows 2: family: "one" stands there twice', (json) => (rowOf(json, 1).family = 'one')],
    ['rows 3: training: is none of counted, em, descended', (json) => (rowOf(json, 2).training = 'guessed')],
    [
      'rows 1: score: cpu: median: does not lie between',
      (json) => (((rowOf(json, 0).score as Json).cpu as Json).low = 1e9),
    ],
    [
      'rows 1: score: cpu: repetitions: is missing',
      (json) => delete ((rowOf(json, 0).score as Json).cpu as Json).repetitions,
    ],
    ['rows 1: score: gpu: is unknown', (json) => ((rowOf(json, 0).score as Json).gpu = {})],
    ['colour: is unknown', (json) => (json.colour = 'red')],
  ])('is refused with "%s"', (reason, change) => {
    const read = changed(change);
    expect(read).toMatchObject({ ok: false });
    expect(!read.ok && read.reason).toContain(reason);
  });

  it('is refused where it is no JSON, has a key twice, or is too large', () => {
    const refusal = (file: string | Uint8Array) => {
      const read = decodeRecord(typeof file === 'string' ? bytesOf(file) : file);
      return read.ok ? '' : read.reason;
    };
    expect(refusal('{')).toMatch(/^file: is not JSON/);
    expect(refusal(Uint8Array.of(0xff, 0xfe))).toMatch(/^file: is not JSON in UTF-8/);
    expect(refusal('null')).toBe('file: is not an object');
    expect(refusal('"a"')).toBe('file: is not an object');
    expect(
      refusal(encodeRecord(sampleRecord()).replace('"seconds": 60', '"seconds": 1, "seconds": 60')),
    ).toBe('file: the key "seconds" stands there twice');
    expect(refusal(new Uint8Array(MAX_BYTES + 1))).toMatch(/^size: \d+ bytes, more than/);
    expect(refusal('['.repeat(100_000))).toMatch(/^file: /);
    expect(refusal('{"__proto__": {"format": "inkling-speed"}}')).toBe('format: is missing');
  });

  it('gives its texts cleaned', () => {
    const read = changed((json) => ((json.machine as Json).browser = 'a\u001b[31mb\u202ec'.padEnd(500, 'x')));
    expect(read.ok && read.value.machine.browser).toMatch(/^abcx+…$/);
    expect(read.ok && read.value.machine.browser.length).toBe(200);
  });
});

/** Values that a field may be replaced by. */
const STRANGE: readonly unknown[] = [
  ...[null, true, false, 0, -0, -1, 1, 0.5, 1e308, 2 ** 53, 4097, '', 'x', '\u0000', '\ud800'],
  ...[
    '__proto__',
    'x'.repeat(1000),
    [],
    [[]],
    {},
    { reason: '' },
    { ok: true },
    { median: 1 },
    [null],
    'counted',
  ],
];

/** Every object and list of a JSON value. */
function containers(value: unknown, found: (Record<string, unknown> | unknown[])[] = []) {
  if (typeof value === 'object' && value !== null) {
    found.push(value as Record<string, unknown>);
    for (const each of Object.values(value)) containers(each, found);
  }
  return found;
}

/** One change of the structure, of a value, or of the bytes. */
function mutated(base: string, random: () => number): Uint8Array {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  if (random() < 0.3) {
    const bytes = bytesOf(base);
    const at = Math.floor(random() * bytes.length);
    if (random() < 0.3) return bytes.slice(0, at);
    if (random() < 0.5)
      return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + 1 + Math.floor(random() * 8)));
    bytes[at] = Math.floor(random() * 256);
    return bytes;
  }
  const json = JSON.parse(base) as unknown;
  for (let changes = 1 + Math.floor(random() * 2); changes > 0; changes--) {
    const all = containers(json);
    const target = pick(all) as Record<string, unknown>;
    const key = pick([...Object.keys(target), 'extra', '__proto__', 'constructor']);
    const kind = random();
    const put = (name: string, value: unknown) =>
      Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
    // Copies: what is put in may itself be changed next.
    const copy = (list: readonly unknown[] = all) => JSON.parse(JSON.stringify(pick(list))) as unknown;
    if (kind < 0.5) put(key, copy(STRANGE));
    else if (kind < 0.7) Reflect.deleteProperty(target, key);
    else if (kind < 0.85) put(key, copy());
    else if (Array.isArray(target)) target.push(copy());
    else put(`${key}x`, copy());
    // A copy of the whole inside itself, again and again, would grow without end.
    if (JSON.stringify(json).length > 200_000) return bytesOf(JSON.stringify(json));
  }
  return bytesOf(JSON.stringify(json));
}

describe(`${MUTATIONS} mutations of the file, seed ${SEED}`, () => {
  it('are read, or refused by a reason that names the field, and what is read is exported and read alike', () => {
    const random = randomSource(SEED);
    const base = encodeRecord(sampleRecord({ rows: sampleRecord().rows.slice(0, 2) }));
    let read = 0;
    const heads = new Set<string>();
    // A list of what is wrong: an expectation for each would take longer than the reading.
    const wrong: string[] = [];
    for (let i = 0; i < MUTATIONS; i++) {
      const bytes = mutated(base, random);
      const begun = performance.now();
      const result = decodeRecord(bytes);
      if (performance.now() - begun > 2000) wrong.push(`${i}: took longer than 2 s`);
      if (result.ok) {
        read++;
        const file = encodeRecord(result.value);
        const again = decodeRecord(bytesOf(file));
        if (!again.ok || encodeRecord(again.value) !== file)
          wrong.push(`${i}: is another file after an export`);
      } else {
        if (!/^[^:]+: \S/.test(result.reason) || result.reason.length > 400)
          wrong.push(`${i}: ${result.reason}`);
        heads.add(result.reason.split(':')[0].replace(/\d+/, '1'));
      }
    }
    expect(wrong).toEqual([]);
    // The mutations reach all of it, and some are harmless.
    expect(read).toBeGreaterThan(100);
    for (const head of [
      'file',
      'format',
      'version',
      'machine',
      'digits',
      'backends',
      'rows',
      'rows 1',
      'stopped',
    ])
      expect([...heads]).toContain(head);
    expect(({} as Record<string, unknown>).reason).toBeUndefined();
  }, 240_000);
});
