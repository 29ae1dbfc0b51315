import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Persistence } from '../../../src/app/backup/persistence.svelte.ts';

let asked: number;
let promised: boolean;
let answer: boolean;
let kept: Map<string, string>;

beforeEach(() => {
  asked = 0;
  promised = false;
  answer = true;
  kept = new Map();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
  vi.stubGlobal('navigator', {
    storage: {
      estimate: () => Promise.resolve({ usage: 5, quota: 10 }),
      persisted: () => Promise.resolve(promised),
      persist: () => {
        asked++;
        promised = answer;
        return Promise.resolve(answer);
      },
    },
  });
});
afterEach(() => vi.unstubAllGlobals());

it('asks the browser once, when something is kept for the first time', async () => {
  const persistence = new Persistence();
  await persistence.refresh();
  expect(persistence.persistent).toBe(false);
  expect(persistence.estimate).toEqual({ usage: 5, quota: 10 });
  expect(asked).toBe(0);
  await Promise.all([persistence.askOnce(), persistence.askOnce()]);
  expect(asked).toBe(1);
  expect(persistence.persistent).toBe(true);
  expect(persistence.asked).toBe(true);
});

it('does not ask again after a refusal, but on request', async () => {
  answer = false;
  const persistence = new Persistence();
  await persistence.askOnce();
  expect(persistence.persistent).toBe(false);
  const later = new Persistence();
  await later.askOnce();
  expect(asked).toBe(1);
  answer = true;
  await later.ask();
  expect(asked).toBe(2);
  expect(later.persistent).toBe(true);
});

it('does not ask for what has been promised', async () => {
  promised = true;
  await new Persistence().askOnce();
  expect(asked).toBe(0);
  expect(kept.size).toBe(0);
});

it('says nothing where the browser says nothing', async () => {
  vi.stubGlobal('navigator', {});
  const persistence = new Persistence();
  await persistence.askOnce();
  await persistence.refresh();
  expect(persistence.persistent).toBeNull();
});
