/**
 * The pool's workers in a browser. They are started by the engine's worker and run the same script under another name: it has been
 * fetched already, and no other version of it can be met.
 */
import { loadSimd } from '../simd/load.ts';
import { answerTasks } from './backends/pool/answering.ts';
import type { PoolWorker, StartWorker } from './backends/pool/connection.ts';
import type { Answer, Message } from './backends/pool/messages.ts';
import { MAX_THREADS, WorkerPool } from './backends/pool/pool.ts';
import { trustedScriptUrl } from './trusted-worker-url.ts';

const NAME = 'engine-pool';

/** The part of a worker's global scope that is used here. */
interface PoolScope {
  readonly name: string;
  postMessage(answer: Answer, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<Message>) => void): void;
}

/** Whether the script runs in a worker of the pool, and not as the engine. */
export function isPoolWorker(scope: Pick<PoolScope, 'name'>): boolean {
  return scope.name === NAME;
}

/** Does the tasks of the engine's worker. */
export function answerTheEngine(scope: PoolScope): void {
  const receive = answerTasks((answer, transfer) => scope.postMessage(answer, transfer), loadSimd);
  scope.addEventListener('message', ({ data }) => receive(data));
}

/** As many threads as the machine has cores, at most MAX_THREADS; null where a worker cannot start others. */
export function browserPool(): WorkerPool | null {
  const { hardwareConcurrency = 1 } = navigator as { readonly hardwareConcurrency?: number };
  const threads = Math.min(MAX_THREADS, hardwareConcurrency);
  if (threads < 2 || typeof Worker !== 'function') return null;
  return new WorkerPool(threads, startWorker);
}

const startWorker: StartWorker = (onAnswer, onEnd): PoolWorker => {
  const worker = new Worker(trustedScriptUrl(globalThis.location.href), { type: 'module', name: NAME });
  worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => onAnswer(data));
  worker.addEventListener('error', (event) => {
    // It would be reported as one of the engine's own.
    event.preventDefault();
    const { message } = event as Partial<ErrorEvent>;
    onEnd(message ? message : 'A worker could not be started.');
  });
  worker.addEventListener('messageerror', () => onEnd('A worker sent something unreadable.'));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    end: () => worker.terminate(),
  };
};
