/** What run.mjs calls from outside: passes requests on to the worker of a contender, which is started when it is first needed. */
import type { Answer, Contender, Opened, Ran, Request } from './tasks.ts';

const workers = new Map<Contender, Worker>();

function workerOf(contender: Contender): Worker {
  let worker = workers.get(contender);
  if (!worker) {
    worker = new Worker(new URL('./contender.ts', import.meta.url), { type: 'module', name: contender });
    workers.set(contender, worker);
  }
  return worker;
}

/** Rejects with what went wrong in the worker. One request at a time. */
function ask(contender: Contender, request: Request): Promise<Opened | Ran> {
  const worker = workerOf(contender);
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message || `${contender}: could not be started`));
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.kind === 'opened') resolve(data.opened);
      else if (data.kind === 'ran') resolve(data.ran);
      else reject(new Error(data.reason));
    };
    worker.postMessage(request);
  });
}

/** Ends the worker, and with it all that it holds. */
function end(contender: Contender): void {
  workers.get(contender)?.terminate();
  workers.delete(contender);
}

Object.assign(globalThis, { bench: { ask, end } });
