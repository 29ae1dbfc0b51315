import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ArrayBytes, fromJson, toJson } from '../../../src/store/plain-json.ts';

async function bytesOf(arrays: ArrayBytes): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Blob(arrays.parts).arrayBuffer());
}

const name = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('$array', '$value', '$entries', 'at'));
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.constant(undefined),
    fc.boolean(),
    fc.double(),
    fc.string({ maxLength: 8 }),
    fc.uint8Array({ maxLength: 9 }).map((all) => Uint8Array.from(all)),
    fc.uint32Array({ maxLength: 5 }).map((all) => Uint32Array.from(all)),
    fc.float32Array({ maxLength: 5 }).map((all) => Float32Array.from(all)),
    fc.float64Array({ maxLength: 5 }).map((all) => Float64Array.from(all)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      name.filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value;

it('is the same after JSON and bytes: every number, missing values, arrays, names that mean something', async () => {
  await fc.assert(
    fc.asyncProperty(value, async (given) => {
      const arrays = new ArrayBytes();
      const json = JSON.stringify(toJson(given, arrays)) as string | undefined;
      const read = fromJson(JSON.parse(json ?? 'null'), await bytesOf(arrays));
      expect(read.ok).toBe(true);
      if (read.ok) expect(read.value).toStrictEqual(given);
    }),
    { numRuns: 2000, seed: 7 },
  );
});

it.each([
  [
    'an array outside of the bytes',
    { $array: 'Float32Array', at: 8, length: 1 },
    /8 to 12 is outside the 8 bytes/,
  ],
  ['a length beyond every memory', { $array: 'Float64Array', at: 0, length: 2 ** 53 - 1 }, /is outside/],
  ['a fraction', { $array: 'Uint8Array', at: 0.5, length: 1 }, /not whole/],
  ['a type that is none', { $array: 'constructor', at: 0, length: 1 }, /none of the types/],
  ['a value that is none', { $value: 'toString' }, /unknown/],
  ['entries that are none', { $entries: [['a']] }, /not a list of names and values/],
  ['the prototype', { $entries: [['__proto__', { polluted: 1 }]] }, /"__proto__" is not allowed/],
])('refuses %s', (_, json, reason) => {
  const read = fromJson(json, new Uint8Array(8));
  expect(read.ok).toBe(false);
  if (!read.ok) expect(read.reason).toMatch(reason);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

it('refuses what is nested without end', () => {
  let json: unknown = 1;
  for (let depth = 0; depth < 5000; depth++) json = [json];
  expect(fromJson(json, new Uint8Array(0))).toEqual({
    ok: false,
    reason: 'a value is nested more than 32 deep',
  });
});
