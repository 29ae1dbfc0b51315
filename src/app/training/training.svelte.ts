import { wordsOf } from '../../data/error-words.ts';
import type { Binarisation } from '../../data/binarisation.ts';
import type { Grid } from '../../data/images.ts';
import type { CurvePoint, ImageSource, TrainEvent, TrainOutcome, TrainProgress } from '../../engine/api.ts';
import { jobOf } from '../../engine/job.ts';
import { findFamily, usualTargets } from '../../models/registry.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { ModelRecord, RunRecord } from '../../store/records.ts';
import { lossName } from '../format.ts';
import { divergenceWords } from './divergence-words.ts';
import { describeModel, recordOf } from '../compare/counted-models.ts';
import { heldBackShare } from '../compare/learnt-from.ts';
import { preference, savePreference } from '../preferences.ts';
import { RunCheckpoints } from './checkpoints.svelte.ts';
import { readSpeeds, type Speeds } from './duration.ts';
import { endWords } from './end-words.ts';
import { TrainingForm } from './form.svelte.ts';
import { recipeOfRun } from '../recipes/of-run.ts';
import { type Recipe, requestOf } from '../recipes/recipe.ts';
import { contentOf } from './content.ts';
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
  /** Of the run that goes on, and of one that can be resumed. */
  readonly checkpoints: RunCheckpoints;
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
  /** What the run that is shown was asked to do; null before the first. The form may have been changed since. */
  #request = $state.raw<RunRecord['request'] | null>(null);
  /** How the run that is shown ended before its last pass; empty where it took them all, or goes on. */
  endedEarly = $state('');

  constructor(ports: TrainingPorts) {
    this.#ports = ports;
    this.form = new TrainingForm(ports);
    const { engine, onSnapshot, saveRun, storedRun, dropRun } = ports;
    this.checkpoints = new RunCheckpoints({
      saveRun,
      storedRun,
      dropRun,
      onWarning: (warning) => (this.warning = warning),
    });
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

  /** Whether it computes: a paused run does not. */
  get working(): boolean {
    return this.busy && this.state !== 'paused';
  }

  /** Begins the run that the form describes. */
  async start(): Promise<void> {
    if (this.busy) return;
    await this.#startFrom(this.form.datasetId, this.form.requestOf(newId()), null);
  }

  /** Begins the run of a recipe, whatever the form says; resolves when it has ended. Does nothing where its images cannot be had here. */
  async startRecipe(recipe: Recipe, grid: Grid): Promise<void> {
    if (this.busy || recipe.data === null) return;
    await this.#startFrom(recipe.data, requestOf(recipe, newId(), grid), null);
  }

  /** Goes on with the run that was interrupted. */
  async resumeInterrupted(): Promise<void> {
    const run = this.checkpoints.interrupted;
    if (this.busy || !run) return;
    if (await isHeld(run.id)) {
      this.error = 'Another tab goes on with this run.';
      return;
    }
    // The button was pressed twice while the locks were queried.
    if (this.checkpoints.interrupted !== run) return;
    this.checkpoints.interrupted = null;
    // Runs from before there was a choice had sampled targets.
    const { family, binarisation, targets = 'sampled' } = run.request;
    const spec = findFamily(family);
    const chosen = spec && usualTargets(spec, binarisation) !== null ? { targets } : {};
    await this.#startFrom(run.dataset.id, { ...run.request, ...chosen }, run);
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
    this.discardSnapshots();
    this.curve = before?.checkpoint?.curve ?? [];
    this.checkpoints.prepare(before !== null);
    this.state = 'fetching';
    let release: () => void = () => undefined;
    try {
      const trainingData = await this.#ports.trainingData(datasetId);
      if (!trainingData.ok) {
        if (before) this.checkpoints.interrupted = before;
        if (trainingData.reason !== 'cancelled') this.error = trainingData.reason;
        return;
      }
      const { images, dataset } = trainingData.value;
      const content = await contentOf(images);
      this.state = 'waiting';
      release = await this.#ports.turn.take();
      const validationShare = Math.min(base.validationShare, heldBackShare(dataset.images));
      const now = Date.now();
      const run: RunRecord = {
        id: base.runId,
        request: { ...base, validationShare },
        dataset,
        checkpoint: null,
        startedAt: before?.startedAt ?? now,
        updatedAt: now,
      };
      this.checkpoints.begin(run);
      this.snapshots.begin(run);
      await this.#train(run, { images, content }, before !== null);
    } catch (error) {
      // The worker died during the run: it can be resumed from its last checkpoint.
      this.error = `The run ended early: ${wordsOf(error)}`;
      await this.checkpoints.offerAgain(base.runId);
    } finally {
      const started = this.state !== 'fetching';
      release();
      this.checkpoints.end();
      this.state = 'idle';
      // A run without a model has nothing to slide back to.
      if (this.snapshots.keptStep === null) this.snapshots.clear();
      // A snapshot that the visitor looks at stays until they slide on.
      if (started && this.snapshots.chosen === null) this.#ports.onEnded(this.trained);
    }
  }

  async #train(
    run: RunRecord,
    { images, content }: { readonly images: ImageSource; readonly content: string },
    resumed: boolean,
  ): Promise<void> {
    const job = jobOf({ ...run.request, images, checkpoints: resumed ? 'resumed' : 'kept' });
    // The lock is held until the model is stored; otherwise another tab would offer the run meanwhile.
    await holdingRun(run.id, async () => {
      if (!resumed) await this.checkpoints.storeRun(run);
      this.state = 'running';
      const outcome = await this.#ports.engine.train(job, (event) => this.#onEvent(event));
      if (outcome.ok) {
        await this.#finish(run, outcome.value, content);
      } else {
        this.error = outcome.reason;
        await this.checkpoints.offerOrDrop(run.id);
      }
    });
  }

  async #finish({ id, request, dataset }: RunRecord, outcome: TrainOutcome, content: string): Promise<void> {
    const name = `${describeModel(request.family, request.hyper, request.grid)}, ${dataset.name}`;
    const lineage = { id, name, dataset, createdAt: Date.now() };
    const model = { ...recordOf(request, outcome, lineage), ...recipeOfRun(request, outcome, content) };
    this.curve = outcome.curve;
    this.#rememberSpeed(request);
    this.checkpoints.end();
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

  #onEvent(event: TrainEvent): void {
    if (event.type === 'curve') {
      this.curve = event.curve;
    } else if (event.type === 'stored') {
      void this.checkpoints.stored(event.step, event.stored);
    } else if (event.type === 'checkpoint') {
      const goesOn = this.checkpoints.take(event.step, event.seconds);
      if (goesOn && this.show && this.snapshots.chosen === null) this.#showNow();
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
    const learning = this.checkpoints.newestModel(this.progress);
    if (learning) this.#ports.onLearning(learning);
    else this.#ports.onEnded(this.trained);
  }
}
