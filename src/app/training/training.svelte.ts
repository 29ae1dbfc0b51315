import { wordsOf } from '../../data/error-words.ts';
import type { Binarisation } from '../../data/binarisation.ts';
import type { Result } from '../../data/result.ts';
import type { CurvePoint, ImageSource, TrainEvent, TrainOutcome, TrainProgress } from '../../engine/api.ts';
import { jobOf } from '../../engine/job.ts';
import { findFamily, usualTargets } from '../../models/registry.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { ModelRecord, RunRecord } from '../../store/records.ts';
import { lossName } from '../format.ts';
import { divergenceWords } from './divergence-words.ts';
import { describeModel, learningRecord, recordOf } from '../compare/counted-models.ts';
import { heldBackShare } from '../compare/learnt-from.ts';
import { preference, savePreference } from '../preferences.ts';
import { readSpeeds, type Speeds } from './duration.ts';
import { endWords } from './end-words.ts';
import { TrainingForm } from './form.svelte.ts';
import { holdingRun, isHeld } from '../run-locks.ts';
import { newId } from '../new-id.ts';
import type { TrainingPorts } from './ports.ts';
import { RunSnapshots } from './snapshots.svelte.ts';

type Update = Extract<TrainEvent, { readonly type: 'update' }>;
type TrainingState = 'idle' | 'fetching' | 'waiting' | 'running' | 'paused' | 'stopping';

const PAUSED: ReadonlySet<TrainProgress['phase']> = new Set(['paused', 'stepping']);

/** The training panel: its form and the current run. */
export class Training {
  readonly #ports: TrainingPorts;
  readonly form: TrainingForm;
  /** Weights from along the run that is shown. */
  readonly snapshots: RunSnapshots;
  /** How fast families were trained on this machine. */
  speeds = $state.raw<Speeds>(readSpeeds(preference('inkling-speeds')));
  /** Whether model B shows the model in training, updated every few seconds. */
  show = $state(true);
  state = $state<TrainingState>('idle');
  progress = $state.raw<TrainProgress | null>(null);
  curve = $state.raw<readonly CurvePoint[]>([]);
  trained = $state.raw<ModelRecord | null>(null);
  /** What the last update did that the visitor asked for while the run was paused; null before. */
  update = $state.raw<Update | null>(null);
  error = $state('');
  /** Why checkpoints are not being stored, if so: the run goes on. */
  warning = $state('');
  /** Whether the newest checkpoint of the run is stored. */
  checkpointKept = $state(false);
  /** A run that an earlier visit left unfinished, or one of this visit that failed after a checkpoint. */
  interrupted = $state.raw<RunRecord | null>(null);
  /** What the run that is shown was asked to do; null before the first. The form may have been changed since. */
  #request = $state.raw<RunRecord['request'] | null>(null);
  /** How the run that is shown ended before its last pass; empty where it took them all, or goes on. */
  endedEarly = $state('');
  #run: RunRecord | null = null;
  /** Whether the store has a record of the run, to which the worker adds checkpoints. */
  #runStored = false;
  /** Of the newest checkpoint; null before the first. */
  #step: number | null = null;
  #seconds = 0;

  constructor(ports: TrainingPorts) {
    this.#ports = ports;
    this.form = new TrainingForm(ports);
    const { engine, onSnapshot } = ports;
    this.snapshots = new RunSnapshots({
      engine,
      onSnapshot: (...given) => {
        this.show = true;
        onSnapshot(...given);
      },
      length: () => {
        const { steps = 1, epochs = 1 } = this.progress ?? {};
        return { training: this.runSpec.training, steps, epochs };
      },
      onNow: () => this.#showNow(),
    });
  }

