import * as Comlink from 'comlink';
import type { Engine } from './api.ts';
import type { AbortMessage, SignalNumber } from './calls.ts';
import { trustedScriptUrl } from './trusted-worker-url.ts';
import { type ExitPlatform, watchForExit } from './worker-exit.ts';
import workerUrl from './worker.ts?worker&url';

/** The worker ended during a call. The message is the reason; `cause` has the stack. Everything loaded into the worker is lost. */
export class EngineDiedError extends Error {
  override readonly name = 'EngineDiedError';
}

export interface EngineClient {
  /** The engine in the worker. Its calls reject with EngineDiedError when the worker dies. */
  readonly engine: Engine;
  /** The listener is called once for every worker that dies, the first one also for a worker that died before. */
  onDeath(listener: (reason: string) => void): void;
  /** Starts the worker, which the first call does too: fetched before, it is there by then. */
  start(): void;
  /** Starts a new worker without models. Calls pending in the old one are rejected. */
  restart(): void;
}

/** The connection to one worker. */
interface Connection {
  /** Calls the method at `path` in the engine. */
  call(path: readonly string[], args: readonly unknown[]): Promise<unknown>;
  end(error: EngineDiedError): void;
}

type RemoteMethod = (...args: unknown[]) => Promise<unknown>;

/**
 * The only place that wraps a worker with Comlink; the worker starts with the first call, or before it by `start`.
 *
 * Comlink does not notice the end of a worker, so that calls would stay
 * pending for ever: here they are rejected. Pending calls are kept in a set, because a promise of the worker's end, raced by
 * every call, would retain each call for as long as the worker runs.
 *
 * Functions among the arguments become callbacks. An aborted signal becomes a message to the worker, the call rejects with its
 * reason at once, and its callbacks are not called any more.
 */
export function createEngine(spawn: () => Worker = spawnWorker, platform?: ExitPlatform): EngineClient {
  const listeners = new Set<(reason: string) => void>();
  /** Why the worker died, where that was before there was a listener. */
  let untold: string | null = null;
  let connection: Connection | null = null;

  function connect(): Connection {
    const worker = spawn();
    const remote: unknown = Comlink.wrap<Engine>(worker);
    const pending = new Set<(error: EngineDiedError) => void>();
    let ended: EngineDiedError | null = null;
    let signals = 0;

    const end = (error: EngineDiedError) => {
      ended ??= error;
      stopWatching();
      worker.terminate();
      for (const reject of pending) reject(ended);
      pending.clear();
    };
    const stopWatching = watchForExit(
      worker,
      () => pending.size > 0,
      ({ reason, stack }) => {
        console.error(`The engine stopped: ${reason}\n${stack}`);
        end(new EngineDiedError(reason, { cause: Object.assign(new Error(reason), { stack }) }));
        if (listeners.size === 0) untold = reason;
        for (const listener of listeners) listener(reason);
      },
      platform,
    );
    return {
      end,
      call: (path, args) =>
        new Promise((resolve, reject) => {
          const signal = args.find((each) => each instanceof AbortSignal);
          const failure = ended ?? (signal?.aborted ? (signal.reason as Error) : null);
          if (failure) {
            reject(failure);
            return;
          }
          const signalNumber = signals++;
          const abort = () => {
            worker.postMessage({ aborted: signalNumber } satisfies AbortMessage);
            reject(signal?.reason as Error);
          };
          signal?.addEventListener('abort', abort);
          pending.add(reject);
          const sent = args.map((each) => {
            if (each === signal && signal) return { signalNumber } satisfies SignalNumber;
            if (typeof each !== 'function') return each;
            return Comlink.proxy((...values: unknown[]) => {
              if (!signal?.aborted) (each as (...values: unknown[]) => void)(...values);
            });
          });
          const method = path.reduce((part, name) => (part as Record<string, unknown>)[name], remote);
          void (method as RemoteMethod)(...sent)
            .then(resolve, reject)
            .finally(() => {
              pending.delete(reject);
              signal?.removeEventListener('abort', abort);
            });
        }),
    };
  }

  /** The part of the engine at `path`; called, it is a method. */
  const partAt = (path: readonly string[]): unknown =>
    new Proxy(() => undefined, {
      // An object with a method `then` would count as a promise.
      get: (_, name) => (typeof name === 'symbol' || name === 'then' ? undefined : partAt([...path, name])),
      apply: (_, __, args: unknown[]) => (connection ??= connect()).call(path, args),
    });
  const engine = partAt([]) as Engine;

  return {
    engine,
    onDeath: (listener) => {
      listeners.add(listener);
      if (untold !== null) listener(untold);
      untold = null;
    },
    start: () => {
      try {
        connection ??= connect();
      } catch {
        // Where the browser starts no worker, the first call fails, and is told why.
      }
    },
    restart: () => {
      connection?.end(new EngineDiedError('The engine was restarted.'));
      connection = connect();
    },
  };
}

function spawnWorker(): Worker {
  return new Worker(trustedScriptUrl(workerUrl), { type: 'module', name: 'engine' });
}
