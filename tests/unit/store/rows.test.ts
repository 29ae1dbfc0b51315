import { describe, expect, it } from 'vitest';
import { checksum, plainCopy } from '../../../src/store/checksum.ts';
import { rowOf, verifyRow } from '../../../src/store/rows.ts';
import type { TableName } from '../../../src/store/tables.ts';
import { dataset, records } from './samples.ts';

const tables = Object.keys(records) as TableName[];

/** The paths of all values in a record that can be damaged. */
function paths(value: unknown, here: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...here]];
  return Object.entries(value).flatMap(([key, entry]) => paths(entry, [...here, key]));
}

function damage(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string') return `${value}x`;
  return 'was null';
}

describe('rows', () => {
  it.each(tables)('of %s are verified as they were written, after a structured clone', (table) => {
    const row = structuredClone(rowOf(table, records[table]));
    expect(verifyRow(table, row)).toEqual({ ok: true, value: row });
    expect(row.record).toEqual(records[table]);
  });

  it.each(tables)('of %s are refused with any one value damaged or any field lost', (table) => {
    const row = rowOf(table, records[table]);
    for (const path of paths(row)) {
      const damaged = structuredClone(row) as unknown as Record<string, unknown>;
      let parent: Record<string, unknown> = damaged;
      for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
      const last = path[path.length - 1];
      parent[last] = damage(parent[last]);
      expect(verifyRow(table, damaged).ok, path.join('.')).toBe(false);
      if (ArrayBuffer.isView(parent)) continue;
      Reflect.deleteProperty(parent, last);
      expect(verifyRow(table, damaged).ok, `without ${path.join('.')}`).toBe(false);
    }
    for (const nonsense of [
      undefined,
      null,
      5,
      'row',
      [],
      {},
      { ...row, record: null },
      { ...row, record: [] },
    ])
      expect(verifyRow(table, nonsense).ok).toBe(false);
  });

  it('name the field that is wrong', () => {
    const row = rowOf('datasets', dataset);
    const wrong = { ...row, record: { ...row.record, grid: { width: 0, height: 28 } } };
    expect(verifyRow('datasets', wrong)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/grid/) as string,
    });
    expect(() => rowOf('datasets', { ...dataset, count: -1 })).toThrow('datasets: count');
    expect(() => rowOf('settings', { key: 'x', value: { when: new Date(0) } })).toThrow(
      'settings.value.when',
    );
  });
});

describe('checksum', () => {
  it('depends on content alone', () => {
    expect(checksum({ a: 1, b: [2, 'x'] })).toBe(checksum({ b: [2, 'x'], a: 1 }));
    const pool = Uint8Array.of(0, 1, 2, 3);
    expect(checksum(pool.subarray(1, 3))).toBe(checksum(Uint8Array.of(1, 2)));
  });

  it('differs for similar values', () => {
    const values = [
      null,
      undefined,
      true,
      false,
      0,
      -0,
      NaN,
      '',
      '0',
      'null',
      [],
      {},
      [0],
      [[0]],
      ['a', 'b'],
      ['ab'],
      ['ab', ''],
      { a: 1 },
      { a: '1' },
      { a: undefined },
      Uint8Array.of(1, 0, 0, 0),
      Uint32Array.of(1),
      Float32Array.of(1),
      new Uint8Array(0),
      new Float32Array(0),
    ];
    expect(new Set(values.map((value) => checksum(value))).size).toBe(values.length);
  });
});

describe('plainCopy', () => {
  it('copies a view without the rest of its buffer, and the targets of proxies', () => {
    const pool = new Uint8Array(1000).fill(3);
    const copy = plainCopy({ list: new Proxy([pool.subarray(10, 12)], {}) }) as { list: Uint8Array[] };
    expect(copy).toEqual({ list: [Uint8Array.of(3, 3)] });
    expect(copy.list[0].buffer.byteLength).toBe(2);
    expect(structuredClone(copy)).toEqual(copy);
  });
});