  /** Of the run that is shown; before the first, of the form. */
  get runSpec(): FamilySpec {
    return (this.#request && findFamily(this.#request.family)) ?? this.form.spec;
  }

  /** Of the run that is shown; before the first, of the form. */
  get runBinarisation(): Binarisation {
    return (this.#request ?? this.form).binarisation;
  }

  /** Whether the run that is shown has soft targets; before the first, that of the form. */
  get runHasSoftTargets(): boolean {
    const { targets } = this.#request ?? (this.form.targetsApply ? this.form : { targets: undefined });
    return targets === 'soft';
  }

  /** How much of the run is done, 0 to 1. */
  get share(): number {
    const { step, steps } = this.progress ?? { step: 0, steps: 0 };
    return steps > 0 ? step / steps : 0;
  }

  /** The loss, of which the run minimises the mean. */
  get loss(): string {
    return lossName(this.runSpec.task);
  }

  /** What a pass over the images is called. */
  get epochUnit(): 'iterations' | 'epochs' {
    return this.runSpec.training === 'em' ? 'iterations' : 'epochs';
  }

  get busy(): boolean {
    return this.state !== 'idle';
  }

  /** Begins the run that the form describes. */
  async start(): Promise<void> {
    if (this.busy) return;
    const {
      family,
      grid,
      hyper,
      binarisation,
      seed,
      epochs,
      batchSize,
      learningRate,
      targets,
      targetsApply,
    } = this.form;
    const request = {
      runId: newId(),
      family,
      grid,
      hyper,
      binarisation,
      validationShare: 0.1,
      seed,
      epochs,
      batchSize,
      learningRate,
      ...(targetsApply ? { targets } : {}),
    };
    await this.#startFrom(this.form.datasetId, request, null);
  }

  /** Goes on with the run that was interrupted. */
  async resumeInterrupted(): Promise<void> {
    const run = this.interrupted;
    if (this.busy || !run) return;
    if (await isHeld(run.id)) {
      this.error = 'Another tab goes on with this run.';
      return;
    }
    // The button was pressed twice while the locks were queried.
    if (this.interrupted !== run) return;
    this.interrupted = null;
    // Runs from before there was a choice had sampled targets.
    const { family, binarisation, targets = 'sampled' } = run.request;
    const spec = findFamily(family);
    const chosen = spec && usualTargets(spec, binarisation) !== null ? { targets } : {};
    await this.#startFrom(run.dataset.id, { ...run.request, ...chosen }, run);
  }

  async discardInterrupted(): Promise<void> {
    const run = this.interrupted;
    if (!run) return;
    // The offer stays until the run is deleted: after a reload meanwhile it would be offered again.
    const dropped = await this.#ports.dropRun(run.id);
    if (dropped.ok && this.interrupted === run) this.interrupted = null;
  }

  async pause(): Promise<void> {
    await this.#ports.engine.pause();
  }

  async resume(): Promise<void> {
    this.update = null;
    await this.#ports.engine.resume();
  }

  /** One update of the parameters; the run stays paused. */
  async stepOnce(): Promise<void> {
    await this.#ports.engine.stepOnce();
  }

  async stop(): Promise<void> {
    this.state = 'stopping';
    await this.#ports.engine.stop();
  }

  /** The run's snapshots are no longer wanted: their memory is freed. */
  discardSnapshots(): void {
    const shown = this.snapshots.chosen !== null;
    this.snapshots.clear();
    if (shown) this.#ports.onEnded(null);
  }

  /** One run, from loading its images to storing its model. `before` is its record from an earlier visit. */
  async #startFrom(datasetId: string, base: RunRecord['request'], before: RunRecord | null): Promise<void> {
    this.#request = base;
    this.endedEarly = '';
    this.error = '';
    this.warning = '';
    this.trained = null;
    this.update = null;
    this.progress = null;
    this.#step = null;
    this.discardSnapshots();
    this.curve = before?.checkpoint?.curve ?? [];
    this.#runStored = this.checkpointKept = before !== null;
    this.state = 'fetching';
    let release: () => void = () => undefined;
    try {
      const trainingData = await this.#ports.trainingData(datasetId);
      if (!trainingData.ok) {
        if (before) this.interrupted = before;
        if (trainingData.reason !== 'cancelled') this.error = trainingData.reason;
        return;
      }
      const { images, dataset } = trainingData.value;
      this.state = 'waiting';
      release = await this.#ports.turn.take();
      const validationShare = Math.min(base.validationShare, heldBackShare(dataset.images));
      const now = Date.now();
      this.#run = {
        id: base.runId,
        request: { ...base, validationShare },
        dataset,
        checkpoint: null,
        startedAt: before?.startedAt ?? now,
        updatedAt: now,
      };
      this.snapshots.begin(this.#run);
      await this.#train(this.#run, images, before !== null);
    } catch (error) {
      // The worker died during the run: it can be resumed from its last checkpoint.
      this.error = `The run ended early: ${wordsOf(error)}`;
      await this.#offerAgain(base.runId);
    } finally {
      const started = this.state !== 'fetching';
      release();
      this.#run = null;
      this.state = 'idle';
      // A run without a model has nothing to slide back to.
      if (this.snapshots.keptStep === null) this.snapshots.clear();
      // A snapshot that the visitor looks at stays until they slide on.
      if (started && this.snapshots.chosen === null) this.#ports.onEnded(this.trained);
    }
  }

  async #train(run: RunRecord, images: ImageSource, resumed: boolean): Promise<void> {
    const job = jobOf({ ...run.request, images, checkpoints: resumed ? 'resumed' : 'kept' });
    // The lock is held until the model is stored; otherwise another tab would offer the run meanwhile.
    await holdingRun(run.id, async () => {
      if (!resumed) {
        const saved = await this.#ports.saveRun(run);
        this.#runStored = saved.ok;
        if (!saved.ok)
          this.warning = `The run goes on, but cannot be resumed after a reload. ${saved.reason}.`;
      }
      this.state = 'running';
      const outcome = await this.#ports.engine.train(job, (event) => this.#onEvent(event));
      if (outcome.ok) await this.#finish(run, outcome.value);
      else await this.#fail(run.id, outcome.reason);
    });
  }

