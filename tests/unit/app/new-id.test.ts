import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it, vi } from 'vitest';
import { newId } from '../../../src/app/new-id.ts';

afterEach(() => vi.unstubAllGlobals());

it('ids are random UUIDs, also on plain http, where the browser makes none itself', () => {
  const { crypto } = globalThis;
  vi.stubGlobal('crypto', {
    getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes),
  });
  const ids = Array.from({ length: 100 }, newId);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(100);
});

it('no source asks for crypto.randomUUID, which secure origins alone have', () => {
  const root = fileURLToPath(new URL('../../../src', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(ts|svelte)$/.test(file),
  );
  expect(files.length).toBeGreaterThan(100);
  const asking = files.filter((file) => readFileSync(`${root}/${file}`, 'utf8').includes('.randomUUID('));
  expect(asking).toEqual([]);
});
