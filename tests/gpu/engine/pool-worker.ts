/** A worker of the pool in a browser, as src/engine/worker.ts is one under that name. */
import { answerTheEngine } from '../../../src/engine/pool-workers.ts';

answerTheEngine(globalThis as unknown as Parameters<typeof answerTheEngine>[0]);
