import { exitSignalOf, HEARTBEAT } from './exit-signals.ts';

/** Why a worker ended, with the position in its code where that is known. */
export interface WorkerExit {
  readonly reason: string;
  /** Stack of the exception, else file, line and column; empty where nothing is known. */
  readonly stack: string;
}

/** The parts of a worker and of the page that are used here; tests pass fakes. */
export type WatchedWorker = Pick<Worker, 'postMessage' | 'addEventListener'>;

export interface ExitPlatform {
  /** Undefined on plain http. */
  readonly locks: Pick<LockManager, 'request'> | undefined;
  /** Whether the page is visible: hidden pages and their workers are throttled or frozen. */
  visible(): boolean;
  now(): number;
  /** Calls `call` about every `milliseconds` until the returned function is called. */
  every(milliseconds: number, call: () => void): () => void;
}

export const HEARTBEAT_MS = 5000;
/** Heartbeats in a row without an answer after which the worker counts as ended: two minutes, far longer than the longest step. */
export const MAX_SILENT_HEARTBEATS = 24;

/**
 * Calls `onExit` once, when the worker has ended, until the returned function is called.
 *
 * An error event reports an exception or code that does not load. A worker can also end without one. The most reliable
 * sign of that is a Web Lock: the worker holds it until it ends, the browser then releases it, and the page, which waits for
 * it, gets it. No timer is involved, so neither a long step nor a hidden, frozen or sleeping page is mistaken for the end
 * of the worker. Locks are missing on plain http and refused where site data are blocked: only there the page
 * sends heartbeats, while calls are pending (`busy`). It counts those that stay unanswered, and only while it is visible and
 * its own timer is on time: a throttled timer or a sleeping machine delays answers too.
 * A worker that ends before its first signal, without an error event, is not noticed: that looks like a slow download.
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
    if (heartbeat.isSilent(busy())) exit('It no longer answers.');
  };

  async function awaitLock(name: string): Promise<void> {
    const { signal } = watching;
    try {
      const granted = platform.locks?.request(name, { signal }, () => exit('It ended without an error.'));
      if (!granted) return;
      stopHeartbeat();
      await granted;
    } catch {
      // Refused to the page though the worker got it, or aborted by `stop`.
      if (!signal.aborted) stopHeartbeat = platform.every(HEARTBEAT_MS, beat);
    }
  }

  worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (watching.signal.aborted) return;
    heartbeat.answered();
    const signal = exitSignalOf(data);
    if (signal?.exitSignal === 'started') stopHeartbeat = platform.every(HEARTBEAT_MS, beat);
    else if (signal?.exitSignal === 'locked') void awaitLock(signal.lock);
    else if (signal?.exitSignal === 'crash') crash = signal.stack;
  });
  worker.addEventListener('error', (event) => {
    // The client reports the error with its stack; the browser's report would lack it, because the worker is terminated.
    event.preventDefault();
    const { message, filename, lineno, colno } = event as Partial<ErrorEvent>;
    const place = filename ? `    at ${filename}:${lineno ?? 0}:${colno ?? 0}` : '';
    exit(message ? message : 'The engine could not be started.', crash || place);
  });
  worker.addEventListener('messageerror', () => exit('The engine sent something unreadable.'));
  return stop;
}

/** Counts unanswered heartbeats. */
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

  /** Any message of the worker counts as an answer. */
  answered(): void {
    this.#unanswered = 0;
  }

  /** Sends a heartbeat while calls are pending. True where so many stayed unanswered that the worker counts as ended. */
  isSilent(busy: boolean): boolean {
    const now = this.#platform.now();
    const onTime = now - this.#last < 2 * HEARTBEAT_MS;
    this.#last = now;
    if (!busy) {
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
