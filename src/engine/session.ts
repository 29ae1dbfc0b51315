import type { ReadSource } from '../data/import/read-source.ts';
import { CLASSES, type PackedImages, sliceImages } from '../data/images.ts';
import type { NamedFile } from '../data/idx-pair.ts';
import type { LogLine } from '../data/log.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { yieldToEventLoop } from '../data/slices.ts';
import { shownTensors } from '../models/runs.ts';
import { posteriorOf } from '../models/shared/class-likelihood.ts';
import type { FormatId } from '../models/export/formats.ts';
import type { Model } from '../models/model.ts';
import type { SampleRequest } from '../models/sampling.ts';
import type {
  BackendPreference,
  BackendStatus,
  Checkpoint,
  DebugReport,
  Engine,
  OpenedModel,
  PackRequest,
  TrainEvent,
  TrainOutcome,
  TrainJob,
  SampleFrame,
} from './api.ts';
import { fetchCode, fetchedPart } from './fetched-part.ts';
import type { Queries, Reading } from './queries/api.ts';
import type { SamplingQueries } from './queries/sampling/queries.ts';
import type { Sampler } from './backends/backend.ts';
import type { BackendHost } from './backend-host.ts';
import { LoadedModels } from './queries/loaded-models.ts';
import { readingOf } from './queries/reading.ts';
import { type CheckpointStore, CheckpointWriter } from './training/checkpoints.ts';
import { RunControl } from './training/run-control.ts';
import { Snapshots } from './training/snapshots.ts';
import { Samplings } from './queries/samplings.ts';
import { inTurns, objectiveOf, scoreInTurns } from './backends/score.ts';

const NO_CHECKPOINTS: CheckpointStore = {
  write: () => Promise.resolve(fail('storage: this engine has none')),
  read: () => Promise.resolve(fail('storage: this engine has none')),
};

