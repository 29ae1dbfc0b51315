import type { Answer, Answers, Kept, Message, Task } from './messages.ts';

/** A worker as the pool needs it; tests pass a fake. */
export interface PoolWorker {
  post(message: Message, transfer: ArrayBuffer[]): void;
  /** Ends it at once, whatever it does. */
  end(): void;
  /** Where a running worker would keep a process alive: whether it may, because it is waited for. */
  waitedFor?(waited: boolean): void;
}

/**
 * Starts a worker that calls `answerTasks`. `onEnd` is told, with a sentence, when it has ended by itself or could not be started; this function
 * may throw instead.
 */
export type StartWorker = (onAnswer: (answer: Answer) => void, onEnd: (reason: string) => void) => PoolWorker;

interface Pending {
  readonly resolve: (value: Answers[Task['kind']]) => void;
  readonly reject: (error: Error) => void;
}

/** One worker from its start to its end. */
export class Connection {
  readonly #worker: PoolWorker;
  readonly #onChange: () => void;
  readonly #patience: () => number;
  readonly #pending = new Map<number, Pending>();
  readonly #kept = new Set<number>();
  #calls = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ready = false;
  #ended: string | null = null;
  /** Samplers that it alone holds. */
  samplers = 0;

  /**
   * `onChange` hears that it is ready, that it has answered and that it has ended. `patience` says after how many milliseconds without an
   * answer to a call the worker counts as ended: one that ends need not report it. Throws what `start` throws.
   */
  constructor(start: StartWorker, onChange: () => void, patience: () => number) {
    this.#onChange = onChange;
    this.#patience = patience;
    this.#worker = start(
      (answer) => this.#receive(answer),
      (reason) => this.end(reason),
    );
    if (this.#ended !== null) this.#worker.end();
  }

  /** Whether it can be asked. */
  get ready(): boolean {
    return this.#ready && this.#ended === null;
  }

  /** Why it has ended; null before. */
  get ended(): string | null {
    return this.#ended;
  }

  /** Calls under way. */
  get load(): number {
    return this.#pending.size;
  }

  /** Rejects when the worker ends or the task throws. `transfer` is memory of the task that need not be copied. */
  call<K extends Task['kind']>(
    task: Extract<Task, { kind: K }>,
    transfer: ArrayBuffer[] = [],
  ): Promise<Answers[K]> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) {
        reject(new Error(this.#ended));
        return;
      }
      const call = this.#calls++;
      // The worker answers a task with what Answers says of its kind.
      this.#pending.set(call, { resolve: resolve as Pending['resolve'], reject });
      if (this.#pending.size === 1) {
        this.#worker.waitedFor?.(true);
        this.#watch();
      }
      try {
        this.#worker.post({ call, task }, transfer);
      } catch (error) {
        // There is no memory for the copy.
        this.#settled(call);
        throw error;
      }
    });
  }

  /** The worker keeps it under the number, from the first time on. */
  keep(number: number, kept: () => Kept): void {
    if (this.#ended !== null || this.#kept.has(number)) return;
    this.#kept.add(number);
    this.#worker.post({ keep: number, kept: kept() }, []);
  }

  forget(number: number): void {
    if (this.#kept.delete(number) && this.#ended === null) this.#worker.post({ forget: number }, []);
  }

  end(reason: string): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    clearTimeout(this.#timer);
    // Not yet there where a start reports its failure at once.
    (this.#worker as PoolWorker | undefined)?.end();
    for (const { reject } of this.#pending.values()) reject(new Error(reason));
    this.#pending.clear();
    this.#onChange();
  }

  #receive(answer: Answer): void {
    if (this.#ended !== null) return;
    if ('ready' in answer) this.#ready = true;
    else {
      const pending = this.#settled(answer.call);
      if ('error' in answer) pending?.reject(new Error(answer.error));
      else pending?.resolve(answer.value);
    }
    this.#onChange();
  }

  #settled(call: number): Pending | undefined {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    this.#watch();
    if (this.#pending.size === 0) this.#worker.waitedFor?.(false);
    return pending;
  }

  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#pending.size > 0)
      this.#timer = setTimeout(() => this.end('A worker no longer answered.'), this.#patience());
  }
}
