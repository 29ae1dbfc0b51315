import { PrecacheController, type PrecacheEntry } from 'workbox-precaching';
import { respondWithMnist } from './mnist.ts';
import { isShare, respondToShare } from './share.ts';
import { Versions } from './versions.ts';

declare const self: ServiceWorkerGlobalScope;

/** Every file of this version with its integrity; the build puts the list here (src/build/pwa.ts). */
const entries = self.__WB_MANIFEST as readonly PrecacheEntry[];
const PAGE = 'index.html';
// The build gives the page the digest of the whole list as its revision.
const versions = new Versions(self, entries.find(({ url }) => url === PAGE)?.revision ?? '');

const precache = new PrecacheController({ cacheName: versions.cacheName });
precache.addToCacheList([...entries]);

// A file that does not arrive as it was built fails the installation: the version before stays active.
self.addEventListener('install', (event) => {
  event.waitUntil(versions.exclusively(() => precache.install(event)));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(versions.claimClients().then(() => versions.deleteUnused()));
});

self.addEventListener('message', (event) => {
  const { type } = event.data as { readonly type?: unknown };
  if (type === 'SKIP_WAITING') event.waitUntil(self.skipWaiting());
  // A page has started: another one may have been closed before.
  if (type === 'PAGE_STARTED') event.waitUntil(versions.deleteUnused());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { scope } = self.registration;
  if (isShare(request, scope)) event.respondWith(respondToShare(request, scope));
  if (request.method !== 'GET' || !request.url.startsWith(scope)) return;
  event.respondWith(request.mode === 'navigate' ? respondWithPage(event) : respondWithFile(event));
});

/** Every navigation to an address without a file gets the page. */
async function respondWithPage(event: FetchEvent): Promise<Response> {
  const { request, resultingClientId } = event;
  const response = (await versions.ownFile(request.url)) ?? (await versions.ownFile(PAGE));
  if (!response) return await fetch(request);
  event.waitUntil(versions.remember(resultingClientId));
  return response;
}

async function respondWithFile(event: FetchEvent): Promise<Response> {
  const { request, clientId } = event;
  const find = (url: string) => versions.file(url, clientId);
  return (await respondWithMnist(event, find)) ?? (await find(request.url)) ?? (await fetch(request));
}
