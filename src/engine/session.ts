import { readIdx } from '../data/idx.ts';
import { type IdxPair, type NamedFile, pairIdx } from '../data/idx-pair.ts';
import { CLASSES, type GreyImages, type PackedImages, sliceImages } from '../data/images.ts';
import { poolImages } from '../data/pool.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { posteriorOf } from './class-likelihood.ts';
import { checkHyper, findFamily, memberSpec, ordersOf } from '../models/registry.ts';
import type { Model, SampleRequest } from '../models/types.ts';
import type {
  BackendPreference,
  BackendStatus,
  Engine,
  ImageSource,
  Reading,
  TrainEvent,
  TrainOutcome,
  TrainRequest,
  WallFrame,
} from './api.ts';
import { type Backend, DeviceLostError, type Evaluator, type Sampler } from './backend.ts';
import type { BackendHost } from './host.ts';
import { readingOf } from './reading.ts';
import { RunControl } from './run-control.ts';
import { inTurns, objectiveOf, scoreInTurns } from './score.ts';
import { train } from './trainer.ts';

interface LoadedModel {
  readonly model: Model;
  /** False for a classifier. */
  readonly density: boolean;
  /** Whether its conditionals multiply to p(x). */
  readonly chained: boolean;
  backend: Backend | null;
  evaluator: Promise<Evaluator> | null;
}

interface Wall {
  readonly model: LoadedModel;
  readonly request: SampleRequest;
  backend: Backend;
  sampler: Sampler;
}

/** The engine behind the contract: models by name, walls by name, one training run. */
export class EngineSession implements Engine {
  readonly #host: BackendHost;
  readonly #breathe: () => Promise<void>;
  readonly #models = new Map<string, LoadedModel>();
  readonly #walls = new Map<string, Wall>();
  #run: RunControl | null = null;

  constructor(host: BackendHost, breathe: () => Promise<void>) {
    this.#host = host;
    this.#breathe = breathe;
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
    const reason = refuseModel(model);
    if (reason !== null) return Promise.resolve(fail(reason));
    this.#dispose(this.#models.get(name));
    const density = memberSpec(model.family).task === 'density';
    const chained = density && ordersOf(model).length === 1;
    this.#models.set(name, { model, density, chained, backend: null, evaluator: null });
    return Promise.resolve(ok(null));
  }

  unload(name: string): Promise<void> {
    this.#dispose(this.#models.get(name));
    this.#models.delete(name);
    return Promise.resolve();
  }

