import { exitSignalOf, HEARTBEAT } from './exit-signals.ts';

/** Why a worker ended: in words, with the place in its code where that is known. */
export interface WorkerExit {
  readonly reason: string;
  /** Stack of the exception, else file, line and column; empty where nothing is known. */
  readonly stack: string;
}

/** What is used of a worker, and of the page around it; the tests stand in for both. */
export type WatchedWorker = Pick<Worker, 'postMessage' | 'addEventListener'>;

export interface ExitPlatform {
  /** Undefined on plain http. */
  readonly locks: Pick<LockManager, 'request'> | undefined;
  /** Whether the page is in sight: hidden pages and their workers are slowed down or frozen. */
  visible(): boolean;
  now(): number;
  /** Calls back about every so many milliseconds until the returned function is called. */
  every(milliseconds: number, call: () => void): () => void;
}

export const HEARTBEAT_MS = 5000;
/** Heartbeats in a row without an answer after which the worker counts as ended: two minutes. The longest step is far shorter. */
export const MAX_SILENT_HEARTBEATS = 24;

/**
 * Calls `onExit` once, when the worker has ended, until the returned function is called.
 *
 * An error event tells of an exception or of code that does not load. A worker can also end without one. The most
 * reliable sign of that is a Web Lock: the worker holds it for life, the browser releases it when the worker is gone, and
 * the page, which waits for it, then gets it. No timer is involved, so neither a long step nor a hidden, frozen or sleeping
 * page is taken for an end. Locks are missing on plain http and refused where site data are blocked: only there the page
 * sends heartbeats, while calls are pending (`busy`). It counts those that stay unanswered, and only while it is visible and
 * its own timer is on time: a throttled timer or a machine that slept proves nothing.
 * A worker that ends before its first signal, without an error event, is not noticed: it cannot be told from a slow download.
 */
export function watchForExit(
  worker: WatchedWorker,
  busy: () => boolean,
  onExit: (exit: WorkerExit) => void,
  platform: ExitPlatform = page,
): () => void {
  const watching = new AbortController();
  let crash = '';
  let stopHeartbeat: () => void = () => undefined;

  const stop = () => {
    watching.abort();
    stopHeartbeat();
  };
  const exit = (reason: string, stack = '') => {
    if (watching.signal.aborted) return;
    stop();
    onExit({ reason, stack });
  };

  const heartbeat = new Heartbeat(platform, () => worker.postMessage(HEARTBEAT));
  const beat = () => {
    if (heartbeat.silent(busy())) exit('It no longer answers.');
  };

  async function awaitLock(name: string): Promise<void> {
    const { signal } = watching;
    try {
      const granted = platform.locks?.request(name, { signal }, () => exit('It ended without an error.'));
      if (!granted) return;
      stopHeartbeat();
      await granted;
    } catch {
      // Refused here though the worker got it, or no longer awaited.
      if (!signal.aborted) stopHeartbeat = platform.every(HEARTBEAT_MS, beat);
    }
  }

  worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (watching.signal.aborted) return;
    heartbeat.heard();
    const signal = exitSignalOf(data);
    if (signal?.exitSignal === 'started') stopHeartbeat = platform.every(HEARTBEAT_MS, beat);
    else if (signal?.exitSignal === 'locked') void awaitLock(signal.lock);
    else if (signal?.exitSignal === 'crash') crash = signal.stack;
  });
  worker.addEventListener('error', (event) => {
    // The browser's own report would lose the stack as the worker is ended; the client's has it.
    event.preventDefault();
    const { message, filename, lineno, colno } = event as Partial<ErrorEvent>;
    const place = filename ? `    at ${filename}:${lineno ?? 0}:${colno ?? 0}` : '';
    exit(message ? message : 'The engine could not be started.', crash || place);
  });
  worker.addEventListener('messageerror', () => exit('The engine sent something unreadable.'));
  return stop;
}

/** Counts the heartbeats that stay unanswered. */
class Heartbeat {
  readonly #platform: ExitPlatform;
  readonly #send: () => void;
  #last: number;
  #unanswered = 0;

  constructor(platform: ExitPlatform, send: () => void) {
    this.#platform = platform;
    this.#send = send;
    this.#last = platform.now();
  }

  /** Anything that the worker sends is an answer. */
  heard(): void {
    this.#unanswered = 0;
  }

  /** Sends one while an answer is wanted. True where so many were not answered that the worker must have ended. */
  silent(wanted: boolean): boolean {
    const now = this.#platform.now();
    const onTime = now - this.#last < 2 * HEARTBEAT_MS;
    this.#last = now;
    if (!wanted) {
      this.#unanswered = 0;
      return false;
    }
    if (this.#unanswered > 0 && !(onTime && this.#platform.visible())) return false;
    if (this.#unanswered >= MAX_SILENT_HEARTBEATS) return true;
    this.#unanswered++;
    this.#send();
    return false;
  }
}

const page: ExitPlatform = {
  get locks() {
    return (navigator as Partial<Navigator>).locks;
  },
  visible: () => document.visibilityState === 'visible',
  now: () => performance.now(),
  every: (milliseconds, call) => {
    const timer = setInterval(call, milliseconds);
    return () => clearInterval(timer);
  },
};
