/**
 * How a worker lets its page know that it has ended. A worker can end without an error event: it closes itself, the browser
 * takes its memory, its process dies. These messages pass beside Comlink's, which ignores what has no `id`.
 */
export type ExitSignal =
  /** The worker runs. */
  | { readonly exitSignal: 'started' }
  /** It holds the Web Lock of this name until it ends. */
  | { readonly exitSignal: 'locked'; readonly lock: string }
  /** The answer to HEARTBEAT. */
  | { readonly exitSignal: 'beat' }
  /** An exception was not caught; its error event follows, without the stack. */
  | { readonly exitSignal: 'crash'; readonly stack: string };

/** What the page asks a worker that holds no lock; it answers between two pieces of work. */
export const HEARTBEAT = 'heartbeat';

/** What is used of a worker's global scope. */
export interface SignallingScope {
  readonly navigator: { readonly locks?: Pick<LockManager, 'request'> };
  postMessage(signal: ExitSignal): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'error', listener: (event: { readonly error?: unknown }) => void): void;
}

/** Sends the signals of a worker; called before all else, so that what fails later is told. */
export function sendExitSignals(scope: SignallingScope): void {
  scope.addEventListener('message', ({ data }) => {
    if (data === HEARTBEAT) scope.postMessage({ exitSignal: 'beat' });
  });
  scope.addEventListener('error', ({ error }) => {
    if (error instanceof Error)
      scope.postMessage({ exitSignal: 'crash', stack: error.stack ?? String(error) });
  });
  scope.postMessage({ exitSignal: 'started' });
  const lock = `inkling-engine-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
  // Where there are no locks, or the browser refuses them, the heartbeat serves.
  scope.navigator.locks
    ?.request(lock, () => {
      scope.postMessage({ exitSignal: 'locked', lock });
      return new Promise<never>(() => undefined);
    })
    .catch(() => undefined);
}

/** The signal that a message of a worker is, or null. */
export function exitSignalOf(data: unknown): ExitSignal | null {
  return typeof data === 'object' && data !== null && 'exitSignal' in data ? (data as ExitSignal) : null;
}
