interface Run<T> {
  readonly result: Promise<T>;
  readonly abort: AbortController;
  /** Callers that have not cancelled. */
  callers: number;
}

/**
 * Work that several callers wait for. It is done once: by the first caller, or by the next one after a failure. It is aborted when the
 * last caller has cancelled.
 */
export class SharedWork<T> {
  readonly #work: (signal: AbortSignal) => Promise<T>;
  #run: Run<T> | null = null;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work;
  }

  /** Rejects as soon as the signal is aborted; other callers still get their result. */
  async result(signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    const run = (this.#run ??= this.#begin());
    run.callers++;
    return await new Promise<T>((resolve, reject) => {
      const leave = () => {
        reject(new DOMException('cancelled', 'AbortError'));
        if (--run.callers > 0) return;
        this.#forget(run);
        run.abort.abort();
      };
      signal?.addEventListener('abort', leave);
      void run.result.then(resolve, reject).then(() => signal?.removeEventListener('abort', leave));
    });
  }

  #begin(): Run<T> {
    const abort = new AbortController();
    const run = { abort, callers: 0, result: this.#work(abort.signal) };
    run.result.catch(() => this.#forget(run));
    return run;
  }

  #forget(run: Run<T>): void {
    if (this.#run === run) this.#run = null;
  }
}
