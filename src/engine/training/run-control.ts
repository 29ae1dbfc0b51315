/** Pause, resume and stop of one run. The training loop checks it between steps; a step is never interrupted. */
export class RunControl {
  readonly #stop = new AbortController();
  /** Resolves when the run is paused, and stays resolved until it is resumed. */
  #pausing = signalled();
  /** Resolves when the pause is over, or interrupted for one update; null while there is none. */
  #paused: Signalled | null = null;
  #stepping = false;

  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Aborted once the run is to end. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  get paused(): boolean {
    return this.#paused !== null;
  }

  pause(): void {
    if (this.stopped || this.#paused !== null) return;
    this.#paused = signalled();
    this.#pausing.signal();
  }

  /** Whether a paused run makes one update before it waits again. */
  get stepping(): boolean {
    return this.#stepping;
  }

  /** Lets a paused run make one update of its parameters. */
  stepOnce(): void {
    if (this.#paused === null || this.#stepping) return;
    this.#stepping = true;
    this.#paused.signal();
    this.#paused = signalled();
  }

  /** That update has been made. */
  stepped(): void {
    this.#stepping = false;
  }

  resume(): void {
    if (this.#paused === null) return;
    this.#stepping = false;
    this.#paused.signal();
    this.#paused = null;
    this.#pausing = signalled();
  }

  /** Resumes a paused run too, so that it can end. */
  stop(): void {
    this.#stop.abort();
    this.resume();
  }

  /** Resolves when the run may go on, if only for one update; at once unless it is paused. */
  async untilResumed(): Promise<void> {
    if (!this.#stepping) await this.#paused?.promise;
  }

  /** Resolves when the run is paused; at once where it is already. */
  async untilPaused(): Promise<void> {
    await this.#pausing.promise;
  }
}

interface Signalled {
  readonly promise: Promise<void>;
  readonly signal: () => void;
}

function signalled(): Signalled {
  let signal: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    signal = resolve;
  });
  return { promise, signal };
}
