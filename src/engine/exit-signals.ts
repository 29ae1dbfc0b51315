/**
 * Messages by which the page notices that a worker has ended. A worker can end without an error event: it closes itself, the
 * browser reclaims its memory, or its process dies. Comlink ignores these messages, because they have no `id`.
 */
export type ExitSignal =
  /** The worker has started. */
  | { readonly exitSignal: 'started' }
  /** The worker holds the Web Lock of this name until it ends. */
  | { readonly exitSignal: 'locked'; readonly lock: string }
  /** The answer to HEARTBEAT. */
  | { readonly exitSignal: 'beat' }
  /** An uncaught exception; its error event follows, without the stack. */
  | { readonly exitSignal: 'crash'; readonly stack: string };

/** Sent by the page to a worker that holds no lock; the worker answers between two tasks. */
export const HEARTBEAT = 'heartbeat';

/** The part of a worker's global scope that is used here. */
export interface SignallingScope {
  readonly navigator: { readonly locks?: Pick<LockManager, 'request'> };
  postMessage(signal: ExitSignal): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'error', listener: (event: { readonly error?: unknown }) => void): void;
}

/** Sends the signals of a worker. Called first, so that later failures are reported. */
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
  // Where locks are missing or refused, the page uses the heartbeat.
  scope.navigator.locks
    ?.request(lock, () => {
      scope.postMessage({ exitSignal: 'locked', lock });
      return new Promise<never>(() => undefined);
    })
    .catch(() => undefined);
}

/** The signal in a message of a worker; null for other messages. */
export function exitSignalOf(data: unknown): ExitSignal | null {
  return typeof data === 'object' && data !== null && 'exitSignal' in data ? (data as ExitSignal) : null;
}
