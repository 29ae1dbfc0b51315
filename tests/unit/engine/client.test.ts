import { MessageChannel as NodeChannel, type MessagePort as NodePort } from 'node:worker_threads';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as Comlink from 'comlink';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BackendStatus, Engine, TrainEvent } from '../../../src/engine/api.ts';
import { receivingCalls } from '../../../src/engine/calls.ts';
import { createEngine, EngineDiedError } from '../../../src/engine/client.ts';
import { sendExitSignals } from '../../../src/engine/exit-signals.ts';
import { HEARTBEAT_MS, MAX_SILENT_HEARTBEATS } from '../../../src/engine/worker-exit.ts';

const STATUS: BackendStatus = {
  kind: 'cpu',
  description: 'typed arrays',
  preference: 'auto',
  reason: '',
  state: 'ready',
  webgpuAvailable: false,
  webgpuInSoftware: false,
};

/** Web Locks in exclusive mode: one holder, the others queued. */
class FakeLocks {
  readonly #holders = new Map<string, Promise<unknown>>();
  #release = new Map<object, () => void>();
  refuses = false;

  /** The lock manager of one thread. */
  of(thread: object): Pick<LockManager, 'request'> {
    const request = async (name: string, ...rest: unknown[]): Promise<unknown> => {
      if (this.refuses) throw new DOMException('refused', 'SecurityError');
      const granted = rest.at(-1) as () => unknown;
      const { signal } = (rest.length > 1 ? rest[0] : {}) as { signal?: AbortSignal };
      await Promise.race([this.#holders.get(name), signal && aborted(signal)]);
      if (signal?.aborted) throw new DOMException('aborted', 'AbortError');
      const ended = new Promise<void>((resolve) => this.#release.set(thread, resolve));
      const held = Promise.race([granted(), ended]);
      this.#holders.set(name, held);
      return await held;
    };
    return { request: request };
  }

  /** Releases the locks of a thread, as a browser does when it ends. */
  end(thread: object): void {
    this.#release.get(thread)?.();
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** A worker in this thread, which exposes the engine as the real one does. */
class FakeWorker extends EventTarget {
  readonly #port: NodePort;
  readonly scope: EventTarget & Parameters<typeof sendExitSignals>[0];
  /** Whether it receives messages: false while it computes, and once it has ended. */
  #listening = true;
  #held: unknown[] = [];
  terminated = false;

  constructor(engine: Partial<Engine>, locks: Pick<LockManager, 'request'> | undefined) {
    super();
    const { port1, port2 } = new NodeChannel();
    this.#port = port1;
    port1.on('message', (data: unknown) => {
      const event = new Event('message');
      this.dispatchEvent(Object.assign(event, { data }));
    });
    this.scope = Object.assign(new EventTarget(), {
      navigator: locks ? { locks } : {},
      postMessage: (signal: unknown) => port2.postMessage(signal),
    }) as unknown as FakeWorker['scope'];
    port2.on('message', (data: unknown) => this.#take(data));
    sendExitSignals(this.scope);
    const endpoint: Comlink.Endpoint = {
      postMessage: (message: unknown, transfer: Transferable[] = []) =>
        port2.postMessage(message, transfer as unknown as NodePort[]),
      addEventListener: this.scope.addEventListener.bind(this.scope),
      removeEventListener: (type, listener) => this.scope.removeEventListener(type, listener),
    };
    Comlink.expose(
      receivingCalls(engine, this.scope, (callback) =>
        (callback as unknown as Comlink.ProxyMethods)[Comlink.releaseProxy](),
      ),
      endpoint,
    );
  }

  postMessage(message: unknown, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer as unknown as NodePort[]);
  }

  terminate(): void {
    this.terminated = true;
    this.#listening = false;
    this.#port.close();
  }

  /** Stops receiving messages, as during a long computation or after the end. */
  fallSilent(): void {
    this.#listening = false;
  }

  answer(): void {
    this.#listening = true;
    for (const data of this.#held.splice(0)) this.#take(data);
  }

  throwUncaught(error: Error): void {
    this.scope.dispatchEvent(Object.assign(new Event('error'), { error }));
    setImmediate(() =>
      this.dispatchEvent(
        Object.assign(new Event('error', { cancelable: true }), {
          message: `Uncaught Error: ${error.message}`,
          filename: 'https://inkling.test/worker.js',
          lineno: 12,
          colno: 34,
        }),
      ),
    );
  }

  #take(data: unknown): void {
    if (!this.#listening) this.#held.push(data);
    else this.scope.dispatchEvent(Object.assign(new Event('message'), { data, origin: '' }));
  }
}

/** A page whose timer the test triggers. */
class FakePage {
  clock = 0;
  isVisible = true;
  readonly locks: Pick<LockManager, 'request'> | undefined;
  #beat: (() => void) | null = null;

  constructor(locks: Pick<LockManager, 'request'> | undefined) {
    this.locks = locks;
  }

  visible = () => this.isVisible;
  now = () => this.clock;
  every = (_: number, call: () => void) => {
    this.#beat = call;
    return () => (this.#beat = null);
  };

  get beating(): boolean {
    return this.#beat !== null;
  }

  /** Triggers the timer after so many milliseconds, and lets messages arrive. */
  async beat(after = HEARTBEAT_MS): Promise<void> {
    this.clock += after;
    this.#beat?.();
    await turns();
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A client of a fake worker; `locks` says whether the browser has and grants Web Locks. */
function clientOf(engine: Partial<Engine>, locks: 'given' | 'missing' | 'refused' = 'given') {
  const manager = new FakeLocks();
  manager.refuses = locks === 'refused';
  const workers: FakeWorker[] = [];
  const page = new FakePage(locks === 'missing' ? undefined : manager.of({}));
  const client = createEngine(() => {
    const thread = {};
    const worker = new FakeWorker(engine, locks === 'missing' ? undefined : manager.of(thread));
    workers.push(worker);
    ends.push(() => worker.terminate());
    const end = () => {
      worker.fallSilent();
      manager.end(thread);
    };
    return Object.assign(worker, { end }) as unknown as Worker;
  }, page);
  // As the first call would.
  client.restart();
  const deaths: string[] = [];
  client.onDeath((reason) => deaths.push(reason));
  const [worker] = workers as (FakeWorker & { end(): void })[];
  return { client, page, worker, workers, deaths };
}

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
  vi.restoreAllMocks();
});

const never = () => new Promise<never>(() => undefined);
const quick: Partial<Engine> = { status: () => Promise.resolve(STATUS), pause: () => Promise.resolve() };
const stuck: Partial<Engine> = { ...quick, stop: never };

/** The rejection of a promise; null while there is none. */
function rejectionOf(promise: Promise<unknown>): { error: unknown } {
  const seen: { error: unknown } = { error: null };
  promise.catch((error: unknown) => (seen.error = error));
  return seen;
}

describe('memory', () => {
  it('is not retained by calls that have ended', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { client } = clientOf(quick);
    const heap = async (calls: number) => {
      for (let call = 0; call < calls; call++) await client.engine.status();
      // What a finalizer releases is freed by the next collection.
      for (let round = 0; round < 3; round++) {
        collect();
        await turns();
      }
      return process.memoryUsage().heapUsed;
    };
    // The tables of the finalizers grow during the first calls. A retained call takes about 500 bytes.
    await heap(30_000);
    const before = await heap(10_000);
    const after = await heap(20_000);
    expect(after - before).toBeLessThan(500_000);
  });

  it('is freed with the callbacks of a call once the call has ended', async () => {
    const ports: MessagePort[] = [];
    let closed = 0;
    const Channel = globalThis.MessageChannel;
    vi.stubGlobal(
      'MessageChannel',
      class extends Channel {
        constructor() {
          super();
          for (const port of [this.port1, this.port2]) {
            ports.push(port);
            (port as unknown as NodePort).on('close', () => closed++);
          }
        }
      },
    );
    try {
      const late: ((event: TrainEvent) => void)[] = [];
      const { client } = clientOf({
        train: async (_, onEvent) => {
          late.push(onEvent);
          for (let event = 0; event < 3; event++) onEvent({ type: 'curve', curve: [] });
          await turns();
          onEvent({ type: 'curve', curve: [] });
          return { ok: false, reason: 'over' };
        },
      });
      const seen: TrainEvent[] = [];
      for (let run = 0; run < 20; run++)
        await client.engine.train({} as Parameters<Engine['train']>[0], (event) => seen.push(event));
      await turns();
      expect(seen).toHaveLength(80);
      expect(ports.length).toBe(40);
      expect(closed).toBe(40);
      // Superseded work may still report; its callback is ignored.
      late[0]({ type: 'curve', curve: [] });
      await turns();
      expect(seen).toHaveLength(80);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('retains the callback of a watch as long as the worker runs', async () => {
    let announce: (status: BackendStatus) => void = () => undefined;
    const { client } = clientOf({
      watch: (onStatus) => {
        announce = onStatus;
        return Promise.resolve();
      },
    });
    const seen: BackendStatus[] = [];
    await client.engine.watch((status) => seen.push(status));
    await turns();
    announce(STATUS);
    await turns();
    expect(seen).toEqual([STATUS]);
  });
});

describe('the signal of a call', () => {
  /** A client whose `hiddenUnits.map` ends when its signal is aborted, and reports progress before and after. */
  function mapping() {
    const seen = { started: 0, aborted: 0, ended: 0 };
    const map = async (...args: Parameters<Engine['hiddenUnits']['map']>) => {
      const [, , , onProgress, signal = new AbortController().signal] = args;
      seen.started++;
      onProgress(0.5);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      seen.aborted++;
      onProgress(0.75);
      await turns();
      seen.ended++;
      throw signal.reason;
    };
    const { client, worker } = clientOf({ ...quick, hiddenUnits: { map, place: never } });
    const progress: number[] = [];
    const begin = (signal: AbortSignal) =>
      client.engine.hiddenUnits.map(
        'model',
        { grid: { width: 1, height: 1 }, count: 0, words: new Uint32Array(0) },
        new Uint8Array(0),
        (done) => progress.push(done),
        signal,
      );
    return { client, worker, seen, progress, begin };
  }

  it('aborts the work in the worker, and the call rejects with its reason before that has ended', async () => {
    const { seen, progress, begin } = mapping();
    const controllers = [new AbortController(), new AbortController()];
    const calls = controllers.map(({ signal }) => rejectionOf(begin(signal)));
    await turns();
    expect(seen).toEqual({ started: 2, aborted: 0, ended: 0 });
    expect(progress).toEqual([0.5, 0.5]);
    const reason = new DOMException('Another question', 'AbortError');
    controllers[1].abort(reason);
    await Promise.resolve();
    expect(calls.map(({ error }) => error)).toEqual([null, reason]);
    await turns();
    await turns();
    expect(seen).toEqual({ started: 2, aborted: 1, ended: 1 });
    // What the work still reports after the abort reaches no one.
    expect(progress).toEqual([0.5, 0.5]);
    controllers[0].abort();
    await turns();
    expect(calls[0].error).toMatchObject({ name: 'AbortError' });
    expect(seen.aborted).toBe(2);
  });

  it('that is aborted already sends nothing', async () => {
    const { worker, seen, begin } = mapping();
    await turns();
    const post = vi.spyOn(worker, 'postMessage');
    await expect(begin(AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    await turns();
    expect(seen.started).toBe(0);
    expect(post).not.toHaveBeenCalled();
  });

  it('retains nothing of a call that has ended', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const { client } = clientOf({ score: () => Promise.resolve({ ok: false, reason: 'none' }) });
    const images = { grid: { width: 1, height: 1 }, count: 0, words: new Uint32Array(0) };
    for (let call = 0; call < 5; call++) await client.engine.score('model', images, signal);
    await turns();
    expect(listeners).toBe(0);
  });
});

describe('a worker that ends without an error event', () => {
  it('is noticed by its lock, and rejects pending and later calls', async () => {
    const reports = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { client, page, worker, workers, deaths } = clientOf(stuck);
    await client.engine.status();
    await turns();
    // With a lock there is no timer.
    expect(page.beating).toBe(false);
    const pending = rejectionOf(client.engine.stop());
    worker.end();
    await turns();
    expect(pending.error).toBeInstanceOf(EngineDiedError);
    expect(deaths).toEqual(['It ended without an error.']);
    expect(reports).toHaveBeenCalledOnce();
    await expect(client.engine.status()).rejects.toBeInstanceOf(EngineDiedError);
    client.restart();
    expect(await client.engine.status()).toEqual(STATUS);
    expect(workers).toHaveLength(2);
    expect(deaths).toHaveLength(1);
  });

  it('is not reported where the page restarts it', async () => {
    const { client, worker, deaths } = clientOf(stuck);
    await client.engine.status();
    const pending = rejectionOf(client.engine.stop());
    client.restart();
    worker.end();
    await turns();
    expect(pending.error).toBeInstanceOf(EngineDiedError);
    expect(worker.terminated).toBe(true);
    expect(deaths).toEqual([]);
  });

  it.each(['missing', 'refused'] as const)('is noticed by heartbeats where locks are %s', async (locks) => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { client, page, worker, deaths } = clientOf(stuck, locks);
    await client.engine.status();
    await turns();
    expect(page.beating).toBe(true);
    const pending = rejectionOf(client.engine.stop());
    for (let beat = 0; beat < 3 * MAX_SILENT_HEARTBEATS; beat++) await page.beat();
    expect(deaths).toEqual([]);
    worker.fallSilent();
    for (let beat = 0; beat < MAX_SILENT_HEARTBEATS; beat++) await page.beat();
    expect(deaths).toEqual([]);
    await page.beat();
    expect(deaths).toEqual(['It no longer answers.']);
    expect(pending.error).toBeInstanceOf(EngineDiedError);
    expect(page.beating).toBe(false);
  });
});

describe('a worker that is silent for a time', () => {
  const long = MAX_SILENT_HEARTBEATS - 1;

  it.each<[string, (page: FakePage) => Promise<void>]>([
    [
      'because it computes a long step',
      async (page) => {
        for (let beat = 0; beat < long; beat++) await page.beat();
      },
    ],
    [
      'because the page is hidden',
      async (page) => {
        page.isVisible = false;
        for (let beat = 0; beat < 10 * long; beat++) await page.beat();
        page.isVisible = true;
      },
    ],
    [
      'because timers are throttled',
      async (page) => {
        for (let beat = 0; beat < 10 * long; beat++) await page.beat(60_000);
      },
    ],
    [
      'because the machine sleeps',
      async (page) => {
        for (let beat = 0; beat <= long; beat++) await page.beat();
        await page.beat(8 * 3_600_000);
      },
    ],
  ])('does not count as ended %s', async (_, pass) => {
    const { client, page, worker, deaths } = clientOf(stuck, 'missing');
    await client.engine.status();
    const pending = rejectionOf(client.engine.stop());
    await turns();
    worker.fallSilent();
    await pass(page);
    worker.answer();
    await turns();
    for (let beat = 0; beat < 2 * long; beat++) await page.beat();
    expect(deaths).toEqual([]);
    expect(pending.error).toBeNull();
  });

  it('does not count as ended while no call is pending', async () => {
    const { client, page, worker, deaths } = clientOf(quick, 'missing');
    await client.engine.status();
    await turns();
    worker.fallSilent();
    for (let beat = 0; beat < 10 * long; beat++) await page.beat();
    expect(deaths).toEqual([]);
  });
});

describe('an exception in the worker', () => {
  it('reaches the console and the pending calls with its stack', async () => {
    const reports = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { client, worker, deaths } = clientOf(stuck);
    await client.engine.status();
    const pending = rejectionOf(client.engine.stop());
    worker.throwUncaught(new Error('planted'));
    await turns();
    expect(deaths).toEqual(['Uncaught Error: planted']);
    const { error } = pending as { error: EngineDiedError };
    expect(error).toBeInstanceOf(EngineDiedError);
    expect(error.message).toBe('Uncaught Error: planted');
    expect((error.cause as Error).stack).toMatch(/planted\n\s+at .*client\.test\.ts/);
    expect(reports.mock.calls.flat().join()).toMatch(/planted\n\s+at .*client\.test\.ts/);
  });

  it('is reported with its file and line where the stack is not known', async () => {
    const reports = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { client, worker } = clientOf(stuck);
    await client.engine.status();
    const pending = rejectionOf(client.engine.stop());
    const details = { message: 'Script error', filename: 'worker.js', lineno: 12, colno: 34 };
    worker.dispatchEvent(Object.assign(new Event('error'), details));
    await turns();
    expect(((pending.error as EngineDiedError).cause as Error).stack).toContain('worker.js:12:34');
    expect(reports.mock.calls.flat().join()).toContain('worker.js:12:34');
  });
});

describe('a client of which nothing is asked', () => {
  it('starts no worker before the first call', async () => {
    const spawn = vi.fn(() => {
      const worker = new FakeWorker(quick, undefined);
      ends.push(() => worker.terminate());
      return worker as unknown as Worker;
    });
    const client = createEngine(spawn, new FakePage(undefined));
    await turns();
    expect(spawn).not.toHaveBeenCalled();
    expect(await client.engine.status()).toEqual(STATUS);
    expect(spawn).toHaveBeenCalledTimes(1);
  });
});

describe('a client that was started before the first call', () => {
  it('leaves it to that call to fail where no worker can be made', async () => {
    const client = createEngine(() => {
      throw new TypeError('Worker is not a constructor');
    }, new FakePage(undefined));
    client.start();
    await expect((async () => await client.engine.status())()).rejects.toThrow('not a constructor');
  });

  it('has one worker, and tells the first listener of a death that it missed', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const workers: FakeWorker[] = [];
    const client = createEngine(() => {
      const worker = new FakeWorker(quick, undefined);
      workers.push(worker);
      ends.push(() => worker.terminate());
      return worker as unknown as Worker;
    }, new FakePage(undefined));
    client.start();
    client.start();
    expect(await client.engine.status()).toEqual(STATUS);
    expect(workers).toHaveLength(1);
    workers[0].dispatchEvent(new Event('error'));
    const deaths: string[] = [];
    client.onDeath((reason) => deaths.push(reason));
    client.onDeath((reason) => deaths.push(`again: ${reason}`));
    expect(deaths).toEqual(['The engine could not be started.']);
    await expect(client.engine.status()).rejects.toBeInstanceOf(EngineDiedError);
  });
});
