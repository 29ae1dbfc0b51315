import { wordsOf } from '../data/error-words.ts';
import { fail, ok, type Result } from '../data/result.ts';

/** Code that the first score does not wait for. Fails with a sentence where it cannot be fetched; the next call tries again. */
export async function fetchCode<Code>(load: () => Promise<Code>): Promise<Result<Code>> {
  try {
    return ok(await load());
  } catch (error) {
    return fail(
      `engine: a part of it could not be fetched (${wordsOf(error)}). Check the connection and try again`,
    );
  }
}

type Method = (...args: unknown[]) => Promise<unknown>;

/**
 * A part of the engine whose code is fetched, and which is created, at the first call of one of its methods; these resolve with a
 * Result or with nothing. Calls reach it in the order in which they came.
 */
export function fetchedPart<Part extends object>(load: () => Promise<Part>): Part {
  let loading: Promise<Result<Part>> | null = null;

  async function part(): Promise<Result<Part>> {
    const current = (loading ??= fetchCode(load));
    const loaded = await current;
    if (!loaded.ok && loading === current) loading = null;
    return loaded;
  }

  return new Proxy({} as Part, {
    // Promises ask what they resolve with for `then`.
    get: (_, name) =>
      typeof name === 'symbol' || name === 'then'
        ? undefined
        : async (...args: unknown[]) => {
            const loaded = await part();
            if (!loaded.ok) return loaded;
            const method: unknown = Reflect.get(loaded.value, name);
            return await (method as Method).apply(loaded.value, args);
          },
  });
}
