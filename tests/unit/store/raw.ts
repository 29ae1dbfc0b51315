import { vi } from 'vitest';
import type { MockInstance } from 'vitest';

/** IndexedDB without the store above it, as an older version, a failing disk or another tab would use it. */

export function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('request failed'));
  });
}

export function openRaw(
  name: string,
  version?: number,
  upgrade?: (db: IDBDatabase) => void,
): Promise<IDBDatabase> {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = () => upgrade?.(request.result);
  return done(request);
}

/** Changes the rows of one table without the store. */
export async function edit(
  name: string,
  table: string,
  change: (row: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  const db = await openRaw(name);
  const rows = db.transaction(table, 'readwrite').objectStore(table);
  for (const row of (await done(rows.getAll())) as Record<string, unknown>[])
    await done(rows.put(change(row)));
  db.close();
}

/** Collects the connections that are opened from now on. */
export function watchConnections(): IDBDatabase[] {
  const connections: IDBDatabase[] = [];
  const open = methodOf(IDBFactory.prototype, 'open') as IDBFactory['open'];
  vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(function (this: IDBFactory, ...given) {
    const request = open.apply(this, given);
    request.addEventListener('success', () => connections.push(request.result));
    return request;
  });
  return connections;
}

/** Calls back before and after every row is handed to its table, until the spy is restored. */
export function watchPuts(
  before: (put: number) => void,
  after: (put: number, transaction: IDBTransaction) => void = () => {},
): MockInstance {
  let puts = 0;
  const put = methodOf(IDBObjectStore.prototype, 'put') as IDBObjectStore['put'];
  return vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
    this: IDBObjectStore,
    ...given
  ) {
    before(++puts);
    const request = put.apply(this, given);
    after(puts, this.transaction);
    return request;
  });
}

function methodOf(prototype: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(prototype, name)?.value;
}
