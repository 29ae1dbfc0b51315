import { zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { decodeBackup, encodeBackup } from '../../../src/app/backup/backup-file.ts';
import { crc32 } from '../../../src/data/crc32.ts';
import { readZip } from '../../../src/data/zip.ts';
import { threefry2x32 } from '../../../src/data/rng.ts';
import { rowOf } from '../../../src/store/rows.ts';
import { dataset, drawing, model, payload, run } from '../store/samples.ts';

const SEED = 20261201;
const MUTATIONS = 100_000;
const rest = () => Promise.resolve();

/** Whole numbers below `limit`, the same in every run. */
function randomBelow(): (limit: number) => number {
  const pair = new Uint32Array(2);
  let counter = 0;
  return (limit) => {
    threefry2x32(SEED, 0, counter++, 0, pair);
    return pair[0] % limit;
  };
}

/** Values that a field of a hostile file may have. */
const LIES: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  2 ** 53,
  1e308,
  '',
  '__proto__',
  'x'.repeat(300),
  [],
  {},
  [[]],
  { $array: 'Float64Array', at: 0, length: 2 ** 50 },
  { $array: 'Uint8Array', at: 2 ** 40, length: 1 },
  { $array: 'Float32Array', at: 1, length: 1 },
  { $value: 'NaN' },
  { $entries: [['__proto__', 1]] },
  { $entries: [['a', { $entries: [['b', 1]] }]] },
];

/** Every object and list in a JSON value, with its fields. */
function places(value: unknown, found: { holder: Record<string, unknown>; key: string }[] = []) {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, entry] of Object.entries(value)) {
    found.push({ holder: value as Record<string, unknown>, key });
    places(entry, found);
  }
  return found;
}

it(`gives a typed result for ${MUTATIONS} mutated backups (seed ${SEED})`, { timeout: 240_000 }, async () => {
  const below = randomBelow();
  const small = { ...drawing, pixels: drawing.pixels.slice() };
  const rows = {
    datasets: [rowOf('datasets', dataset)],
    payloads: [rowOf('payloads', payload)],
    drawings: [rowOf('drawings', small)],
    models: [rowOf('models', model)],
    runs: [rowOf('runs', run)],
    settings: [rowOf('settings', { key: 'drawing', value: Uint8Array.of(1, 2, 3) })],
  };
  const parts = await encodeBackup({ rows, preferences: { 'inkling-theme': 'dark' }, createdAt: 1e12 }, rest);
  const whole = new Uint8Array(await new Blob(parts).arrayBuffer());
  const read = readZip(whole, 'a.zip', { entries: 9, entryBytes: 1e6, bytes: 1e6 });
  if (!read.ok) throw new Error(read.reason);
  const files = Object.fromEntries(read.value.map(({ name, bytes }) => [name, bytes]));
  const text = (name: string) => new TextDecoder().decode(files[name]);
  const manifestText = text('manifest.json');
  const rowsText = text('rows.json');

  let refused = 0;
  let slowest = 0;
  for (let mutation = 0; mutation < MUTATIONS; mutation++) {
    let bytes: Uint8Array<ArrayBuffer>;
    const kind = below(4);
    if (kind === 0) {
      // Anywhere in the archive.
      bytes = whole.slice(0, below(8) === 0 ? below(whole.length) : whole.length);
      for (let flips = 1 + below(4); flips > 0 && bytes.length > 0; flips--)
        bytes[below(bytes.length)] = below(256);
    } else {
      // A lie in a field, in an archive whose lengths and checksums are right.
      const manifest = JSON.parse(manifestText) as {
        files: Record<string, { bytes: number; crc32: number }>;
      };
      const table = JSON.parse(rowsText) as Record<string, unknown>;
      const fields = places(kind === 1 ? manifest : table);
      for (let changes = 1 + below(2); changes > 0; changes--) {
        const { holder, key } = fields[below(fields.length)];
        if (below(6) === 0) Reflect.deleteProperty(holder, key);
        else holder[key] = LIES[below(LIES.length)];
      }
      const arrays = files['arrays.bin'].slice();
      if (kind === 3) arrays[below(arrays.length)] = below(256);
      const content: Record<string, Uint8Array> = {
        'rows.json': new TextEncoder().encode(JSON.stringify(table)),
        'arrays.bin': arrays,
      };
      if (kind !== 1)
        for (const [name, each] of Object.entries(content))
          manifest.files[name] = { bytes: each.length, crc32: crc32(each) };
      content['manifest.json'] = new TextEncoder().encode(JSON.stringify(manifest));
      bytes = zipSync(content, { level: 0 });
    }
    const start = performance.now();
    const result = await decodeBackup(bytes, 'a.zip', rest);
    slowest = Math.max(slowest, performance.now() - start);
    if (result.ok) continue;
    refused++;
    if (!/^a\.zip: \S/.test(result.reason)) throw new Error(`mutation ${mutation}: ${result.reason}`);
  }
  // A changed name of a preference, or a flipped byte between two entries, changes nothing that counts.
  expect(refused).toBeGreaterThan(0.8 * MUTATIONS);
  expect(refused).toBeLessThan(MUTATIONS);
  expect(slowest).toBeLessThan(2000);
  expect(Object.keys(Object.prototype)).toEqual([]);
});
