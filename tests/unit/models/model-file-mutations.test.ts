import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { threefry2x32 } from '../../../src/data/rng.ts';
import { encodeOpened, openModel } from '../../../src/models/model-file.ts';
import { refuseModel } from '../../../src/models/validation.ts';

const SEED = 20261202;
const MUTATIONS = 100_000;
const fixtures = fileURLToPath(new URL('../../fixtures/models/', import.meta.url));

/** Whole numbers below `limit`, the same in every run. */
function randomBelow(): (limit: number) => number {
  const pair = new Uint32Array(2);
  let counter = 0;
  return (limit) => {
    threefry2x32(SEED, 0, counter++, 0, pair);
    return pair[0] % limit;
  };
}

/** What a field of a header may say that is not so. */
const LIES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  0.5,
  1,
  2 ** 31,
  2 ** 53,
  1e308,
  '',
  '0',
  '1e9',
  'NaN',
  'F32',
  'F16',
  'F64',
  '__proto__',
  '\u001b[2J\u202e',
  'x'.repeat(300),
  '{"hidden":1e9}',
  [],
  [0, 0],
  [2 ** 52, 2 ** 52],
  [[]],
  {},
  { dtype: 'F32', shape: [], data_offsets: [0, 4] },
];

type Holder = Record<string, unknown>;

/** Every field of a JSON value, with what holds it. */
function places(value: unknown, found: { holder: Holder; key: string }[] = []): typeof found {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, entry] of Object.entries(value)) {
    found.push({ holder: value as Holder, key });
    places(entry, found);
  }
  return found;
}

interface Source {
  readonly json: string;
  readonly data: Uint8Array;
}

/** One file with something wrong in it: fields of the header, its length, its end, bytes anywhere, or numbers of its tensors. */
function mutated({ json, data }: Source, below: (limit: number) => number): Uint8Array {
  const header = JSON.parse(json) as Holder;
  const body = data.slice();
  let text = json;
  const kind = below(8);
  if (kind <= 3) {
    for (let times = 1 + below(2); times > 0; times--) {
      const all = places(header);
      const { holder, key } = all[below(all.length)];
      const what = below(5);
      if (what === 0) Reflect.deleteProperty(holder, key);
      else if (what === 1) {
        const other = all[below(all.length)];
        holder[key] = structuredClone(other.holder[other.key]);
      } else if (what === 2) holder[`${key}${below(3)}`] = structuredClone(holder[key]);
      else holder[key] = structuredClone(LIES[below(LIES.length)]);
    }
    text = JSON.stringify(header);
  } else if (kind === 4) {
    const at = below(text.length);
    text = text.slice(0, at) + String.fromCharCode(below(128)) + text.slice(at + below(3));
  } else if (kind === 5 && body.length >= 4) {
    const numbers = new DataView(body.buffer);
    const values = [NaN, Infinity, 1e30, -1e9, 1e4, -0, 1e-40, 0.5];
    numbers.setFloat32(4 * below(Math.floor(body.length / 4)), values[below(values.length)], true);
  }
  const encoded = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + encoded.length + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, encoded.length, true);
  bytes.set(encoded, 8);
  bytes.set(body, 8 + encoded.length);
  if (kind === 6) {
    view.setUint32(0, below(2) === 0 ? below(2 ** 31) : below(bytes.length), true);
    if (below(4) === 0) view.setUint32(4, below(2 ** 31), true);
  }
  if (kind === 7) {
    if (below(2) === 0) return bytes.subarray(0, below(bytes.length));
    bytes[below(bytes.length)] = below(256);
  }
  return bytes;
}

it(
  `gives a model that can be computed with, or one clean line, for ${MUTATIONS} mutated model files (seed ${SEED})`,
  { timeout: 300_000 },
  () => {
    const below = randomBelow();
    const sources = readdirSync(fixtures)
      .filter((name) => /-(2x2|3x3|4x4)\.safetensors$/.test(name))
      .map((name): Source => {
        const bytes = new Uint8Array(readFileSync(fixtures + name));
        const end = 8 + new DataView(bytes.buffer).getUint32(0, true);
        return { json: new TextDecoder().decode(bytes.subarray(8, end)).trimEnd(), data: bytes.slice(end) };
      })
      .filter(({ data }) => data.length < 4096);
    expect(sources.length).toBeGreaterThan(20);
    let accepted = 0;
    let slowest = 0;
    for (let turn = 0; turn < MUTATIONS; turn++) {
      const bytes = mutated(sources[below(sources.length)], below);
      const began = performance.now();
      const opened = openModel(bytes, 'm');
      slowest = Math.max(slowest, performance.now() - began);
      if (!opened.ok) {
        if (!/^m: [^\p{Cc}\p{Cf}]{3,600}$/u.test(opened.reason))
          throw new Error(`turn ${turn}: ${JSON.stringify(opened.reason)}`);
        continue;
      }
      accepted++;
      const { model } = opened.value.file;
      const refused = refuseModel(model);
      if (refused !== null) throw new Error(`turn ${turn}: ${refused}`);
      const again = encodeOpened(model.tensors, opened.value.frame);
      if (!again.ok || !Buffer.from(again.value).equals(bytes))
        throw new Error(`turn ${turn}: the file is not written again as it was`);
    }
    expect(({} as Holder).hidden).toBeUndefined();
    // Some mutations change nothing that counts.
    expect(accepted).toBeGreaterThan(MUTATIONS / 100);
    expect(accepted).toBeLessThan(MUTATIONS / 2);
    expect(slowest).toBeLessThan(2000);
  },
);
