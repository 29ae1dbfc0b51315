/** The Web Locks of one origin, as its tabs see them; `held` lists the names in use. */
export function fakeLocks() {
  const held: string[] = [];
  const ends = new Map<string, Promise<unknown>>();
  const request = async (name: string, ...given: unknown[]): Promise<unknown> => {
    while (ends.has(name)) await ends.get(name);
    const work = (given.at(-1) as () => unknown)();
    const end = Promise.resolve(work)
      .catch(() => undefined)
      .then(() => {
        ends.delete(name);
        held.splice(held.indexOf(name), 1);
      });
    held.push(name);
    ends.set(name, end);
    return await work;
  };
  const query = () => Promise.resolve({ held: held.map((name) => ({ name })), pending: [] });
  return { held, locks: { request, query } as unknown as LockManager };
}
