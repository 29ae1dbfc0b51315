import * as Comlink from 'comlink';
import type { Engine } from './api.ts';
import type { Queries } from './queries/api.ts';
import { trustedScriptUrl } from './trusted-worker-url.ts';
import { type ExitPlatform, watchForExit } from './worker-exit.ts';
import workerUrl from './worker.ts?worker&url';

/** The worker ended during a call. The message is the reason; `cause` has the stack. Everything loaded into the worker is lost. */
export class EngineDiedError extends Error {
  override readonly name = 'EngineDiedError';
}

export interface EngineClient {
  /** The engine in the worker. Its calls reject with EngineDiedError when the worker dies. */
  readonly engine: Engine;
  /** The listener is called once for every worker that dies. */
  onDeath(listener: (reason: string) => void): void;
  /** Starts a new worker without models. Calls pending in the old one are rejected. */
  restart(): void;
}

/** The connection to one worker. */
interface Connection {
  call<T>(invoke: (remote: Engine) => Promise<T>): Promise<T>;
  end(error: EngineDiedError): void;
}

/**
 * The only place that wraps a worker with Comlink. Comlink does not notice the end of a worker, so that calls would stay
 * pending for ever: here they are rejected. Pending calls are kept in a set, because a promise of the worker's end, raced by
 * every call, would retain each call for as long as the worker runs.
 */
export function createEngine(spawn: () => Worker = spawnWorker, platform?: ExitPlatform): EngineClient {
  const listeners = new Set<(reason: string) => void>();
  let connection = connect();

  function connect(): Connection {
    const worker = spawn();
    // Comlink's type distributes a union over the promise; at run time the remote has the type of the contract.
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
      call: (invoke) =>
        new Promise((resolve, reject) => {
          if (ended) {
            reject(ended);
            return;
          }
          const result = invoke(remote);
          pending.add(reject);
          void result.then(resolve, reject).finally(() => pending.delete(reject));
        }),
    };
  }

  const call: Connection['call'] = (invoke) => connection.call(invoke);

  /** The same for the methods of one kind of query; functions among the arguments become callbacks. */
  const queries = <Kind extends keyof Queries>(kind: Kind): Queries[Kind] =>
    new Proxy({} as Queries[Kind], {
      get:
        (_, method) =>
        (...args: unknown[]) =>
          call((remote) => {
            const target = remote[kind] as unknown as Record<PropertyKey, RemoteCall>;
            return target[method](...args.map((each) => (isFunction(each) ? Comlink.proxy(each) : each)));
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
    loadLearning: (name) => call((remote) => remote.loadLearning(name)),
    pause: () => call((remote) => remote.pause()),
    resume: () => call((remote) => remote.resume()),
    stop: () => call((remote) => remote.stop()),
    debug: () => call((remote) => remote.debug()),
    replaceShader: (path, source) => call((remote) => remote.replaceShader(path, source)),
    loseDevice: () => call((remote) => remote.loseDevice()),
    explain: queries('explain'),
    complete: queries('complete'),
    classify: queries('classify'),
    hiddenUnits: queries('hiddenUnits'),
    sampling: queries('sampling'),
  };

  return {
    engine,
    onDeath: (listener) => void listeners.add(listener),
    restart: () => {
      connection.end(new EngineDiedError('The engine was restarted.'));
      connection = connect();
    },
  };
}

type RemoteCall = (...args: unknown[]) => Promise<unknown>;

function isFunction(value: unknown): value is object {
  return typeof value === 'function';
}

function spawnWorker(): Worker {
  return new Worker(trustedScriptUrl(workerUrl), { type: 'module', name: 'engine' });
}
