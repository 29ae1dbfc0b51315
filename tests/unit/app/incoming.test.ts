import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { filesIn, onLaunch, takeShared } from '../../../src/app/files/incoming.ts';
import { isShare, respondToShare } from '../../../src/service-worker/share.ts';

const SCOPE = 'https://inkling.test/app/';

/** Caches of the browser, in memory. */
function memoryCaches() {
  const stored = new Map<string, Map<string, Response>>();
  return {
    open: (name: string) => {
      const entries = stored.get(name) ?? new Map<string, Response>();
      stored.set(name, entries);
      return Promise.resolve({
        put: (address: URL, response: Response) => Promise.resolve(entries.set(address.href, response)),
        keys: () => Promise.resolve([...entries.keys()].map((url) => new Request(url))),
        match: (request: Request) => Promise.resolve(entries.get(request.url)),
      });
    },
    delete: (name: string) => Promise.resolve(stored.delete(name)),
    keys: () => Promise.resolve([...stored.keys()]),
  };
}

let replaced: string[];

function visit(address: string): void {
  vi.stubGlobal('location', new URL(address));
}

beforeEach(() => {
  replaced = [];
  vi.stubGlobal('caches', memoryCaches());
  vi.stubGlobal('history', { replaceState: (_: unknown, __: string, url: string) => replaced.push(url) });
});
afterEach(() => vi.unstubAllGlobals());

async function share(files: readonly File[]): Promise<Response> {
  const form = new FormData();
  for (const file of files) form.append('files', file);
  return await respondToShare(new Request(`${SCOPE}share`, { method: 'POST', body: form }), SCOPE);
}

describe('what is shared to the app', () => {
  it('reaches the page that the answer leads to, once, under its name', async () => {
    const odd = 'über & 7?.png';
    const answer = await share([
      new File(['one'], odd, { type: 'image/png' }),
      new File(['two'], 'b.csv', { type: 'text/csv' }),
    ]);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`${SCOPE}?shared`);
    visit(`${SCOPE}?shared#/lab`);
    const files = await takeShared();
    expect(files?.map(({ name }) => name)).toEqual([odd, 'b.csv']);
    expect(await files![0].text()).toBe('one');
    expect(files![0].type).toBe('image/png');
    expect(replaced).toEqual(['/app/#/lab']);
    expect(await takeShared()).toEqual([]);
  });

  it('takes the place of what was shared before and not taken', async () => {
    await share([new File(['1'], 'a'), new File(['2'], 'b')]);
    await share([new File(['3'], 'c')]);
    visit(`${SCOPE}?shared`);
    expect((await takeShared())?.map(({ name }) => name)).toEqual(['c']);
  });

  it('is nothing where the form is broken, and where nothing was shared', async () => {
    const broken = new Request(`${SCOPE}share`, { method: 'POST', body: 'no form' });
    expect((await respondToShare(broken, SCOPE)).status).toBe(303);
    visit(`${SCOPE}?shared`);
    expect(await takeShared()).toEqual([]);
    visit(SCOPE);
    expect(await takeShared()).toBeNull();
    expect(replaced).toHaveLength(1);
  });

  it.each([
    ['POST', `${SCOPE}share`, true],
    ['POST', `${SCOPE}share?x=1`, true],
    ['GET', `${SCOPE}share`, false],
    ['POST', `${SCOPE}other`, false],
    ['POST', 'https://inkling.test/share', false],
  ])('is told by its address: %s %s', (method, url, expected) => {
    expect(isShare(new Request(url, { method }), SCOPE)).toBe(expected);
  });
});

it('gives the files of a drop, and counts folders apart', () => {
  const file = new File(['x'], 'x.png');
  const item = (isDirectory: boolean) => ({
    kind: 'file',
    getAsFile: () => file,
    webkitGetAsEntry: () => ({ isDirectory }),
  });
  const text = { kind: 'string', getAsFile: () => null, webkitGetAsEntry: () => null };
  const transfer = { items: [item(false), item(true), text] } as unknown as DataTransfer;
  expect(filesIn(transfer)).toEqual({ files: [file], folders: 1 });
  expect(filesIn(null)).toEqual({ files: [], folders: 0 });
});

it('gives the files with which the installed app is opened, without those that cannot be read', async () => {
  let consumer: ((launch: unknown) => void) | undefined;
  vi.stubGlobal('launchQueue', { setConsumer: (take: typeof consumer) => (consumer = take) });
  const opened: (readonly File[])[] = [];
  onLaunch((files) => opened.push(files));
  const file = new File(['x'], 'm.safetensors');
  const readable = { getFile: () => Promise.resolve(file) };
  const gone = { getFile: () => Promise.reject(new DOMException('', 'NotFoundError')) };
  consumer?.({ files: [readable, gone] });
  consumer?.({ files: [] });
  consumer?.({});
  await new Promise((resolve) => setTimeout(resolve));
  expect(opened).toEqual([[file]]);
});
