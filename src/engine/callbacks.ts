type Callback = (...given: unknown[]) => unknown;

/** Calls whose callbacks outlive them. */
const LASTING: readonly PropertyKey[] = ['watch'];

/**
 * An engine whose calls give their callbacks back once they have ended: `release` frees what a callback from another thread
 * holds, a message port of either thread. A callback that is called later, by work that was superseded, is not passed on.
 * The callbacks of `watch` are kept: it calls back until the worker ends.
 */
export function releasingCallbacks<Target extends object>(
  target: Target,
  release: (callback: Callback) => void,
): Target {
  return new Proxy(target, {
    get(own, key) {
      const value: unknown = Reflect.get(own, key, own);
      if (typeof value === 'object' && value !== null) return releasingCallbacks(value, release);
      if (!isCallback(value)) return value;
      if (LASTING.includes(key)) return value.bind(own);
      return async (...given: unknown[]) => {
        let ended = false;
        const lent = given.map((each) =>
          isCallback(each) ? (...news: unknown[]) => (ended ? undefined : each(...news)) : each,
        );
        try {
          return await value.apply(own, lent);
        } finally {
          ended = true;
          for (const each of given) if (isCallback(each)) release(each);
        }
      };
    },
  });
}

function isCallback(value: unknown): value is Callback {
  return typeof value === 'function';
}
