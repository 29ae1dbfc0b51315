import { answerTasks } from '../../../src/engine/backends/pool/answering.ts';
import type { PoolWorker, StartWorker } from '../../../src/engine/backends/pool/connection.ts';
import type { Message, Task } from '../../../src/engine/backends/pool/messages.ts';
import type { Simd } from '../../../src/simd/simd.ts';
import { type PoolOptions, WorkerPool } from '../../../src/engine/backends/pool/pool.ts';

/** What a fake worker does with the tasks that it is given. */
export type Conduct =
  /** Answers them. */
  | 'works'
  /** Takes them and never answers. */
  | 'silent'
  /** Ends with an error at its next task. */
  | 'crashes'
  /** Answers that there was no memory. */
  | 'no memory';

export interface FakeWorkers {
  readonly pool: WorkerPool;
  conduct: Conduct;
  /** Whether a start succeeds, fails with an error event, throws, or is never heard of again. */
  start: 'succeeds' | 'fails' | 'throws' | 'hangs';
  /** Kinds of the tasks that workers were given. */
  readonly tasks: Task['kind'][];
  /** Started so far, and ended by the pool. */
  started: number;
  ended: number;
  /** Whether any worker is waited for. */
  readonly waited: Set<PoolWorker>;
}

const none = (): Promise<Simd | null> => Promise.resolve(null);

/** A pool whose workers do their tasks in this thread, a task of the event loop later, on copies as messages make them. */
export function fakeWorkers(threads: number, options: PoolOptions = {}, load = none): FakeWorkers {
  const start: StartWorker = (onAnswer, onEnd) => {
    if (fake.start === 'throws') throw new Error('no workers here');
    fake.started++;
    let ended = false;
    const later = (work: () => void) => void setImmediate(() => ended || work());
    let receive: (message: Message) => void = () => undefined;
    if (fake.start === 'fails') later(() => onEnd('did not load'));
    if (fake.start === 'succeeds')
      later(() => {
        receive = answerTasks((answer, transfer) => {
          const copy = structuredClone(answer, { transfer });
          later(() => onAnswer(copy));
        }, load);
      });
    const worker: PoolWorker = {
      post(message, transfer) {
        const copy = structuredClone(message, { transfer });
        if ('call' in copy) fake.tasks.push(copy.task.kind);
        later(() => {
          if (!('call' in copy) || fake.conduct === 'works') receive(copy);
          else if (fake.conduct === 'crashes') onEnd('crashed');
          else if (fake.conduct === 'no memory')
            onAnswer({ call: copy.call, error: 'RangeError: Array buffer allocation failed' });
        });
      },
      end() {
        if (!ended) fake.ended++;
        ended = true;
        fake.waited.delete(worker);
      },
      waitedFor: (waited) => {
        if (waited) fake.waited.add(worker);
        else fake.waited.delete(worker);
      },
    };
    return worker;
  };
  const fake: FakeWorkers = {
    pool: new WorkerPool(threads, start, options),
    conduct: 'works',
    start: 'succeeds',
    tasks: [],
    started: 0,
    ended: 0,
    waited: new Set(),
  };
  return fake;
}