/** The engine behind the contract: models by name, samplers by name, one training run. */
export class EngineSession implements Engine {
  readonly #host: BackendHost;
  readonly #models: LoadedModels;
  readonly explain: Queries['explain'];
  readonly complete: Queries['complete'];
  readonly classify: Queries['classify'];
  readonly hiddenUnits: Queries['hiddenUnits'];
  readonly sampling: Queries['sampling'];
  readonly speed: Queries['speed'];
  /** Null before the first of its calls. */
  #samplingQueries: SamplingQueries | null = null;
  readonly #samplers: Samplings<Sampler, SampleRequest, SampleFrame>;
  readonly #checkpoints: CheckpointStore;
  #run: {
    readonly job: TrainJob;
    readonly control: RunControl;
    /** Null where the job keeps no checkpoints. */
    readonly writer: CheckpointWriter | null;
  } | null = null;
  /** Of the latest run that kept checkpoints; it may have ended. */
  #snapshots: {
    readonly job: Pick<TrainJob, 'runId' | 'family' | 'grid' | 'hyper'>;
    readonly of: Snapshots;
  } | null = null;

  constructor(
    host: BackendHost,
    private readonly turn = yieldToEventLoop,
    checkpoints: CheckpointStore = NO_CHECKPOINTS,
    private readonly log: readonly LogLine[] = [],
  ) {
    this.#host = host;
    this.#checkpoints = checkpoints;
    const models = new LoadedModels(host);
    this.#models = models;
    this.explain = fetchedPart(
      async () => new (await import('./queries/explain/queries.ts')).ExplainQueries(models),
    );
    this.complete = fetchedPart(
      async () => new (await import('./queries/complete/queries.ts')).CompleteQueries(models),
    );
    this.classify = fetchedPart(
      async () => new (await import('./queries/classify/queries.ts')).ClassifyQueries(models),
    );
    this.hiddenUnits = fetchedPart(
      async () => new (await import('./queries/hidden-units/queries.ts')).HiddenUnitsQueries(models),
    );
    this.sampling = fetchedPart(async () => {
      const code = await import('./queries/sampling/queries.ts');
      return (this.#samplingQueries = new code.SamplingQueries(models));
    });
    this.speed = fetchedPart(
      async () => new (await import('./queries/speed/queries.ts')).SpeedQueries(host.machine, turn),
    );
    this.#samplers = new Samplings(this.#models, {
      open: (evaluator, request) => evaluator.sampler(request),
      progressOf: (sampler) => sampler.position,
      frameOf: async (sampler) => ({ position: sampler.position, images: await sampler.images() }),
      notOpen: (name) => `sampler: "${name}" is not open`,
      modelGone: (model) => `sampler: the model "${model}" is not loaded any more; open the sampler again`,
    });
  }

  async status(): Promise<BackendStatus> {
    await this.#host.ready();
    return this.#host.status();
  }

  async prefer(preference: BackendPreference): Promise<BackendStatus> {
    return await this.#host.prefer(preference);
  }

  async watch(onStatus: (status: BackendStatus) => void): Promise<void> {
    await this.#host.ready();
    this.#host.watch(onStatus);
  }

  load(name: string, model: Model): Promise<Result<null>> {
    return Promise.resolve(this.#models.load(name, model));
  }

  unload(name: string): Promise<void> {
    this.#models.unload(name);
    return Promise.resolve();
  }

  async read(name: string, image: PackedImages): Promise<Result<Reading>> {
    return await this.#models.with(name, image, async (evaluator, loaded) => {
      const { classLogits } = evaluator;
      const one = sliceImages(image, 0, 1);
      // Concurrently: a device computes both in one submit.
      const [density, logits] = await Promise.all([
        loaded.density ? readingOf(one, evaluator, loaded.chained) : null,
        classLogits && classLogits(one),
      ]);
      return { density, posterior: logits && posteriorOf(logits) };
    });
  }

  async score(
    name: string,
    images: PackedImages,
    signal?: AbortSignal,
  ): Promise<Result<Float64Array<ArrayBuffer>>> {
    const found = this.#models.find(name);
    if (found.ok && !found.value.density) return fail(`model: "${name}" is a classifier: it has no p(x)`);
    return await this.#models.with(name, images, (evaluator) =>
      scoreInTurns(objectiveOf(evaluator, 'density'), { images, labels: null }, this.turn, signal),
    );
  }

  async classLogits(
    name: string,
    images: PackedImages,
    signal?: AbortSignal,
  ): Promise<Result<Float64Array<ArrayBuffer>>> {
    const read = await this.#models.with(
      name,
      images,
      async ({ classLogits, concurrency }) =>
        classLogits && (await inTurns(images, CLASSES, classLogits, { signal, concurrency })),
    );
    if (!read.ok) return read;
    return read.value ? ok(read.value) : fail(`model: "${name}" knows no classes`);
  }

  async openSampler(name: string, model: string, request: SampleRequest): Promise<Result<SampleFrame>> {
    const found = this.#models.find(model);
    if (!found.ok) return found;
    const loaded = found.value;
    if (!loaded.density) return fail(`model: "${model}" is a classifier: it has no images to draw`);
    if (!(request.temperature > 0)) return fail(`temperature: ${request.temperature} is not above 0`);
    return await this.#samplers.open(name, { name: model, loaded }, request);
  }

  async advanceSampler(name: string, pixels: number): Promise<Result<SampleFrame>> {
    return await this.#samplers.advance(name, pixels);
  }

  async closeSampler(name: string): Promise<void> {
    await this.#samplers.close(name);
  }

  async readArrays(
    files: readonly File[],
    chosen: string | null,
    onProgress: (share: number) => void,
    signal?: AbortSignal,
  ): Promise<Result<ReadSource>> {
    const code = await fetchCode(() => import('./read-arrays.ts'));
    if (!code.ok) return code;
    return await code.value.readArrays(files, { chosen, onProgress, signal, yieldToEventLoop: this.turn });
  }

  async openModel(file: NamedFile): Promise<Result<OpenedModel>> {
    const code = await fetchCode(() => import('./model-files.ts'));
    return code.ok ? await code.value.openModelFile(file) : code;
  }

  async convertModel(file: NamedFile, format: FormatId): Promise<Result<Uint8Array<ArrayBuffer>>> {
    const code = await fetchCode(() => import('./model-files.ts'));
    return code.ok ? await code.value.convertModelFile(file, format) : code;
  }

  async pack(request: PackRequest): Promise<Result<PackedImages>> {
    const code = await fetchCode(() => import('./training/code.ts'));
    return code.ok ? code.value.packSource(request) : code;
  }

  async train(job: TrainJob, onEvent: (event: TrainEvent) => void): Promise<Result<TrainOutcome>> {
    if (this.#run) return fail('run: another run is under way');
    const control = new RunControl();
    const checkpoints = job.training === 'counted' ? 'none' : job.checkpoints;
    const writer = checkpoints === 'none' ? null : new CheckpointWriter(this.#checkpoints, onEvent);
    this.#run = { job, control, writer };
    const snapshots = writer && new Snapshots((all) => onEvent({ type: 'snapshots', snapshots: all }));
    const { runId, family, grid, hyper } = job;
    // Without the images.
    if (snapshots) this.#snapshots = { job: { runId, family, grid, hyper }, of: snapshots };
    try {
      const code = await fetchCode(() => import('./training/code.ts'));
      if (!code.ok) return code;
      const { poolImages, train, unpackSource } = code.value;
      const unpacked = unpackSource(job.images);
      if (!unpacked.ok) return unpacked;
      const images = poolImages(unpacked.value, job.grid);
      if (!images.ok) return images;
      const from = checkpoints === 'resumed' ? await this.#checkpoints.read(job.runId) : ok(null);
      if (!from.ok) return from;
      // Counting on the cpu takes less time than the recovery of a lost device; other training waits for it.
      const backend = async (signal: AbortSignal) =>
        job.training === 'counted' ? this.#host.now() : await this.#host.settled(signal);
      const onCheckpoint = (checkpoint: Checkpoint) => writer?.write(checkpoint);
      return await train(
        { ...job, images: images.value, checkpoint: from.value },
        { control, onEvent, onCheckpoint, snapshots, backend, yieldToEventLoop: this.turn },
      );
    } finally {
      // The page may replace the run by its model once it has ended: no checkpoint is written after that.
      await writer?.settled();
      this.#run = null;
    }
  }

  loadLearning(name: string): Promise<Result<null>> {
    const latest = this.#run?.writer?.latest;
    if (!this.#run || !latest) return Promise.resolve(fail('run: there is none with a checkpoint'));
    const { family, grid, hyper } = this.#run.job;
    return Promise.resolve(
      this.#models.load(name, { family, grid, hyper, tensors: shownTensors(latest.state) }),
    );
  }

  loadSnapshot(name: string, runId: string, step: number): Promise<Result<null>> {
    const { job, of } = this.#snapshots ?? {};
    const tensors = job?.runId === runId ? of?.tensors(step) : undefined;
    if (!job || !tensors) return Promise.resolve(fail(`snapshot: that of step ${step} is no longer there`));
    const { family, grid, hyper } = job;
    return Promise.resolve(this.#models.load(name, { family, grid, hyper, tensors }));
  }

  dropSnapshots(runId: string): Promise<void> {
    if (this.#snapshots?.job.runId === runId) this.#snapshots = null;
    return Promise.resolve();
  }

  pause(): Promise<void> {
    this.#run?.control.pause();
    return Promise.resolve();
  }

  resume(): Promise<void> {
    this.#run?.control.resume();
    return Promise.resolve();
  }

  stepOnce(): Promise<void> {
    this.#run?.control.stepOnce();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#run?.control.stop();
    return Promise.resolve();
  }

  debug(): Promise<DebugReport> {
    return Promise.resolve({
      backend: this.#host.status(),
      gpu: this.#host.now().debug?.() ?? null,
      models: this.#models.list(),
      samplers: [...this.#samplers.names(), ...(this.#samplingQueries?.names() ?? [])],
      log: this.log,
    });
  }

  async replaceShader(path: string, source: string): Promise<void> {
    // Part of what is fetched for WebGPU.
    const { replaceShader } = await import('../gpu/shaders.ts');
    replaceShader(path, source);
    const device = this.#host.now();
    if (device.kind === 'cpu') return;
    device.destroy();
    await device.lost;
    await this.#host.settled();
  }

  loseDevice(): Promise<void> {
    this.#host.lose();
    return Promise.resolve();
  }
}
