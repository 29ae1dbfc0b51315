import type { CurvePoint, Engine, Snapshot } from '../../engine/api.ts';
import type { ModelRecord, RunRecord } from '../../store/records.ts';
import { placeWords, type RunLength } from './snapshot-words.ts';
import { snapshotRecord } from '../compare/counted-models.ts';

export interface SnapshotPorts {
  readonly engine: Pick<Engine, 'dropSnapshots'>;
  /** Slot B shows the weights of a snapshot. */
  readonly onSnapshot: (model: ModelRecord, runId: string, step: number) => void;
  /** How long the run is. */
  readonly length: () => RunLength;
  /** Slot B shows again what it does without a snapshot: the model in training, or the trained one. */
  readonly onNow: () => void;
}

type ShownRun = Pick<RunRecord, 'id' | 'request' | 'dataset'>;

/** The weights from along the latest run, one of which slot B can show: the stops of a slider whose last one is the model as it is now. */
export class RunSnapshots {
  readonly #ports: SnapshotPorts;
  #all = $state.raw<readonly Snapshot[]>([]);
  /** The step whose weights the trained model has; null while the run goes on. */
  #keptStep = $state<number | null>(null);
  /** The step of the snapshot that slot B shows; null where it shows none. */
  chosen = $state<number | null>(null);
  run = $state.raw<ShownRun | null>(null);

  constructor(ports: SnapshotPorts) {
    this.#ports = ports;
  }

  /** Without that of the trained model, which is the last stop. */
  get stops(): readonly Snapshot[] {
    return this.#all.filter(({ step }) => step !== this.#keptStep);
  }

  /** Number of the stop that is shown: that of the model as it is now is the number of snapshots. */
  get position(): number {
    const at = this.stops.findIndex(({ step }) => step === this.chosen);
    return at < 0 ? this.stops.length : at;
  }

  /** The snapshot that is shown; null for the model as it is now. */
  get shown(): Snapshot | null {
    return this.stops.at(this.position) ?? null;
  }

  /** Of a trained model: the step whose weights it has. */
  get keptStep(): number | null {
    return this.#keptStep;
  }

  /** "after 120 of 3,200 steps": where in the run a step is. */
  placeOf(step: number): string {
    return placeWords(step, this.#ports.length());
  }

  begin(run: ShownRun): void {
    this.run = run;
  }

  take(all: readonly Snapshot[]): void {
    this.#all = all;
    // After the loss of a device the run takes them again.
    if (this.chosen !== null && all.every(({ step }) => step !== this.chosen)) this.now();
  }

  /** The run has ended after `step` with a model. */
  end(curve: readonly CurvePoint[], step: number): void {
    this.#keptStep = bestStep(curve) ?? step;
    if (this.chosen === this.#keptStep) this.now();
  }

  /** Shows the stop of that number. */
  go(position: number): void {
    const stop = this.stops.at(position);
    if (!stop || !this.run) {
      this.now();
      return;
    }
    if (stop.step === this.chosen) return;
    this.chosen = stop.step;
    this.#ports.onSnapshot(
      snapshotRecord(this.run, stop.step, this.placeOf(stop.step)),
      this.run.id,
      stop.step,
    );
  }

  /** Shows the model as it is now. */
  now(): void {
    if (this.chosen === null) return;
    this.chosen = null;
    this.#ports.onNow();
  }

  /** Slot B shows another model by now. */
  left(): void {
    this.chosen = null;
  }

  /** Frees their memory. */
  clear(): void {
    if (this.run) void this.#drop(this.run.id);
    this.forget();
  }

  /** The engine that held them has ended. */
  forget(): void {
    this.#all = [];
    this.#keptStep = null;
    this.chosen = null;
    this.run = null;
  }

  async #drop(runId: string): Promise<void> {
    try {
      await this.#ports.engine.dropSnapshots(runId);
    } catch {
      // An engine that has ended holds none.
    }
  }
}

/** The step of the lowest validation loss, whose weights a run ends with; null where none was measured. */
function bestStep(curve: readonly CurvePoint[]): number | null {
  let best: CurvePoint | null = null;
  for (const point of curve)
    if (point.validation !== null && point.validation < (best?.validation ?? Infinity)) best = point;
  return best?.step ?? null;
}
