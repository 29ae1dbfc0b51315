/** The pool's workers in Node. They run the same bundle as the command line. */
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { answerTasks } from '../engine/backends/pool/answering.ts';
import type { PoolWorker, StartWorker } from '../engine/backends/pool/connection.ts';
import type { Answer, Message } from '../engine/backends/pool/messages.ts';
import { MAX_THREADS, WorkerPool } from '../engine/backends/pool/pool.ts';
import { loadSimd } from '../simd/load.ts';

const DATA = 'inkling-pool';

/** Threads where a command does not say: one a core. */
export function usualThreads(): number {
  return Math.min(MAX_THREADS, availableParallelism());
}

/** Does the tasks of the command line where this is one of its workers. */
export function answerTheCommandLine(): void {
  if (isMainThread || workerData !== DATA) return;
  const port = parentPort!;
  const receive = answerTasks((answer, transfer) => port.postMessage(answer, transfer), loadSimd);
  port.on('message', (message: Message) => receive(message));
}

/** `threads` are this one and workers; null for this one alone. */
export function nodePool(threads: number): WorkerPool | null {
  return threads > 1 ? new WorkerPool(threads, startWorker) : null;
}

const startWorker: StartWorker = (onAnswer, onEnd): PoolWorker => {
  // Sources that are run without being bundled, as tests do, are no script that Node could start.
  if (!import.meta.url.endsWith('.mjs')) throw new Error('The sources are not bundled.');
  const worker = new Worker(new URL(import.meta.url), { workerData: DATA });
  worker.on('message', (answer: Answer) => onAnswer(answer));
  worker.on('error', (error) => onEnd(String(error)));
  worker.on('messageerror', (error) => onEnd(String(error)));
  worker.on('exit', (code) => onEnd(`A worker ended with code ${code}.`));
  // It keeps the process alive while it is waited for, and not longer.
  worker.unref();
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    end: () => void worker.terminate(),
    waitedFor: (waited) => (waited ? worker.ref() : worker.unref()),
  };
};
