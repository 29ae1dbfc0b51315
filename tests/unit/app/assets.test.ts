import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const CONTENT = new Uint8Array([1, 2, 3]);
const MANIFEST = {
  files: ['a-images.bin', 'a-labels.bin'].map((file) => ({
    file,
    bytes: CONTENT.length,
    sha256: createHash('sha256').update(CONTENT).digest('hex'),
  })),
};

interface Call {
  readonly url: string;
  readonly init: RequestInit;
  readonly answer: (response: Response) => void;
}

let calls: Call[] = [];
let fetchPair: typeof import('../../../src/app/library/assets.ts').fetchPair;

beforeEach(async () => {
  calls = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit = {}) => {
    return new Promise<Response>((resolve, reject) => {
      init.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
      calls.push({ url, init, answer: resolve });
    });
  });
  vi.resetModules();
  ({ fetchPair } = await import('../../../src/app/library/assets.ts'));
});
afterEach(() => vi.unstubAllGlobals());

/** Answers every request that is or comes under way until what waits for them has ended: how long that takes depends on the load. */
async function serve(waiting: Promise<unknown>): Promise<void> {
  const waits = { ended: false };
  void waiting.finally(() => (waits.ended = true));
  for (let served = 0; !waits.ended; await turn())
    while (served < calls.length) {
      const { url, answer } = calls[served++];
      answer(url.endsWith('.json') ? Response.json(MANIFEST) : new Response(CONTENT));
    }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
const pair = { ok: true, value: { images: CONTENT, labels: CONTENT } };
const cancelled = { ok: false, reason: 'cancelled' };

it('asks the server whether a file kept by the browser is still the published one', async () => {
  const fetched = fetchPair('a');
  await serve(fetched);
  expect(await fetched).toEqual(pair);
  expect(calls.map(({ url, init }) => [url.split('/').pop(), init.cache])).toEqual([
    ['manifest.json', 'no-cache'],
    ['a-images.bin', 'no-cache'],
    ['a-labels.bin', 'no-cache'],
  ]);
});

it('goes on for one caller where another one cancels', async () => {
  const abort = new AbortController();
  const first = fetchPair('a', { signal: abort.signal });
  const second = fetchPair('a');
  abort.abort();
  expect(await first).toEqual(cancelled);
  await serve(second);
  expect(await second).toEqual(pair);
});

it('aborts the list of files once every caller has cancelled, and reads it anew for a later one', async () => {
  const aborts = [new AbortController(), new AbortController()];
  const fetched = aborts.map(({ signal }) => fetchPair('a', { signal }));
  await vi.waitFor(() => expect(calls).toHaveLength(1));
  aborts[0].abort();
  expect(await fetched[0]).toEqual(cancelled);
  expect(calls[0].init.signal?.aborted).toBe(false);
  aborts[1].abort();
  expect(await fetched[1]).toEqual(cancelled);
  expect(calls[0].init.signal?.aborted).toBe(true);
  calls = [];
  const later = fetchPair('a');
  await serve(later);
  expect(await later).toEqual(pair);
  expect(calls).toHaveLength(3);
});

it('reads the list of files anew after a failure, and only once after a success', async () => {
  const failed = fetchPair('a');
  await vi.waitFor(() => expect(calls).toHaveLength(1));
  calls[0].answer(new Response('', { status: 503 }));
  expect(await failed).toMatchObject({ ok: false });
  calls = [];
  for (const expected of [3, 5]) {
    const fetched = fetchPair('a');
    await serve(fetched);
    expect(await fetched).toEqual(pair);
    expect(calls).toHaveLength(expected);
  }
});
