import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withIntegrity } from '../../../src/build/pwa.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inkling-precache-'));
  writeFileSync(join(folder, 'index.html'), '<title>Inkling</title>');
  writeFileSync(join(folder, 'starter.bin'), 'digits');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The list of both files as the service worker gets it. */
async function listed() {
  const entries = ['index.html', 'starter.bin'].map((url) => ({ url, revision: 'of the builder', size: 1 }));
  const { manifest } = await withIntegrity(() => folder)(entries);
  return new Map(manifest.map((entry) => [entry.url, entry]));
}

describe('the list of precached files', () => {
  it('has the SHA-384 of every file, in the form that fetch takes', async () => {
    const hash = createHash('sha384').update('digits').digest('base64');
    expect((await listed()).get('starter.bin')).toMatchObject({
      integrity: `sha384-${hash}`,
      revision: 'of the builder',
    });
    expect((await listed()).get('index.html')?.integrity).toMatch(/^sha384-[\w+/]{64}$/);
  });

  it('names another version when any file differs, and the same when none does', async () => {
    const version = async () => (await listed()).get('index.html')?.revision;
    const first = await version();
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await version()).toBe(first);
    writeFileSync(join(folder, 'starter.bin'), 'other digits');
    expect(await version()).not.toBe(first);
  });

  it('is refused without the page', async () => {
    await expect(async () => await withIntegrity(() => folder)([])).rejects.toThrow('index.html');
  });
});
