import { fail, ok, type Result } from '../../../src/data/result.ts';
import type { Backend, BackendKind } from '../../../src/engine/backends/backend.ts';
import type { Machine } from '../../../src/engine/backend-host.ts';

export interface FakeBackend extends Backend {
  readonly destroyed: boolean;
  readonly ended: boolean;
  /** Loses the device for the reason; only the first loss has an effect. */
  crash(reason: string): void;
}

/** A backend that computes with `work`, or not at all; the test decides when its device is lost. */
export function fakeBackend(kind: BackendKind, work: Partial<Backend> = {}): FakeBackend {
  const state = { destroyed: false, ended: false };
  const { promise: lost, resolve } = deferred<string>();
  const unused = () => Promise.reject(new Error('not part of this test'));
  const crash = (reason: string) => {
    state.ended = true;
    resolve(reason);
  };
  return {
    open: unused,
    counter: unused,
    emIteration: unused,
    learner: unused,
    matrixProduct: unused,
    liveBytes: () => 0,
    ...work,
    kind,
    description: `fake ${kind}`,
    lost,
    get destroyed() {
      return state.destroyed;
    },
    get ended() {
      return state.ended;
    },
    crash,
    // A browser reports the loss of a device in a later task.
    destroy: () => {
      state.destroyed = true;
      setImmediate(() => crash('destroyed'));
    },
  };
}

/** A pending operation of the host, which the test completes with success or a refusal. */
export interface Held {
  readonly kind: 'probe' | 'creation' | 'sleep';
  readonly release: (granted: boolean) => void;
}

/** A machine whose asynchronous operations stay pending until the test releases them. */
export class HeldMachine implements Machine {
  clock = 0;
  software = false;
  readonly held: Held[] = [];
  readonly created: FakeBackend[] = [];
  /** Creates the backend of a granted device. */
  readonly make: () => FakeBackend;

  constructor(make: () => FakeBackend = () => fakeBackend('webgpu')) {
    this.make = make;
  }

  createCpu = () => fakeBackend('cpu');
  now = () => this.clock;
  isSoftware = () =>
    this.#hold<Result<boolean>>('probe', (granted) => (granted ? ok(this.software) : fail('probe: refused')));
  createWebGpu = () =>
    this.#hold<Result<Backend>>('creation', (granted) => {
      if (!granted) return fail('adapter: refused');
      const backend = this.make();
      this.created.push(backend);
      return ok(backend);
    });
  sleep = (milliseconds: number): Promise<void> =>
    this.#hold('sleep', (): undefined => {
      this.clock += milliseconds;
    });

  /** Releases one of the pending operations, by its index; none where there are none. */
  release(place: number, granted: boolean): void {
    this.held.splice(place % Math.max(1, this.held.length), 1)[0]?.release(granted);
  }

  #hold<T>(kind: Held['kind'], outcome: (granted: boolean) => T): Promise<T> {
    const { promise, resolve } = deferred<T>();
    this.held.push({ kind, release: (granted) => resolve(outcome(granted)) });
    return promise;
  }
}

export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Lets all pending callbacks run, including tasks. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
