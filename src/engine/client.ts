import * as Comlink from 'comlink';
import type { Engine } from './api.ts';
import type { Queries } from './queries/api.ts';
import { trustedScriptUrl } from './trusted-worker-url.ts';
import { type ExitPlatform, watchForExit } from './worker-exit.ts';
import workerUrl from './worker.ts?worker&url';

/** The worker ended under a call: its reason, in words; `cause` has the stack. Everything loaded into it is gone. */
export class EngineDiedError extends Error {
  override readonly name = 'EngineDiedError';
}

export interface EngineClient {
  /** Every call of the contract, across the thread. Rejects with EngineDiedError when the worker dies. */
  readonly engine: Engine;
  /** Called once for every worker that dies. */
  onDeath(listener: (reason: string) => void): void;
  /** A fresh worker, empty. Calls pending in the old one are rejected. */
  restart(): void;
}

/** One worker, from its start to its end. */
interface Life {
  call<T>(ask: (remote: Engine) => Promise<T>): Promise<T>;
  end(error: EngineDiedError): void;
}

/**
 * The only Comlink wrap. Comlink hears messages alone, so a worker that ends would leave its callers waiting for ever:
 * here the pending calls are rejected with it. They stand in a set: a promise of the worker's end, raced by every call,
 * would hold on to each of them for as long as the worker runs.
 */
export function createEngine(spawn: () => Worker = spawnWorker, platform?: ExitPlatform): EngineClient {
  const listeners = new Set<(reason: string) => void>();
  let life = begin();

  function begin(): Life {
    const worker = spawn();
    // Comlink's types spread a union over the promise; the contract's own types say the same thing more plainly.
    const remote = Comlink.wrap<Engine>(worker) as unknown as Engine;
    const pending = new Set<(error: EngineDiedError) => void>();
    let ended: EngineDiedError | null = null;

    const end = (error: EngineDiedError) => {
      ended ??= error;
      stopWatching();
      worker.terminate();
      for (const reject of pending) reject(ended);
      pending.clear();
    };
    const stopWatching = watchForExit(
      worker,
      () => pending.size > 0,
      ({ reason, stack }) => {
        console.error(`The engine stopped: ${reason}\n${stack}`);
        end(new EngineDiedError(reason, { cause: Object.assign(new Error(reason), { stack }) }));
        for (const listener of listeners) listener(reason);
      },
      platform,
    );
    return {
      end,
      call: (ask) =>
        new Promise((resolve, reject) => {
          if (ended) {
            reject(ended);
            return;
          }
          const answer = ask(remote);
          pending.add(reject);
          void answer.then(resolve, reject).finally(() => pending.delete(reject));
        }),
    };
  }

  const call: Life['call'] = (ask) => life.call(ask);

  /** The same for the calls of one kind of question; functions among the arguments are called back. */
  const asks = <Kind extends keyof Queries>(kind: Kind): Queries[Kind] =>
    new Proxy({} as Queries[Kind], {
      get:
        (_, method) =>
        (...given: unknown[]) =>
          call((remote) => {
            const questions = remote[kind] as unknown as Record<PropertyKey, RemoteCall>;
            return questions[method](...given.map((each) => (isFunction(each) ? Comlink.proxy(each) : each)));
          }),
    });

  const engine: Engine = {
    status: () => call((remote) => remote.status()),
    prefer: (preference) => call((remote) => remote.prefer(preference)),
    watch: (onStatus) => call((remote) => remote.watch(Comlink.proxy(onStatus))),
    load: (name, model) => call((remote) => remote.load(name, model)),
    unload: (name) => call((remote) => remote.unload(name)),
    read: (name, image) => call((remote) => remote.read(name, image)),
    score: (name, images) => call((remote) => remote.score(name, images)),
    classLogits: (name, images) => call((remote) => remote.classLogits(name, images)),
    openSampler: (name, model, request) => call((remote) => remote.openSampler(name, model, request)),
    advanceSampler: (name, pixels) => call((remote) => remote.advanceSampler(name, pixels)),
    closeSampler: (name) => call((remote) => remote.closeSampler(name)),
    inspect: (files) => call((remote) => remote.inspect(files)),
    pack: (request) => call((remote) => remote.pack(request)),
    train: (request, onEvent) => call((remote) => remote.train(request, Comlink.proxy(onEvent))),
    pause: () => call((remote) => remote.pause()),
    resume: () => call((remote) => remote.resume()),
    stop: () => call((remote) => remote.stop()),
    loseDevice: () => call((remote) => remote.loseDevice()),
    explain: asks('explain'),
    complete: asks('complete'),
    classify: asks('classify'),
    hiddenUnits: asks('hiddenUnits'),
    sampling: asks('sampling'),
  };

  return {
    engine,
    onDeath: (listener) => void listeners.add(listener),
    restart: () => {
      life.end(new EngineDiedError('The engine was restarted.'));
      life = begin();
    },
  };
}

type RemoteCall = (...given: unknown[]) => Promise<unknown>;

function isFunction(value: unknown): value is object {
  return typeof value === 'function';
}

function spawnWorker(): Worker {
  return new Worker(trustedScriptUrl(workerUrl), { type: 'module', name: 'engine' });
}
