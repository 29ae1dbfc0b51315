import type { Binarisation } from '../data/binarisation.ts';
import type { Grid } from '../data/images.ts';
import type { Result } from '../data/result.ts';
import type {
  Checkpoint,
  CurvePoint,
  Engine,
  ImageSource,
  TrainEvent,
  TrainProgress,
  TrainRequest,
} from '../engine/api.ts';
import { completeHyper, families, findFamily, trainingOf } from '../models/registry.ts';
import type { FamilySpec, Hyper } from '../models/types.ts';
import type { ModelRecord, RunRecord } from '../store/records.ts';
import { describeModel, LEARNING, recordOf } from './counting.ts';
import { holdingRun, isHeld } from './interrupted.ts';
import { Latest } from './latest.ts';
import { heldBackShare } from './training-sets.ts';
import type { Turn } from './turn.ts';

/** A data set's images with what a model remembers of it. */
export interface Lesson {
  readonly images: ImageSource;
  readonly dataset: ModelRecord['dataset'];
}

/** What training needs of the rest of the app. */
export interface TrainingPorts {
  /** What is trained at. Larger images are pooled to it. */
  readonly grid: () => Grid;
  readonly engine: Engine;
  readonly turn: Turn;
  readonly lesson: (datasetId: string) => Promise<Result<Lesson>>;
  readonly saveRun: (run: RunRecord) => Promise<Result<null>>;
  readonly saveCheckpoint: (runId: string, checkpoint: Checkpoint) => Promise<Result<null>>;
  readonly dropRun: (id: string) => Promise<void>;
  readonly saveModel: (model: ModelRecord) => Promise<void>;
  /** A model that still learns: its percentiles are unknown. */
  readonly onLearning: (model: ModelRecord) => void;
  /** The run is over: with its model, or null where there is none. */
  readonly onEnded: (model: ModelRecord | null) => void;
}

export type TrainingState = 'idle' | 'fetching' | 'waiting' | 'running' | 'paused' | 'stopping';

const LEARNER = families.find((family) => family.training === 'descended') ?? families[0];

/** The Teach panel: its form and the run under way. */
export class Training {
  readonly #ports: TrainingPorts;
  family = $state(LEARNER.id);
  hyper = $state.raw<Hyper>(completeHyper(LEARNER));
  datasetId = $state('mnist-train');
  binarise = $state<Binarisation['kind']>('stochastic');
  binariseSeed = $state(0);
  epochs = $state(trainingOf(LEARNER).epochs);
  batchSize = $state(trainingOf(LEARNER).batchSize);
  learningRate = $state(trainingOf(LEARNER).learningRate);
  seed = $state(1);
  /** Whether model B is the one that learns, seen every few seconds. */
  show = $state(true);
  state = $state<TrainingState>('idle');
  progress = $state.raw<TrainProgress | null>(null);
  curve = $state.raw<readonly CurvePoint[]>([]);
  trained = $state.raw<ModelRecord | null>(null);
  error = $state('');
  /** Why checkpoints are not being kept, if so: the run goes on. */
  warning = $state('');
  /** A run that an earlier visit left unfinished. */
  interrupted = $state.raw<RunRecord | null>(null);
  /** Family of the run on the panel: the form may have moved on. */
  #shown = $state<string | null>(null);
  #run: RunRecord | null = null;
  readonly #saving: Latest<Checkpoint>;

