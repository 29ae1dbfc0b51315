import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ShippedModel } from '../../../src/app/compare/shipped-models.ts';
import { encodeModel, type ModelFile } from '../../../src/models/model-file.ts';

const estimate = { nats: 9, standardError: 0.1, images: 3 };
const UNSEEN = Float32Array.from({ length: 1000 }, (_, i) => -(i % 7) - 0.5);
const FILE: ModelFile = {
  model: {
    family: 'independent',
    grid: { width: 2, height: 1 },
    hyper: { strength: 1, 'class-conditional': 0 },
    tensors: { logit: Float32Array.of(0, 1) },
  },
  provenance: {
    dataset: 'train.bin',
    images: 7,
    binarisation: { kind: 'dynamic', seed: 0 },
    targets: 'soft',
    seed: 3,
    epochs: 1,
    steps: 2,
    seconds: 4,
    backend: 'cpu',
  },
  published: {
    binarisation: { kind: 'threshold' },
    train: estimate,
    validation: estimate,
    test: estimate,
    unseen: UNSEEN,
  },
};
const BYTES = encodeModel(FILE);
const MODEL: ShippedModel = {
  name: 'plain',
  bytes: BYTES.length,
  sha256: createHash('sha256').update(BYTES).digest('hex'),
  family: 'independent',
  grid: { width: 2, height: 1 },
  hyper: { strength: 1, 'class-conditional': 0 },
  binarisation: { kind: 'threshold' },
  test: { nats: 9, standardError: 0.1 },
  accuracy: null,
};

let served: Uint8Array<ArrayBuffer> | null = BYTES;
let fetches = 0;
const kept = new Map<string, Response>();
const cache = {
  match: (address: string) => Promise.resolve(kept.get(address)?.clone()),
  put: (address: string, response: Response) => Promise.resolve(void kept.set(address, response)),
};
let fetchShipped: typeof import('../../../src/app/compare/fetch-shipped.ts').fetchShipped;

/** As a page that is opened anew: nothing is known but what the cache holds. */
async function openPage(): Promise<void> {
  vi.resetModules();
  ({ fetchShipped } = await import('../../../src/app/compare/fetch-shipped.ts'));
}

beforeEach(async () => {
  served = BYTES;
  fetches = 0;
  kept.clear();
  vi.stubGlobal('fetch', () => {
    fetches++;
    return served ? Promise.resolve(new Response(served)) : Promise.reject(new TypeError('no network'));
  });
  vi.stubGlobal('caches', { open: () => Promise.resolve(cache) });
  await openPage();
});
afterEach(() => vi.unstubAllGlobals());

it('fetches a model once and says how far it is', async () => {
  const progress: number[][] = [];
  const first = await fetchShipped(MODEL, { onProgress: (...bytes) => progress.push(bytes) });
  expect(first).toMatchObject({
    ok: true,
    value: {
      id: 'shipped plain',
      family: 'independent',
      targets: 'soft',
      seed: 3,
      train: estimate,
      unseen: UNSEEN,
    },
  });
  expect(progress.at(-1)).toEqual([BYTES.length, BYTES.length]);
  expect(await fetchShipped(MODEL)).toEqual(first);
  expect(fetches).toBe(1);
});

it('leaves scores of other digits than those of the app to be computed here', async () => {
  const few = encodeModel({ ...FILE, published: { ...FILE.published!, unseen: Float32Array.of(-2, -1) } });
  served = few;
  const sha256 = createHash('sha256').update(few).digest('hex');
  const fetched = await fetchShipped({ ...MODEL, bytes: few.length, sha256 });
  expect(fetched).toMatchObject({ ok: true, value: { id: 'shipped plain' } });
  expect(fetched.ok && 'unseen' in fetched.value).toBe(false);
});

it('has it without a network in a page that is opened later', async () => {
  await fetchShipped(MODEL);
  await openPage();
  served = null;
  expect(await fetchShipped(MODEL)).toMatchObject({ ok: true, value: { name: 'Independent pixels, 2 × 1' } });
  expect(fetches).toBe(1);
});

it('fetches it again where the cache holds other bytes', async () => {
  await fetchShipped(MODEL);
  const other = BYTES.slice();
  other[other.length - 1] ^= 1;
  kept.forEach((_, address) => kept.set(address, new Response(other)));
  await openPage();
  expect(await fetchShipped(MODEL)).toMatchObject({ ok: true });
  expect(fetches).toBe(2);
  expect(new Uint8Array(await [...kept.values()][0].arrayBuffer())).toEqual(BYTES);
});

it('keeps nothing of a download that failed, and tries again', async () => {
  served = BYTES.slice(0, 50);
  const short = await fetchShipped(MODEL);
  expect(short).toEqual({ ok: false, reason: expect.stringContaining('only 50 of') as string });
  served = null;
  const offline = await fetchShipped(MODEL);
  expect(offline).toEqual({ ok: false, reason: expect.stringContaining('Check the connection') as string });
  expect(kept.size).toBe(0);
  served = BYTES;
  expect(await fetchShipped(MODEL)).toMatchObject({ ok: true });
});

it('works where the browser keeps nothing', async () => {
  vi.stubGlobal('caches', { open: () => Promise.reject(new DOMException('off', 'SecurityError')) });
  expect(await fetchShipped(MODEL)).toMatchObject({ ok: true });
});
