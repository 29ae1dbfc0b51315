import { yieldToEventLoop } from '../../../data/slices.ts';
import { Connection, type StartWorker } from './connection.ts';

/** Threads at most, that of the engine among them: further ones gain little, and each holds a copy of the weights. */
export const MAX_THREADS = 8;
/** A worker that has nothing to do for so long is ended; the next work starts it again. */
const IDLE_MS = 30_000;
/** Work starts workers where it takes this thread longer: a short question is answered before they would be there. */
const START_AFTER_MS = 200;
/** A worker that ended by itself so many times is not started again. */
const MAX_ENDS = 3;
/** Time that a worker is given to start before it is relied upon unseen. */
const START_MS = 5000;
/** A worker that answers nothing for so long, and ten times as long as the longest piece took here, counts as ended. */
const PATIENCE_MS = 60_000;
/** Pieces that a worker is given at a time: the next one is there when it has answered. */
const AHEAD = 2;

/** A piece of work that gives the same result, bit for bit, wherever it is done. */
export interface Piece<T> {
  here(): T;
  there(worker: Connection): Promise<T>;
}

interface Waiting {
  readonly here: () => void;
  readonly there: (worker: Connection) => Promise<void>;
  readonly reject: (error: Error) => void;
}

interface Place {
  connection: Connection | null;
  ends: number;
}

export interface PoolOptions {
  readonly turn?: () => Promise<void>;
  readonly idleMs?: number;
  readonly startAfterMs?: number;
  readonly patienceMs?: number;
  readonly startMs?: number;
}

/**
 * The threads of the cpu backend: this one, and workers that are started with the first long work and ended when they are idle. Pieces of work
 * wait in one line, from which each thread takes the next. What a worker does not finish is done here.
 */
export class WorkerPool {
  readonly #start: StartWorker;
  readonly #places: readonly Place[];
  readonly #options: Required<PoolOptions>;
  readonly #line: Waiting[] = [];
  readonly #starting = new Set<() => void>();
  #numbers = 0;
  #busy = false;
  #pumping = false;
  #longest = 0;
  /** When the work began that is in the line. */
  #since = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #ended = false;
  /** Why a worker ended by itself last; null where none did. */
  failure: string | null = null;