  constructor(ports: TrainingPorts) {
    this.#ports = ports;
    this.#saving = new Latest(async (checkpoint) => {
      const saved = await ports.saveCheckpoint(checkpoint.runId, checkpoint);
      // A run that has just ended is no longer there to be saved.
      if (this.#run)
        this.warning = saved.ok ? '' : `The run goes on, but its checkpoint was not saved. ${saved.reason}.`;
    });
  }

  get spec(): FamilySpec {
    return findFamily(this.family) ?? LEARNER;
  }

  get #runSpec(): FamilySpec {
    return (this.#shown === null ? null : findFamily(this.#shown)) ?? this.spec;
  }

  get grid(): Grid {
    return this.#ports.grid();
  }

  /** What it minimises the mean of. */
  get loss(): string {
    return this.#runSpec.task === 'classifier' ? '−log p(y | x)' : '−log p(x)';
  }

  /** What its passes over the images are called. */
  get passes(): 'iterations' | 'epochs' {
    return this.#runSpec.training === 'maximised' ? 'iterations' : 'epochs';
  }

  get busy(): boolean {
    return this.state !== 'idle';
  }

  get binarisation(): Binarisation {
    const kind = this.binarise;
    return kind === 'stochastic' || kind === 'dynamic' ? { kind, seed: this.binariseSeed } : { kind };
  }

  takeBinarisation(binarisation: Binarisation): void {
    this.binarise = binarisation.kind;
    if ('seed' in binarisation) this.binariseSeed = binarisation.seed;
  }

  chooseFamily(id: string): void {
    this.family = id;
    this.hyper = completeHyper(this.spec);
    Object.assign(this, trainingOf(this.spec));
  }

  /** Begins the run that the form describes. */
  async start(): Promise<void> {
    if (this.busy) return;
    const request = {
      runId: crypto.randomUUID(),
      family: this.family,
      grid: this.grid,
      hyper: this.hyper,
      binarisation: this.binarisation,
      validationShare: 0.1,
      seed: this.seed,
      epochs: this.epochs,
      batchSize: this.batchSize,
      learningRate: this.learningRate,
    };
    await this.#go(this.datasetId, request, null);
  }

  /** Goes on with the run that was interrupted. */
  async resumeInterrupted(): Promise<void> {
    const run = this.interrupted;
    if (this.busy || !run) return;
    if (await isHeld(run.id)) {
      this.error = 'Another tab goes on with this run.';
      return;
    }
    // A second press while the locks were asked.
    if (this.interrupted !== run) return;
    this.interrupted = null;
    await this.#go(run.dataset.id, run.request, run);
  }

  async discardInterrupted(): Promise<void> {
    const run = this.interrupted;
    if (!run) return;
    // The offer goes once the run has: a page left meanwhile would offer it again.
    await this.#ports.dropRun(run.id);
    if (this.interrupted === run) this.interrupted = null;
  }

  async pause(): Promise<void> {
    await this.#ports.engine.pause();
  }

  async resume(): Promise<void> {
    await this.#ports.engine.resume();
  }

  async stop(): Promise<void> {
    this.state = 'stopping';
    await this.#ports.engine.stop();
  }

  /** One run from its images to its model. `before` is its record from an earlier visit. */
  async #go(datasetId: string, base: RunRecord['request'], before: RunRecord | null): Promise<void> {
    this.#shown = base.family;
    this.error = '';
    this.warning = '';
    this.trained = null;
    this.progress = null;
    this.curve = before?.checkpoint?.curve ?? [];
    this.state = 'fetching';
    const lesson = await this.#ports.lesson(datasetId);
    if (!lesson.ok) {
      this.state = 'idle';
      if (before) this.interrupted = before;
      if (lesson.reason !== 'cancelled') this.error = lesson.reason;
      return;
    }
    const { images, dataset } = lesson.value;
    this.state = 'waiting';
    const done = await this.#ports.turn.take();
    try {
      const validationShare = Math.min(base.validationShare, heldBackShare(dataset.images));
      const now = Date.now();
      this.#run = {
        id: base.runId,
        request: { ...base, validationShare },
        dataset,
        checkpoint: before?.checkpoint ?? null,
        startedAt: before?.startedAt ?? now,
        updatedAt: now,
      };
      await this.#train(this.#run, images);
    } catch (error) {
      // The worker died under the run; what it saved is the way back.
      this.error = `The run ended early: ${error instanceof Error ? error.message : String(error)}`;
      if (this.#run?.checkpoint) this.interrupted = this.#run;
    } finally {
      done();
      this.#run = null;
      this.state = 'idle';
      this.#ports.onEnded(this.trained);
    }
  }

  async #train(run: RunRecord, images: ImageSource): Promise<void> {
    const { dataset, checkpoint } = run;
    const request: TrainRequest = { ...run.request, images, checkpoint };
    const outcome = await holdingRun(run.id, async () => {
      if (!checkpoint) {
        const saved = await this.#ports.saveRun(run);
        if (!saved.ok)
          this.warning = `The run goes on, but cannot be resumed after a reload. ${saved.reason}.`;
      }
      this.state = 'running';
      return await this.#ports.engine.train(request, (event) => this.#take(event));
    });
    if (!outcome.ok) {
      this.error = outcome.reason;
      await this.#ports.dropRun(run.id);
      return;
    }
    const name = `${describeModel(request.family, request.hyper, request.grid)}, ${dataset.name}`;
    const lineage = { id: run.id, name, dataset, createdAt: Date.now() };
    const model = recordOf(request, outcome.value, lineage);
    this.curve = outcome.value.curve;
    await this.#ports.saveModel(model);
    this.#run = null;
    await this.#ports.dropRun(run.id);
    this.trained = model;
  }

  #take(event: TrainEvent): void {
    if (event.type === 'curve') {
      this.curve = event.curve;
    } else if (event.type === 'checkpoint') {
      const run = this.#run;
      if (!run) return;
      this.#run = { ...run, checkpoint: event.checkpoint, updatedAt: Date.now() };
      this.#saving.ask(event.checkpoint);
      if (this.show) this.#ports.onLearning(this.#provisional(this.#run));
    } else {
      this.progress = event.progress;
      if (event.progress.point) this.curve = [...this.curve, event.progress.point];
      if (this.state === 'running' || this.state === 'paused')
        this.state = event.progress.phase === 'paused' ? 'paused' : 'running';
    }
  }

  /** The weights of a checkpoint as a model to look at. */
  #provisional(run: RunRecord): ModelRecord {
    const { request, checkpoint } = run;
    const estimate = { nats: this.progress?.train ?? NaN, standardError: 0, images: 0 };
    return {
      id: `${LEARNING} ${run.id}`,
      name: `${describeModel(request.family, request.hyper, request.grid)}, learning`,
      family: request.family,
      grid: request.grid,
      hyper: request.hyper,
      tensors: checkpoint?.state.tensors ?? {},
      dataset: run.dataset,
      binarisation: request.binarisation,
      seed: request.seed,
      epochs: this.progress?.epoch ?? 0,
      seconds: checkpoint?.seconds ?? 0,
      backend: this.progress?.backend ?? 'cpu',
      train: estimate,
      validation: null,
      curve: [],
      quantiles: new Float32Array(0),
      createdAt: Date.now(),
    };
  }
}
