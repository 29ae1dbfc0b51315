import type { Result } from '../../data/result.ts';
import type { TrainProgress } from '../../engine/api.ts';
import type { ModelRecord, RunRecord } from '../../store/records.ts';
import { learningRecord } from '../compare/counted-models.ts';
import type { TrainingPorts } from './ports.ts';

interface CheckpointPorts extends Pick<TrainingPorts, 'saveRun' | 'storedRun' | 'dropRun'> {
  /** Why checkpoints are not being stored; empty where they are. */
  readonly onWarning: (warning: string) => void;
}

/** The checkpoints of the run that goes on, whether the store keeps them, and the run that can be resumed from its last one. */
export class RunCheckpoints {
  readonly #ports: CheckpointPorts;
  /** A run that an earlier visit left unfinished, or one of this visit that failed after a checkpoint. */
  interrupted = $state.raw<RunRecord | null>(null);
  /** Whether the newest checkpoint of the run is stored. */
  kept = $state(false);
  /** The run that goes on; null before its images are there, and from the time that its model replaces it. */
  #run: RunRecord | null = null;
  /** Whether the store has a record of the run, to which the worker adds checkpoints. */
  #runStored = false;
  /** Of the newest checkpoint; null before the first. */
  #step: number | null = null;
  #seconds = 0;

  constructor(ports: CheckpointPorts) {
    this.#ports = ports;
  }

  /** A run is about to begin, with its checkpoint of before where it is resumed. */
  prepare(resumed: boolean): void {
    this.#step = null;
    this.#runStored = this.kept = resumed;
  }

  begin(run: RunRecord): void {
    this.#run = run;
  }

  /** The run has ended. What the worker still reports of it is ignored: it must not store the run again once its model has replaced it. */
  end(): void {
    this.#run = null;
  }

  /** Stores the record of a run that begins. */
  async storeRun(run: RunRecord): Promise<void> {
    const saved = await this.#ports.saveRun(run);
    this.#runStored = saved.ok;
    if (!saved.ok)
      this.#ports.onWarning(`The run goes on, but cannot be resumed after a reload. ${saved.reason}.`);
  }

  /** The worker has a new checkpoint, and stores it. Returns whether it is of a run that goes on. */
  take(step: number, seconds: number): boolean {
    if (!this.#run) return false;
    this.#step = step;
    this.kept = false;
    this.#seconds = seconds;
    return true;
  }

  /** The worker has stored the checkpoint, or could not. */
  async stored(step: number, stored: Result<null>): Promise<void> {
    const run = this.#run;
    if (!run) return;
    if (stored.ok) {
      this.kept = step === this.#step;
      this.#ports.onWarning('');
      return;
    }
    // Where the record could not be stored at the start, a later checkpoint may find it.
    const saved = this.#runStored ? stored : await this.#ports.saveRun(run);
    this.#runStored ||= saved.ok;
    // A run that has ended meanwhile needs no checkpoint.
    if (!saved.ok && this.#run)
      this.#ports.onWarning(`The run goes on, but its checkpoint was not saved. ${saved.reason}.`);
  }

  /** The model in training, as it is at the newest checkpoint; null where there is none. */
  newestModel(progress: TrainProgress | null): ModelRecord | null {
    if (!this.#run || this.#step === null) return null;
    return learningRecord(this.#run, this.#seconds, progress);
  }

  /** Offers the run where it has a checkpoint. One that cannot be read is left to the next visit. */
  async offerAgain(runId: string): Promise<Result<RunRecord | null>> {
    const stored = await this.#ports.storedRun(runId);
    if (stored.ok && stored.value?.checkpoint) this.interrupted = stored.value;
    return stored;
  }

  /** A failed run that has a checkpoint is kept, and offered to be resumed; one without is deleted. */
  async offerOrDrop(runId: string): Promise<void> {
    const stored = await this.offerAgain(runId);
    if (stored.ok && !stored.value?.checkpoint) await this.#ports.dropRun(runId);
  }

  async discardInterrupted(): Promise<void> {
    const run = this.interrupted;
    if (!run) return;
    // The offer stays until the run is deleted: after a reload meanwhile it would be offered again.
    const dropped = await this.#ports.dropRun(run.id);
    if (dropped.ok && this.interrupted === run) this.interrupted = null;
  }
}
