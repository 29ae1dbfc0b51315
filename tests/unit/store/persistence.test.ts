import { afterEach, expect, it, vi } from 'vitest';
import { askToPersist, isPersistent, storageEstimate } from '../../../src/store/persistence.ts';

afterEach(() => vi.unstubAllGlobals());

it('is unknown where the browser does not say', async () => {
  vi.stubGlobal('navigator', {});
  expect(await storageEstimate()).toBeNull();
  expect(await isPersistent()).toBeNull();
  expect(await askToPersist()).toBe(false);
});

it('is what the browser says', async () => {
  vi.stubGlobal('navigator', {
    storage: {
      estimate: () => Promise.resolve({ usage: 5, quota: 10 }),
      persisted: () => Promise.resolve(false),
      persist: () => Promise.resolve(true),
    },
  });
  expect(await storageEstimate()).toEqual({ usage: 5, quota: 10 });
  expect(await isPersistent()).toBe(false);
  expect(await askToPersist()).toBe(true);
});

it('is unknown where the browser refuses', async () => {
  const refuse = () => Promise.reject(new TypeError('not here'));
  vi.stubGlobal('navigator', { storage: { estimate: refuse, persisted: refuse, persist: refuse } });
  expect(await storageEstimate()).toBeNull();
  expect(await isPersistent()).toBeNull();
  expect(await askToPersist()).toBe(false);
});