  async #finish({ id, request, dataset }: RunRecord, outcome: TrainOutcome): Promise<void> {
    const name = `${describeModel(request.family, request.hyper, request.grid)}, ${dataset.name}`;
    const model = recordOf(request, outcome, { id, name, dataset, createdAt: Date.now() });
    this.curve = outcome.curve;
    this.#rememberSpeed(request);
    // A late event must not store the run again once its model has replaced it.
    this.#run = null;
    await this.#ports.finishRun(model, id);
    this.warning = outcome.diverged ? divergenceWords(outcome.diverged, this.loss) : '';
    this.endedEarly = endWords(this.runSpec, outcome.ended, outcome.epochs, request.epochs);
    this.trained = model;
    this.snapshots.end(outcome.curve, outcome.step);
  }

  #rememberSpeed({ family, grid, hyper }: RunRecord['request']): void {
    const { imagesPerSecond = 0 } = this.progress ?? {};
    const parameters = findFamily(family)?.parameterCount(grid, hyper) ?? 0;
    if (!(imagesPerSecond > 0 && parameters > 0)) return;
    this.speeds = { ...this.speeds, [family]: { imagesPerSecond, parameters } };
    savePreference('inkling-speeds', JSON.stringify(this.speeds));
  }

  /** A failed run that has a checkpoint is kept, and offered to be resumed. */
  async #fail(runId: string, reason: string): Promise<void> {
    this.error = reason;
    const stored = await this.#offerAgain(runId);
    if (stored.ok && !stored.value?.checkpoint) await this.#ports.dropRun(runId);
  }

  /** Offers the run where it has a checkpoint. One that cannot be read is left to the next visit. */
  async #offerAgain(runId: string): Promise<Result<RunRecord | null>> {
    const stored = await this.#ports.storedRun(runId);
    if (stored.ok && stored.value?.checkpoint) this.interrupted = stored.value;
    return stored;
  }

  async #onStored(step: number, stored: Result<null>): Promise<void> {
    const run = this.#run;
    if (!run) return;
    if (stored.ok) {
      this.checkpointKept = step === this.#step;
      this.warning = '';
      return;
    }
    // Where the record could not be stored at the start, a later checkpoint may find it.
    const saved = this.#runStored ? stored : await this.#ports.saveRun(run);
    this.#runStored ||= saved.ok;
    // A run that has ended meanwhile needs no checkpoint.
    if (!saved.ok && this.#run)
      this.warning = `The run goes on, but its checkpoint was not saved. ${saved.reason}.`;
  }

  #onEvent(event: TrainEvent): void {
    if (event.type === 'curve') {
      this.curve = event.curve;
    } else if (event.type === 'stored') {
      void this.#onStored(event.step, event.stored);
    } else if (event.type === 'checkpoint') {
      if (!this.#run) return;
      this.#step = event.step;
      this.checkpointKept = false;
      this.#seconds = event.seconds;
      if (this.show && this.snapshots.chosen === null) this.#showNow();
    } else if (event.type === 'snapshots') {
      this.snapshots.take(event.snapshots);
    } else if (event.type === 'update') {
      this.update = event;
    } else {
      this.progress = event.progress;
      if (event.progress.point) this.curve = [...this.curve, event.progress.point];
      if (this.state === 'running' || this.state === 'paused')
        this.state = PAUSED.has(event.progress.phase) ? 'paused' : 'running';
    }
  }

  /** Model B is that of the run: the newest that there is. */
  #showNow(): void {
    if (this.#run && this.#step !== null)
      this.#ports.onLearning(learningRecord(this.#run, this.#seconds, this.progress));
    else this.#ports.onEnded(this.trained);
  }
}
