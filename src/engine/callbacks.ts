type Callback = (...args: unknown[]) => unknown;

/** Methods whose callbacks are used after the call has ended. */
const PERSISTENT: readonly PropertyKey[] = ['watch'];

/**
 * Wraps an engine so that each call releases its callbacks when it ends: `release` closes the message ports behind a callback
 * from another thread. Later invocations, from superseded work, are ignored. The callbacks of `watch` are not released: they
 * are used until the worker ends.
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
      if (PERSISTENT.includes(key)) return value.bind(own);
      return async (...args: unknown[]) => {
        let ended = false;
        const guarded = args.map((each) =>
          isCallback(each) ? (...values: unknown[]) => (ended ? undefined : each(...values)) : each,
        );
        try {
          return await value.apply(own, guarded);
        } finally {
          ended = true;
          for (const each of args) if (isCallback(each)) release(each);
        }
      };
    },
  });
}

function isCallback(value: unknown): value is Callback {
  return typeof value === 'function';
}
