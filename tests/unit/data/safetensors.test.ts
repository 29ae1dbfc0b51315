import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicateKey } from '../../../src/data/json-keys.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../src/data/safetensors.ts';
import type { NamedTensor, TensorFile } from '../../../src/data/safetensors.ts';

/** A file with this header and so many zero bytes of data, whatever it claims. */
function file(header: unknown, data = 0, announced?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setBigUint64(0, announced ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const tensor = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const name = fc.string({ maxLength: 12 }).filter((text) => text !== '__proto__' && text !== '__metadata__');
const tensors = fc.uniqueArray(
  fc.record({
    // No name that looks like an array index: objects sort those first, so that their order is not kept.
    name: name.filter((text) => !/^\d+$/.test(text)),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    seed: fc.nat({ max: 1000 }),
    dtype: fc.constantFrom('F32' as const, 'F16' as const),
  }),
  { selector: (entry) => entry.name, maxLength: 5 },
);
const anyFile = fc
  .tuple(tensors, fc.dictionary(name, fc.string({ maxLength: 12 }), { maxKeys: 4 }))
  .map(([entries, metadata]): TensorFile => ({
    tensors: entries.map(({ name, shape, seed, dtype }): NamedTensor => ({
      name,
      shape,
      dtype,
      // Numbers of both types.
      values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (seed + i) / 8 - 50),
    })),
    metadata: { ...metadata },
  }));

describe('safetensors', () => {
  it('come back as they were, byte for byte when written again', () => {
    fc.assert(
      fc.property(anyFile, (original) => {
        const bytes = encodeSafetensors(original);
        expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
        const read = decodeSafetensors(bytes);
        expect(read).toEqual({ ok: true, value: original });
        if (read.ok) expect(encodeSafetensors(read.value)).toEqual(bytes);
      }),
    );
  });

  it('have the layout that other readers expect', () => {
    const bytes = encodeSafetensors({
      tensors: [
        { name: 'bias', shape: [2], values: Float32Array.of(1, -2), dtype: 'F32' },
        { name: 'weight', shape: [1, 1], values: Float32Array.of(0.5), dtype: 'F16' },
      ],
      metadata: { family: 'fvsbn' },
    });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      __metadata__: { family: 'fvsbn' },
      bias: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      weight: { dtype: 'F16', shape: [1, 1], data_offsets: [8, 10] },
    });
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 128, 63, 0, 0, 0, 192, 0, 56]);
  });

  it('are read in any header order, from any alignment', () => {
    const bytes = file({ b: tensor([1], 4, 8), a: tensor([1], 0, 4) }, 8);
    new DataView(bytes.buffer).setFloat32(bytes.length - 4, 3, true);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const read = decodeSafetensors(shifted.subarray(1));
    expect(read.ok && read.value.tensors.map((t) => [t.name, t.values[0]])).toEqual([
      ['b', 3],
      ['a', 0],
    ]);
  });

  const huge = Number.MAX_SAFE_INTEGER;
  it.each([
    ['an empty file', new Uint8Array(0), /header length: truncated/],
    [
      'a header of 2^64 - 1',
      file('{}', 0, 0xffffffffffffffffn),
      /header length: 18446744073709551615 bytes exceed/,
    ],
    ['a header over 1 MiB', file('{}', 2 << 20, BigInt(1 << 20) + 1n), /header length: 1048577 bytes exceed/],
    ['a header past the end', file('{}', 3, 6n), /header length: 6 bytes are announced, 5 follow/],
    ['no header', file('', 0), /header: does not begin/],
    ['leading space', file(' {}'), /header: does not begin/],
    ['broken JSON', file('{"a":'), /header: is not JSON/],
    ['broken UTF-8', Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0x7d), /header: is not JSON in UTF-8/],
    ['something after the object', file('{}{}'), /header: is not JSON/],
    ['deep nesting', file(`{"a":${'['.repeat(500000)}`), /header: is not JSON/],
    [
      'a key twice',
      file('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"\\u0061" : 1}', 4),
      /header: the key "a" stands there twice/,
    ],
    [
      'a field twice',
      file('{"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4),
      /the key "dtype" stands/,
    ],
    [
      'a tensor __proto__',
      file('{"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4),
      /"__proto__"/,
    ],
    ['metadata __proto__', file('{"__metadata__":{"__proto__":"x"}}'), /__metadata__: the key "__proto__"/],
    ['metadata of numbers', file({ __metadata__: { epochs: 3 } }), /__metadata__: "epochs" is not a string/],
    ['metadata that is a list', file({ __metadata__: [] }), /__metadata__: is not an object/],
    ['a tensor that is null', file({ a: null }), /"a": is not an object/],
    [
      'another dtype',
      file({ a: tensor([1], 0, 4, 'I32') }, 4),
      /"a": dtype: "I32" is neither "F32" nor "F16"/,
    ],
    ['no dtype', file({ a: { shape: [1], data_offsets: [0, 4] } }, 4), /"a": dtype/],
    [
      'an unknown field',
      file({ a: { ...tensor([1], 0, 4), strides: [1] } }, 4),
      /"a": unknown field "strides"/,
    ],
    ['a negative side', file({ a: tensor([-1], 0, 4) }, 4), /"a": shape: is not/],
    ['half a side', file({ a: tensor([0.5], 0, 4) }, 4), /"a": shape: is not/],
    ['a side of text', file({ a: tensor(['1'], 0, 4) }, 4), /"a": shape: is not/],
    ['nine dimensions', file({ a: tensor(Array(9).fill(1), 0, 4) }, 4), /"a": shape: 9 dimensions/],
    ['a shape that overflows', file({ a: tensor([huge, huge, huge], 0, 4) }, 4), /"a": shape: .* needs/],
    ['a shape that overflows to infinity', file({ a: tensor(Array(8).fill(1e300), 0, 4) }, 4), /"a": shape/],
    [
      'a shape whose product wraps to 0 in 32 bits',
      file({ a: tensor([65536, 65536], 0, 0) }),
      /"a": shape: .* needs/,
    ],
    [
      'three offsets',
      file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }, 8),
      /"a": data_offsets/,
    ],
    ['offsets backwards', file({ a: tensor([1], 4, 0) }, 4), /"a": data_offsets: 4 to 0/],
    [
      'offsets past the end',
      file({ a: tensor([2], 0, 8) }, 4),
      /"a": data_offsets: 0 to 8 lies outside the 4/,
    ],
    ['overlap', file({ a: tensor([2], 0, 8), b: tensor([1], 4, 8) }, 8), /"b": data_offsets: overlap/],
    [
      'the same bytes twice',
      file({ a: tensor([1], 0, 4), b: tensor([1], 0, 4) }, 4),
      /"b": data_offsets: overlap/,
    ],
    [
      'a gap',
      file({ a: tensor([1], 0, 4), b: tensor([1], 8, 12) }, 12),
      /"b": data_offsets: leave a gap of 4/,
    ],
    ['a gap at the start', file({ a: tensor([1], 4, 8) }, 8), /"a": data_offsets: leave a gap/],
    ['bytes that belong to none', file({ a: tensor([1], 0, 4) }, 5), /data: 1 bytes after/],
  ])('refuses %s and names the field', (_, bytes, sentence) => {
    const read = decodeSafetensors(bytes, 'model.safetensors');
    expect(read.ok).toBe(false);
    if (!read.ok) expect(read.reason).toMatch(new RegExp(`^model.safetensors: .*${sentence.source}`));
  });

  const deep = '['.repeat(5000) + ']'.repeat(5000);
  const escapes = '\\u001b[31mred\\u202e\\u0007' + 'x'.repeat(10_000);
  const shapes = `[${Array<string>(100_000).fill('0').join()}]`;
  it.each([
    [
      'a dtype nested 5,000 deep',
      `{"a":{"dtype":${deep},"shape":[1],"data_offsets":[0,4]}}`,
      /"a": dtype: is neither "F32" nor "F16"/,
    ],
    [
      'a shape nested 5,000 deep',
      `{"a":{"dtype":"F32","shape":${deep},"data_offsets":[0,4]}}`,
      /"a": shape: is not/,
    ],
    ['a tensor nested 5,000 deep', `{"a":${deep}}`, /"a": is not an object/],
    ['metadata nested 5,000 deep', `{"__metadata__":{"a":${deep}}}`, /"a" is not a string/],
    [
      'a long shape',
      `{"a":{"dtype":"F32","shape":${shapes},"data_offsets":[0,4]}}`,
      /"a": shape: 100000 dimensions/,
    ],
    ['escapes in a name', `{"${escapes}":null}`, /"redx+…": is not an object/],
    [
      'escapes in a dtype',
      `{"a":{"dtype":"${escapes}","shape":[1],"data_offsets":[0,4]}}`,
      /dtype: "redx+…" is neither "F32" nor "F16"/,
    ],
    ['escapes in a field', `{"a":{"${escapes}":1}}`, /unknown field "redx+…"/],
    ['escapes in metadata', `{"__metadata__":{"${escapes}":1}}`, /"redx+…" is not a string/],
    [
      'escapes in a key that stands twice',
      `{"${escapes}":1,"${escapes}":2}`,
      /the key "redx+…" stands there twice/,
    ],
  ])('answers %s in one clean line', (_, header, sentence) => {
    const read = decodeSafetensors(file(header, 4), 'm');
    const reason = read.ok ? 'accepted' : read.reason;
    expect(reason).toMatch(sentence);
    expect(reason).not.toMatch(/\p{Cc}|\p{Cf}/u);
    expect(reason.length).toBeLessThan(200);
  });

  it('refuses weights that are no numbers', () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const bytes = encodeSafetensors({
        tensors: [{ name: 'w', shape: [2], values: Float32Array.of(0, value), dtype: 'F32' }],
        metadata: {},
      });
      expect(decodeSafetensors(bytes)).toEqual({
        ok: false,
        reason: `file: "w": value 1 is ${value}, not finite`,
      });
    }
  });

  it('refuses halves that are no numbers, and does not write what half precision cannot hold', () => {
    const bytes = file({ w: tensor([1], 0, 2, 'F16') }, 2);
    new DataView(bytes.buffer).setUint16(bytes.length - 2, 0x7c00, true);
    expect(decodeSafetensors(bytes)).toEqual({
      ok: false,
      reason: 'file: "w": value 0 is Infinity, not finite',
    });
    const write = (value: number) =>
      encodeSafetensors({
        tensors: [{ name: 'w', shape: [1], values: Float32Array.of(value), dtype: 'F16' }],
        metadata: {},
      });
    expect(() => write(65520)).toThrow('w: 65520 is beyond the range of F16');
    expect(() => write(NaN)).toThrow('beyond');
    const read = decodeSafetensors(write(0.1));
    expect(read.ok && read.value.tensors[0].values[0]).toBe(Math.fround(0.0999755859375));
  });

  it('are not written under a wrong shape or name', () => {
    const write = (name: string, shape: number[]) => () =>
      encodeSafetensors({
        tensors: [{ name, shape, values: new Float32Array(2), dtype: 'F32' }],
        metadata: {},
      });
    expect(write('w', [3])).toThrow('w: shape');
    expect(write('__metadata__', [2])).toThrow('reserved');
    expect(write('__proto__', [2])).toThrow('reserved');
  });

  it('answers every damaged file with a result', () => {
    fc.assert(
      fc.property(
        anyFile,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
        fc.nat(),
        (original, damage, cut) => {
          const bytes = encodeSafetensors(original);
          for (const [at, value] of damage) bytes[at % bytes.length] = value;
          const read = decodeSafetensors(damage.length === 0 ? bytes.subarray(0, cut % bytes.length) : bytes);
          if (!read.ok) expect(read.reason).toMatch(/^file: .+: /);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('duplicateKey', () => {
  it('looks within one object at a time and skips strings that are values', () => {
    expect(duplicateKey('{"a":{"a":"a"},"b":["a","a",{"a":1}],"c":"\\"a\\":"}')).toBeNull();
    expect(duplicateKey('{"a":1,"b":{"c":1,"c":2}}')).toBe('c');
    expect(duplicateKey(`{"a"${' '.repeat(100)}:1,"a"\n:2}`)).toBe('a');
    expect(duplicateKey('{"\\\\":1,"\\"":2,"\\\\":3}')).toBe('\\');
  });

  it('agrees with counting the keys that JSON.parse keeps', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 2 }), { maxLength: 8 }), (keys) => {
        const text = `{${keys.map((key) => `${JSON.stringify(key)}:{}`).join(',')}}`;
        expect(duplicateKey(text) === null).toBe(new Set(keys).size === keys.length);
      }),
    );
  });
});
