/** What of the browser keeps the screen on. */
export interface WakeLockPorts {
  /** Null where the screen does not lock by itself within minutes, in older browsers, and on plain http. */
  readonly request: (() => Promise<{ release(): Promise<void> }>) | null;
  /** Whether the page is seen: the browser refuses, and releases, the lock of one that is not. */
  readonly visible: () => boolean;
  /** Calls `changed` whenever that changes; returns the end of it. */
  readonly onVisibility: (changed: () => void) => () => void;
}

/**
 * Keeps the screen of a phone on: it would lock in the middle of a run, and the page would sleep. A refusal (low battery, a setting) is
 * harmless: the run then goes on while the screen is on.
 */
export class WakeLock {
  readonly #ports: WakeLockPorts;
  #held: { release(): Promise<void> } | null = null;
  #wanted = false;
  #asking = false;
  #end: (() => void) | null = null;

  constructor(ports: WakeLockPorts = browserPorts()) {
    this.#ports = ports;
  }

  /** Whether the screen is to stay on; it is asked for again where the page was hidden meanwhile. */
  want(wanted: boolean): void {
    if (wanted === this.#wanted || !this.#ports.request) return;
    this.#wanted = wanted;
    if (wanted) {
      this.#end = this.#ports.onVisibility(() => {
        // The browser has released it with the page.
        if (!this.#ports.visible()) this.#held = null;
        else void this.#acquire();
      });
      void this.#acquire();
      return;
    }
    this.#end?.();
    this.#end = null;
    const held = this.#held;
    this.#held = null;
    if (held) void released(held);
  }

  async #acquire(): Promise<void> {
    const { request, visible } = this.#ports;
    if (!request || this.#asking || this.#held || !visible()) return;
    this.#asking = true;
    try {
      const lock = await request();
      // The run may have ended while the browser answered.
      if (this.#wanted) this.#held = lock;
      else await released(lock);
    } catch {
      // Refused: see above.
    } finally {
      this.#asking = false;
    }
  }
}

async function released(lock: { release(): Promise<void> }): Promise<void> {
  try {
    await lock.release();
  } catch {
    // It is gone already.
  }
}

function browserPorts(): WakeLockPorts {
  const { wakeLock } = navigator as Partial<Navigator>;
  return {
    // The screens of phones and tablets lock while they are not touched.
    request: wakeLock && matchMedia('(pointer: coarse)').matches ? () => wakeLock.request('screen') : null,
    visible: () => document.visibilityState === 'visible',
    onVisibility: (changed) => {
      document.addEventListener('visibilitychange', changed);
      return () => document.removeEventListener('visibilitychange', changed);
    },
  };
}