  /** `threads` are this one and as many workers as are missing. */
  constructor(threads: number, start: StartWorker, options: PoolOptions = {}) {
    this.#start = start;
    this.#places = Array.from({ length: Math.max(0, threads - 1) }, () => ({ connection: null, ends: 0 }));
    this.#options = {
      turn: yieldToEventLoop,
      idleMs: IDLE_MS,
      startAfterMs: START_AFTER_MS,
      patienceMs: PATIENCE_MS,
      startMs: START_MS,
      ...options,
    };
  }

  /** Threads that compute when there is work: this one, and the workers that have not been given up. */
  get threads(): number {
    return 1 + this.#places.filter(({ ends }) => ends < MAX_ENDS).length;
  }

  /** Workers that run now. */
  get running(): number {
    return this.#places.filter(({ connection }) => connection?.ready).length;
  }

  /** Workers that can be asked now, the least busy first. */
  ready(): readonly Connection[] {
    return this.#places
      .flatMap(({ connection }) => (connection?.ready ? [connection] : []))
      .sort((a, b) => a.load - b.load);
  }

  /** Starts the workers. Resolves once each is ready or has failed, or takes longer than it should. */
  async started(): Promise<void> {
    this.wake();
    if (!this.#isStarting()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => done(), this.#options.startMs);
      const done = () => {
        clearTimeout(timer);
        this.#starting.delete(done);
        resolve();
      };
      this.#starting.add(done);
    });
  }

  /** Starts the workers that do not run. */
  wake(): void {
    if (this.#ended) return;
    for (const place of this.#places) if (!place.connection && place.ends < MAX_ENDS) this.#open(place);
    this.#watchIdle();
  }

  /** A number under which workers may keep something. */
  nextNumber(): number {
    return this.#numbers++;
  }

  forget(number: number): void {
    for (const { connection } of this.#places) connection?.forget(number);
  }

  /** Does the piece on the next free thread. Rejects with what `here` throws, and when the pool ends. */
  run<T>(piece: Piece<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(new Error(ENDED));
        return;
      }
      const here = () => {
        try {
          resolve(this.#timed(() => piece.here()));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const there = async (worker: Connection) => {
        try {
          resolve(await piece.there(worker));
        } catch {
          if (this.#ended) reject(new Error(ENDED));
          else here();
        }
      };
      if (!this.#busy && this.#line.length === 0) this.#since = performance.now();
      this.#line.push({ here, there, reject });
      clearTimeout(this.#idle);
      if (this.#pumping) return;
      // The pieces of one task are dealt out together.
      this.#pumping = true;
      queueMicrotask(() => {
        this.#pumping = false;
        this.#pump();
      });
    });
  }

  /** Ends the workers. What waits is rejected. */
  destroy(): void {
    this.#ended = true;
    clearTimeout(this.#idle);
    for (const { reject } of this.#line.splice(0)) reject(new Error(ENDED));
    this.#endWorkers();
  }

  /** Every worker gets a piece before this thread takes one, which occupies it, and the next one ahead. */
  #pump(): void {
    this.#deal(1);
    const own = this.#busy ? undefined : this.#line.shift();
    this.#deal(AHEAD);
    if (own) void this.#doHere(own);
    else this.#watchIdle();
  }

  #deal(load: number): void {
    for (const worker of this.ready()) {
      while (worker.load < load) {
        const next = this.#line.shift();
        if (!next) return;
        void next.there(worker);
      }
    }
  }

  async #doHere(piece: Waiting): Promise<void> {
    this.#busy = true;
    piece.here();
    await this.#options.turn();
    this.#busy = false;
    if (this.#line.length > 0 && performance.now() - this.#since >= this.#options.startAfterMs) this.wake();
    this.#pump();
  }

  #timed<T>(work: () => T): T {
    const begun = performance.now();
    try {
      return work();
    } finally {
      this.#longest = Math.max(this.#longest, performance.now() - begun);
    }
  }

  #open(place: Place): void {
    const { patienceMs } = this.#options;
    try {
      place.connection = new Connection(
        this.#start,
        () => this.#changed(place),
        () => patienceMs + 10 * this.#longest,
      );
      // A start that failed at once was reported before there was a connection.
      if (place.connection.ended !== null) this.#changed(place);
    } catch (error) {
      place.ends = MAX_ENDS;
      this.failure = String(error);
    }
  }

  #changed(place: Place): void {
    const reason = place.connection?.ended ?? null;
    if (reason !== null) {
      place.connection = null;
      if (reason !== ENDED) {
        place.ends++;
        this.failure = reason;
      }
    }
    if (!this.#isStarting()) for (const done of [...this.#starting]) done();
    if (!this.#ended) this.#pump();
  }

  #isStarting(): boolean {
    return this.#places.some(({ connection }) => connection && !connection.ready);
  }

  #watchIdle(): void {
    clearTimeout(this.#idle);
    const idle = () => !this.#busy && this.#line.length === 0 && this.ready().every(({ load }) => load === 0);
    if (!idle() || this.#places.every(({ connection }) => !connection)) return;
    this.#idle = setTimeout(() => {
      if (idle()) this.#endWorkers(({ samplers }) => samplers === 0);
    }, this.#options.idleMs);
  }

  #endWorkers(which: (connection: Connection) => boolean = () => true): void {
    for (const { connection } of this.#places) if (connection && which(connection)) connection.end(ENDED);
  }
}

/** Why a worker ended that the pool has ended. */
const ENDED = 'The workers have been ended.';
