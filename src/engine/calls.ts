/** What a call from the page may have among its arguments though no message can carry it: an AbortSignal, and callbacks. */
type Callback = (...args: unknown[]) => unknown;

/** Stands for the AbortSignal of a call. */
export interface SignalNumber {
  readonly signalNumber: number;
}

/** Sent by the page when that signal is aborted. Comlink ignores the message, because it has no `type`. */
export interface AbortMessage {
  readonly aborted: number;
}

/** The part of a worker's global scope that is used here. */
interface MessageScope {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** Methods whose callbacks are used after the call has ended. */
const PERSISTENT: readonly PropertyKey[] = ['watch'];

/**
 * Wraps an engine for calls from another thread. Each call gets a signal of its own in place of the page's, and releases its
 * callbacks when it ends: `release` closes the message ports behind one. Later invocations, from work that still ends, are
 * ignored. The callbacks of `watch` are not released: they are used until the worker ends. `handOver` may mark what a method resolved with, so
 * that its memory goes to the page instead of a copy.
 */
export function receivingCalls<Target extends object>(
  target: Target,
  scope: MessageScope,
  release: (callback: Callback) => void,
  handOver: (method: PropertyKey, value: unknown) => unknown = (_, value) => value,
): Target {
  const running = new Map<number, AbortController>();
  scope.addEventListener('message', ({ data }) => {
    if (isAbort(data)) running.get(data.aborted)?.abort();
  });

  function received(args: readonly unknown[], ended: () => boolean): unknown[] {
    return args.map((each) => {
      if (isCallback(each)) return (...values: unknown[]) => (ended() ? undefined : each(...values));
      if (!isSignalNumber(each)) return each;
      const controller = new AbortController();
      running.set(each.signalNumber, controller);
      return controller.signal;
    });
  }

  const wrapped = <Part extends object>(part: Part): Part =>
    new Proxy(part, {
      get(own, key) {
        const value: unknown = Reflect.get(own, key, own);
        if (typeof value === 'object' && value !== null) return wrapped(value);
        if (!isCallback(value)) return value;
        if (PERSISTENT.includes(key)) return value.bind(own);
        return async (...args: unknown[]) => {
          let ended = false;
          try {
            const resolved: unknown = await value.apply(
              own,
              received(args, () => ended),
            );
            return handOver(key, resolved);
          } finally {
            ended = true;
            for (const each of args) {
              if (isCallback(each)) release(each);
              if (isSignalNumber(each)) running.delete(each.signalNumber);
            }
          }
        };
      },
    });
  return wrapped(target);
}

function isCallback(value: unknown): value is Callback {
  return typeof value === 'function';
}

function isSignalNumber(value: unknown): value is SignalNumber {
  return typeof value === 'object' && value !== null && 'signalNumber' in value;
}

function isAbort(data: unknown): data is AbortMessage {
  return typeof data === 'object' && data !== null && 'aborted' in data;
}