  async read(name: string, image: PackedImages): Promise<Result<Reading>> {
    return await this.#withModel(name, image, async (evaluator, loaded) => {
      const { classLogits } = evaluator;
      const one = sliceImages(image, 0, 1);
      return {
        density: loaded.density ? await readingOf(one, evaluator, loaded.chained) : null,
        posterior: classLogits && posteriorOf(await classLogits(one)),
      };
    });
  }

  async score(name: string, images: PackedImages): Promise<Result<Float64Array<ArrayBuffer>>> {
    if (this.#models.get(name)?.density === false)
      return fail(`model: "${name}" is a classifier: it has no p(x)`);
    return await this.#withModel(name, images, (evaluator) =>
      scoreInTurns(objectiveOf(evaluator, 'density'), { images, labels: null }, this.#breathe),
    );
  }

  async classify(name: string, images: PackedImages): Promise<Result<Float64Array<ArrayBuffer>>> {
    const read = await this.#withModel(name, images, async ({ classLogits }) => {
      if (!classLogits) return null;
      const all = new Float64Array(images.count * CLASSES);
      await inTurns(images, this.#breathe, async (chunk, first) => {
        all.set(await classLogits(chunk), first * CLASSES);
      });
      return all;
    });
    if (!read.ok) return read;
    return read.value ? ok(read.value) : fail(`model: "${name}" knows no classes`);
  }

  async openWall(wall: string, model: string, request: SampleRequest): Promise<Result<WallFrame>> {
    const loaded = this.#models.get(model);
    if (!loaded) return fail(`model: "${model}" is not loaded`);
    if (!loaded.density) return fail(`model: "${model}" is a classifier: it has no images to draw`);
    if (!(request.temperature > 0)) return fail(`temperature: ${request.temperature} is not above 0`);
    await this.closeWall(wall);
    return await this.#survivingLoss(async (backend) => {
      const sampler = await (await this.#evaluator(loaded, backend)).sampler(request);
      this.#walls.set(wall, { model: loaded, request, backend, sampler });
      return await frameOf(sampler);
    });
  }

  async advanceWall(name: string, pixels: number): Promise<Result<WallFrame>> {
    const wall = this.#walls.get(name);
    if (!wall) return fail(`wall: "${name}" is not open`);
    return await this.#survivingLoss(async (backend) => {
      let decide = pixels;
      if (wall.backend !== backend) {
        // A sample is a function of (model, seed, index): another backend draws the same images again.
        decide += wall.sampler.position;
        wall.sampler.destroy();
        wall.sampler = await (await this.#evaluator(wall.model, backend)).sampler(wall.request);
        wall.backend = backend;
      }
      await wall.sampler.advance(decide);
      return await frameOf(wall.sampler);
    });
  }

  closeWall(name: string): Promise<void> {
    this.#walls.get(name)?.sampler.destroy();
    this.#walls.delete(name);
    return Promise.resolve();
  }

  inspect(files: readonly NamedFile[]): Promise<Result<IdxPair>> {
    return Promise.resolve(pairIdx(files));
  }

  async train(request: TrainRequest, onEvent: (event: TrainEvent) => void): Promise<Result<TrainOutcome>> {
    if (this.#run) return fail('run: another run is under way');
    const control = new RunControl();
    this.#run = control;
    try {
      const unpacked = unpackSource(request.images);
      if (!unpacked.ok) return unpacked;
      const images = poolImages(unpacked.value, request.grid);
      if (!images.ok) return images;
      // Counting is over before a lost device is back; steps are worth waiting for it.
      const counted = findFamily(request.family)?.training === 'counted';
      const backend = async () => (counted ? this.#host.now() : await this.#host.settled());
      return await train(
        { ...request, images: images.value, validationImages: null },
        { control, onEvent, backend, breathe: this.#breathe },
      );
    } finally {
      this.#run = null;
    }
  }

  pause(): Promise<void> {
    this.#run?.pause();
    return Promise.resolve();
  }

  resume(): Promise<void> {
    this.#run?.resume();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#run?.stop();
    return Promise.resolve();
  }

  loseDevice(): Promise<void> {
    this.#host.lose();
    return Promise.resolve();
  }

  async #withModel<T>(
    name: string,
    images: PackedImages,
    work: (evaluator: Evaluator, loaded: LoadedModel) => Promise<T>,
  ): Promise<Result<T>> {
    const loaded = this.#models.get(name);
    if (!loaded) return fail(`model: "${name}" is not loaded`);
    const { grid } = loaded.model;
    if (images.grid.width !== grid.width || images.grid.height !== grid.height) {
      return fail(
        `image: ${images.grid.width}x${images.grid.height}, but the model is ${grid.width}x${grid.height}`,
      );
    }
    return await this.#survivingLoss(
      async (backend) => await work(await this.#evaluator(loaded, backend), loaded),
    );
  }

  /** A loss under a call moves it to the backend that stands in; the call itself never fails by it. */
  async #survivingLoss<T>(work: (backend: Backend) => Promise<T>): Promise<Result<T>> {
    for (;;) {
      const backend = this.#host.now();
      try {
        return ok(await work(backend));
      } catch (error) {
        if (!(error instanceof DeviceLostError)) throw error;
        // The host hears of the loss in a task of its own.
        await this.#breathe();
      }
    }
  }

  #evaluator(loaded: LoadedModel, backend: Backend): Promise<Evaluator> {
    if (loaded.evaluator === null || loaded.backend !== backend) {
      this.#dispose(loaded);
      loaded.backend = backend;
      loaded.evaluator = backend.open(loaded.model);
    }
    return loaded.evaluator;
  }

  #dispose(loaded: LoadedModel | undefined): void {
    if (!loaded) return;
    // An evaluator that could not be opened has told its own caller.
    loaded.evaluator?.then(
      (evaluator) => evaluator.destroy(),
      () => undefined,
    );
    loaded.evaluator = null;
    loaded.backend = null;
  }
}

async function frameOf(sampler: Sampler): Promise<WallFrame> {
  return { position: sampler.position, images: await sampler.images() };
}

function unpackSource(source: ImageSource): Result<GreyImages> {
  if (source.kind === 'grey') return ok(source.images);
  return readIdx(source.images, source.labels, { images: 'images', labels: 'labels' });
}

function refuseModel(model: Model): string | null {
  const spec = findFamily(model.family);
  if (!spec) return `family: "${model.family}" is unknown`;
  const reason = checkHyper(spec, model.hyper) ?? spec.refuses?.(model.grid, model.hyper);
  if (reason) return reason;
  for (const { name, shape } of spec.tensors(model.grid, model.hyper)) {
    const expected = shape.reduce((product, size) => product * size, 1);
    const given = (model.tensors[name] as Float32Array | undefined)?.length;
    if (given !== expected) return `${name}: ${given ?? 'no'} numbers, expected ${expected}`;
  }
  return null;
}
