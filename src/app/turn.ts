import type { Result } from '../data/result.ts';
import type { Engine, TrainJob, TrainOutcome, TrainProgress } from '../engine/api.ts';
import { LongWork } from './long-work.svelte.ts';
import { newId } from './new-id.ts';
import { holdingRun } from './run-locks.ts';

/** A mutex: the engine trains one model at a time. A turn holds a lock, for which a new version waits in every tab. */
export class Turn {
  readonly longWork = new LongWork();
  #last: Promise<void> = Promise.resolve();

  /** Resolves, in the order of the calls, with the function that ends the turn. */
  async take(): Promise<() => void> {
    const before = this.#last;
    let end: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#last = turn;
    void holdingRun(newId(), () => turn);
    await before;
    return end;
  }
}

/**
 * Trains a model once the runs that were started before, also on the Play page, have ended. An abort stops the run, and the call
 * rejects with the signal's reason.
 */
export async function trainInTurn(
  { engine, turn }: { readonly engine: Engine; readonly turn: Turn },
  job: TrainJob,
  signal: AbortSignal,
  onProgress: (progress: TrainProgress) => void = () => undefined,
): Promise<Result<TrainOutcome>> {
  const done = await turn.take();
  // An engine that has ended trains nothing.
  const stop = () => void engine.stop().catch(() => undefined);
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', stop);
    const outcome = await engine.train(job, (event) => {
      if (event.type === 'progress' && !signal.aborted) onProgress(event.progress);
    });
    signal.throwIfAborted();
    return outcome;
  } finally {
    signal.removeEventListener('abort', stop);
    done();
  }
}
