import { CacheFirst } from 'workbox-strategies';

type Find = (url: string) => Promise<Response | undefined>;

/** The large files of MNIST, relative to the scope. They are cached when fetched, not precached. */
const MNIST = /\/data\/(mnist-[^/]*\.bin)$/;

/**
 * A large file of MNIST from its cache, else from the network. Only bytes with the hash in data/manifest.json are
 * stored in or taken from the cache; `find` finds that file. Null for every other request.
 */
export async function respondWithMnist(event: FetchEvent, find: Find): Promise<Response | null> {
  const { request } = event;
  const file = MNIST.exec(new URL(request.url).pathname)?.[1];
  if (file === undefined) return null;
  const list = await find(new URL('manifest.json', request.url).href);
  const expected = list ? sha256In(await list.json(), file) : null;
  const isPublished = async (response: Response): Promise<boolean> =>
    response.status === 200 && expected !== null && (await sha256(response.clone())) === expected;
  const strategy = new CacheFirst({
    cacheName: 'mnist',
    plugins: [
      {
        cachedResponseWillBeUsed: async ({ cachedResponse }) =>
          cachedResponse && (await isPublished(cachedResponse)) ? cachedResponse : null,
        cacheWillUpdate: async ({ response }) => ((await isPublished(response)) ? response : null),
      },
    ],
  });
  return await strategy.handle(event);
}

/** The hash of a file in data/manifest.json (src/build/mnist.ts); null where it is not listed. */
function sha256In(list: unknown, file: string): string | null {
  const { files } = list as { readonly files: readonly { readonly file: string; readonly sha256: string }[] };
  return files.find((each) => each.file === file)?.sha256 ?? null;
}

async function sha256(response: Response): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await response.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
