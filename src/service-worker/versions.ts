/**
 * The files of several versions, each in a cache of its own. A page stays with the version it was opened with, also when
 * other tabs start newer ones: its requests are answered from that version's cache, which stays until no open page needs
 * it. The version of every page is recorded when the page is served, in a cache too, because the browser may stop and
 * restart a service worker at any time.
 */
export class Versions {
  readonly #worker: ServiceWorkerGlobalScope;
  readonly #scope: string;
  readonly #prefix: string;
  /** The cache of the version that this service worker belongs to. */
  readonly cacheName: string;
  /** Caches by client, as far as they have been looked up since this service worker started. */
  readonly #known = new Map<string, string>();

  /** `version` identifies the list of files of this service worker's version. */
  constructor(worker: ServiceWorkerGlobalScope, version: string) {
    this.#worker = worker;
    this.#scope = worker.registration.scope;
    this.#prefix = `inkling-files ${this.#scope} `;
    this.cacheName = `${this.#prefix}${version}`;
  }

  /** A file of this version; undefined where it has none of this address. */
  async ownFile(url: string): Promise<Response | undefined> {
    return await matchIn(this.cacheName, url);
  }

  /** A file of the version that a client runs; where it has none, of any cached version. */
  async file(url: string, clientId: string): Promise<Response | undefined> {
    const first = [(await this.#cacheOf(clientId)) ?? this.cacheName, this.cacheName];
    for (const name of new Set([...first, ...(await this.#caches())])) {
      const response = await matchIn(name, url);
      if (response) return response;
    }
    return undefined;
  }

  /** Records that a client runs this version. */
  async remember(clientId: string): Promise<void> {
    // Safari before 18 does not say which client a navigation leads to: such a page counts as unknown.
    if (!clientId) return;
    this.#known.set(clientId, this.cacheName);
    const records = await caches.open(this.#records);
    await records.put(this.#recordOf(clientId), new Response(this.cacheName));
  }

  /** Controls every open page from now on. */
  async claimClients(): Promise<void> {
    // The pages of a first visit have just come from the network: they are of this version.
    if ((await this.#caches()).every((name) => name === this.cacheName))
      for (const { id } of await this.#pages()) await this.remember(id);
    await this.#worker.clients.claim();
  }

  /** Deletes the caches that neither this version, a waiting one, nor an open page needs. */
  async deleteUnused(): Promise<void> {
    const needed = await this.#neededByPages();
    if (!needed) return;
    await this.exclusively(async () => {
      const { installing, waiting } = this.#worker.registration;
      if (installing || waiting) return;
      for (const name of await this.#caches())
        if (name !== this.cacheName && !needed.has(name)) await caches.delete(name);
    });
  }

  /** No version is installed while caches are deleted, nor the other way round. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const locks = (navigator as Partial<Navigator>).locks;
    if (!locks) return await work();
    return await locks.request(`${this.#prefix}lock`, work);
  }

  /** Caches of the versions that open pages run; null where a page's version is not known. */
  async #neededByPages(): Promise<ReadonlySet<string> | null> {
    const records = await caches.open(this.#records);
    const needed = new Map<string, string>();
    for (const request of await records.keys()) {
      const id = new URL(request.url).searchParams.get('client') ?? '';
      // Unlike `matchAll`, this waits for a page that is being opened.
      const client = await this.#worker.clients.get(id);
      const cacheName = await this.#cacheOf(id);
      if (client && cacheName) needed.set(id, cacheName);
      else await this.#forget(id);
    }
    const pages = await this.#pages();
    return pages.every(({ id }) => needed.has(id)) ? new Set(needed.values()) : null;
  }

  async #forget(clientId: string): Promise<void> {
    this.#known.delete(clientId);
    await (await caches.open(this.#records)).delete(this.#recordOf(clientId));
  }

  async #cacheOf(clientId: string): Promise<string | undefined> {
    const known = this.#known.get(clientId);
    if (known !== undefined || !clientId) return known;
    const record = await caches.match(this.#recordOf(clientId), { cacheName: this.#records });
    const cacheName = await record?.text();
    if (cacheName !== undefined) this.#known.set(clientId, cacheName);
    return cacheName;
  }

  /** Names of all caches that hold a version's files, with that of the versions before there were several. */
  async #caches(): Promise<string[]> {
    const before = `workbox-precache-v2-${this.#scope}`;
    return (await caches.keys()).filter((name) => name === before || name.startsWith(this.#prefix));
  }

  /** Open pages of this scope, whichever service worker answers them, if any. */
  async #pages(): Promise<readonly Client[]> {
    const all = await this.#worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
    return all.filter(({ url }) => url.startsWith(this.#scope));
  }

  get #records(): string {
    return `inkling-clients ${this.#scope}`;
  }

  #recordOf(clientId: string): string {
    return `${this.#scope}?client=${encodeURIComponent(clientId)}`;
  }
}

/** The query is ignored: it is a revision in the cache and an experiment in a link. */
async function matchIn(cacheName: string, url: string): Promise<Response | undefined> {
  return await caches.match(url, { cacheName, ignoreSearch: true });
}
