import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { readFilesAtOnce } from '../../../src/data/import/read-files.ts';
import { bars, csv, IDX_TYPES, idxOf, npy, npz, WRITTEN_TYPES } from '../../fixtures/arrays.ts';

const SEED = 20260;
const RUNS = 100_000;
/** Of 100,000 archives, which are packed first, on a busy machine. */
const TIMEOUT = 300_000;
/** Longest that one file may take, in milliseconds. */
const SLOWEST = 2000;

/** A small generator of random numbers, so that a seed gives the same files on every machine. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Bytes = Uint8Array<ArrayBuffer>;
type Random = ReturnType<typeof random>;

/** Numbers that lie: around signs, limits and overflows. */
const LIES = [0, 1, 2, 255, 256, 257, 65535, 65536, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** One to four changes: bits, bytes, words of four or eight bytes, cuts, repeats, insertions. */
function mutated(original: Bytes, pick: Random): Bytes {
  let bytes = original.slice();
  for (let change = pick(4); change >= 0; change--) {
    // Headers are changed more often than their share.
    const reach = pick(2) === 0 ? Math.min(bytes.length, 160) : bytes.length;
    const at = pick(Math.max(1, reach));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    switch (pick(8)) {
      case 0:
        bytes[at] ^= 1 << pick(8);
        break;
      case 1:
        bytes[at] = pick(256);
        break;
      case 2:
        if (at + 4 <= bytes.length) view.setUint32(at, LIES[pick(LIES.length)], pick(2) === 0);
        break;
      case 3:
        if (at + 8 <= bytes.length) view.setBigUint64(at, 2n ** 64n - BigInt(1 + pick(3)), pick(2) === 0);
        break;
      case 4:
        bytes = bytes.slice(0, at);
        break;
      case 5:
        bytes = bytes.slice(at);
        break;
      case 6:
        bytes = joined(bytes, bytes.slice(at, at + pick(64)));
        break;
      default:
        bytes = joined(
          bytes.slice(0, at),
          Uint8Array.from({ length: pick(9) }, () => pick(256)),
          bytes.slice(at),
        );
    }
  }
  return bytes;
}

function joined(...parts: Bytes[]): Bytes {
  return new Uint8Array(Buffer.concat(parts));
}

const TOKENS = [
  '',
  '"',
  '""',
  ',',
  ';',
  '\t',
  '\n',
  '\r',
  ' ',
  '-1',
  '1e308',
  '1e999',
  'NaN',
  'Infinity',
  '0x1c',
  '255',
  '256',
  '65536',
  '=1+1',
  '0,5',
  '\u202e',
  '\u0000',
  '__proto__',
  'label',
];

/** A table with cells, rows or single characters changed. */
function mutatedTable(original: string, pick: Random): Bytes {
  let text = original;
  for (let change = pick(4); change >= 0; change--) {
    const at = pick(text.length + 1);
    const token = TOKENS[pick(TOKENS.length)];
    const end = at + pick(20);
    text =
      pick(3) === 0
        ? text.slice(0, at) + token + text.slice(at)
        : text.slice(0, at) + token + text.slice(end);
  }
  return new Uint8Array(new TextEncoder().encode(text));
}

/** Headers of NPY with an entry of Python's in place of another. */
const NPY_TEXTS = [
  "'|O'",
  "'<f8'",
  "'>i4'",
  "[('a', '<f4')]",
  'True',
  'None',
  '(0,)',
  '()',
  '(4294967296, 4294967296)',
  '(18446744073709551615, 2)',
  '(-4, 4)',
  '(4, 4, 4, 4, 4)',
  '(4,4L,)',
  "'__proto__': 1,",
];

function mutatedNpy(original: Bytes, pick: Random): Bytes {
  if (pick(2) === 0) return mutated(original, pick);
  const text = Buffer.from(original).toString('latin1');
  const [from, to] = [text.indexOf('{'), text.indexOf('}') + 1];
  const entries = text.slice(from, to).split(/(?<=[:,]) /);
  entries[pick(entries.length)] = NPY_TEXTS[pick(NPY_TEXTS.length)];
  return new Uint8Array(
    Buffer.from(text.slice(0, from) + entries.join(' ').padEnd(to - from) + text.slice(to), 'latin1'),
  );
}

/** Reads every file, and checks that the outcome is typed and quick; memory is taken only for what the file can hold. */
function check(make: (pick: Random, run: number) => readonly Bytes[]): { readonly read: number } {
  const pick = random(SEED);
  let read = 0;
  for (let run = 0; run < RUNS; run++) {
    const files = make(pick, run).map((bytes, i) => ({ name: `f${i}`, bytes }));
    const begun = performance.now();
    let result: ReturnType<typeof readFilesAtOnce>;
    try {
      result = readFilesAtOnce(files);
    } catch (error) {
      throw new Error(`seed ${SEED}, run ${run}: threw ${String(error)}`, { cause: error });
    }
    if (performance.now() - begun > SLOWEST) throw new Error(`seed ${SEED}, run ${run}: slow`);
    if (!result.ok) {
      if (!/^f\d: |^files: /.test(result.reason) || result.reason.length > 1000)
        throw new Error(`seed ${SEED}, run ${run}: says "${result.reason}"`);
      continue;
    }
    read++;
    const { grid, count, pixels, labels } = result.value.images;
    const whole = pixels.length === count * grid.width * grid.height && count > 0;
    if (!whole || (labels && labels.length !== count))
      throw new Error(`seed ${SEED}, run ${run}: ${count} images of ${grid.width} x ${grid.height}`);
  }
  return { read };
}

const small = bars(6, 4, 3);
const labels = idxOf(small.labels, [6]);

describe(
  `${RUNS} mutations of each format, seed ${SEED}, are read or refused by name, and quickly`,
  { timeout: TIMEOUT },
  () => {
    it('CSV', () => {
      const tables = [
        csv(small),
        csv(small, false),
        csv(small).replaceAll(',', ';'),
        csv(small).replaceAll(/[^,\n]+/g, '"$&"'),
      ];
      const { read } = check((pick) => [mutatedTable(tables[pick(tables.length)], pick)]);
      // Some changes leave a table: the readers are reached beyond their first check.
      expect(read).toBeGreaterThan(RUNS / 100);
    });

    it('NPY of every type', () => {
      const files = WRITTEN_TYPES.map((type, i) =>
        npy(
          type === 'b1' ? small.pixels.map((grey) => grey & 1) : small.pixels.map((grey) => grey & 127),
          [6, 4, 4],
          {
            type,
            little: i % 2 === 0,
            fortran: i % 3 === 0,
            version: ((i % 3) + 1) as 1 | 2 | 3,
          },
        ),
      );
      const { read } = check((pick) => [mutatedNpy(files[pick(files.length)], pick)]);
      expect(read).toBeGreaterThan(RUNS / 100);
    });

    it('NPZ', () => {
      const x = npy(small.pixels, [6, 16]);
      const y = npy(small.labels, [6], { type: 'i8' });
      const plain = npz({ x, y });
      const { read } = check((pick) => [
        pick(2) === 0
          ? mutated(plain, pick)
          : npz({ x: mutatedNpy(x, pick), y: pick(2) === 0 ? y : mutatedNpy(y, pick) }),
      ]);
      expect(read).toBeGreaterThan(RUNS / 100);
    });

    it('IDX of every type, with labels and without, gzipped or not', () => {
      const files = IDX_TYPES.map((type) =>
        idxOf(
          small.pixels.map((grey) => grey & 127),
          [6, 4, 4],
          type,
        ),
      );
      const { read } = check((pick, run) => {
        const images = mutated(files[pick(files.length)], pick);
        const packed = run % 50 === 0 ? new Uint8Array(gzipSync(images)) : images;
        return pick(2) === 0 ? [packed] : [packed, pick(2) === 0 ? labels : mutated(labels, pick)];
      });
      expect(read).toBeGreaterThan(RUNS / 100);
    });
  },
);

describe('lies', () => {
  it('in a header take no memory', () => {
    const sizes: number[] = [];
    const track = <Kind extends { new (length: number): unknown }>(kind: Kind): Kind =>
      new Proxy(kind, {
        construct(target, args: [unknown, ...unknown[]], self) {
          if (typeof args[0] === 'number') sizes.push(args[0]);
          return Reflect.construct(target, args, self) as object;
        },
      });
    vi.stubGlobal('Uint8Array', track(Uint8Array));
    vi.stubGlobal('Float64Array', track(Float64Array));
    vi.stubGlobal('Float32Array', track(Float32Array));
    const before = npy(small.pixels, [6, 4, 4], { type: 'f8' });
    const text = Buffer.from(before).toString('latin1').replace('6, 4, 4', '4194304, 8, 8');
    const lie = new globalThis.Uint8Array(Buffer.from(text, 'latin1'));
    const idx = idxOf([], [4194304, 8, 8], 'f8');
    sizes.length = 0;
    const results = [lie, idx].map((bytes) => readFilesAtOnce([{ name: 'a', bytes }]));
    vi.unstubAllGlobals();
    for (const result of results)
      expect(result).toMatchObject({
        ok: false,
        reason: expect.stringMatching(/length: truncated/) as string,
      });
    expect(Math.max(0, ...sizes)).toBeLessThan(4096);
  });
});
