import type { Grid, PackedImages } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import { yieldToEventLoop } from '../../data/slices.ts';
import { pixelOrder } from '../../models/shared/order.ts';
import { folderSpec, modelsIn, ordersOf } from '../../models/registry.ts';
import type { CpuModel } from '../../models/cpu-model.ts';
import type { Model } from '../../models/model.ts';
import { refuseModel } from '../../models/validation.ts';
import { type Backend, DeviceLostError, type Evaluator } from '../backends/backend.ts';
import { referenceOf } from '../backends/references.ts';

/** A model under its name. */
export interface LoadedModel {
  readonly model: Model;
  /** False for a classifier. */
  readonly density: boolean;
  /** Whether its conditionals multiply to p(x). */
  readonly chained: boolean;
}

/** A model opened on typed arrays, whichever backend runs, for what backends do not offer: marginals, gradients, hidden units. */
export interface CpuModels {
  /** One, or the class models of a class-conditional model, [CLASSES]. */
  readonly models: readonly CpuModel[];
  /** Pixel number t of these models is pixel order[t] of the whole model; null where they are numbered alike. */
  readonly order: Uint32Array<ArrayBuffer> | null;
}

/** An evaluator and the calls that use it. It is destroyed once it is retired and the last of these calls has ended. */
interface Opened {
  readonly backend: Backend;
  readonly evaluator: Promise<Evaluator>;
  calls: number;
  /** Whether no further call may use it: its model was unloaded or replaced, or runs on another backend now. */
  retired: boolean;
}

interface Entry extends LoadedModel {
  opened: Opened | null;
  /** Calls under way may still open the model on another backend; what they open is destroyed with the last of them. */
  unloaded: boolean;
  cpuModels: CpuModels | null;
}

/** The models that the page has loaded, opened on the current backend. */
export class LoadedModels {
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly host: { now(): Backend }) {}

  load(name: string, model: Model): Result<null> {
    const reason = refuseModel(model);
    if (reason !== null) return fail(reason);
    this.unload(name);
    const density = folderSpec(model.family).task === 'density';
    const chained = density && ordersOf(model).length === 1;
    this.#entries.set(name, { model, density, chained, opened: null, unloaded: false, cpuModels: null });
    return ok(null);
  }

  /** Calls under way still use this model; its memory is freed after the last of them. */
  unload(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    this.#entries.delete(name);
    entry.unloaded = true;
    this.#retire(entry);
  }

  list(): { name: string; family: string; grid: Grid }[] {
    return [...this.#entries].map(
      ([
        name,
        {
          model: { family, grid },
        },
      ]) => ({ name, family, grid }),
    );
  }

  find(name: string): Result<LoadedModel> {
    const loaded = this.#entries.get(name);
    return loaded ? ok(loaded) : fail(`model: "${name}" is not loaded`);
  }

  /** The model under a name; fails where the images are not of its grid. */
  findFor(name: string, images: PackedImages): Result<LoadedModel> {
    const found = this.find(name);
    if (!found.ok) return found;
    const { grid } = found.value.model;
    return images.grid.width === grid.width && images.grid.height === grid.height
      ? found
      : fail(
          `image: ${images.grid.width}x${images.grid.height}, but the model is ${grid.width}x${grid.height}`,
        );
  }

  /** Runs `work` with a model and images of its grid; see `evaluate`. */
  async with<T>(
    name: string,
    images: PackedImages,
    work: (evaluator: Evaluator, loaded: LoadedModel) => Promise<T>,
  ): Promise<Result<T>> {
    const found = this.findFor(name, images);
    if (!found.ok) return found;
    const loaded = found.value;
    return ok(await this.evaluate(loaded, (evaluator) => work(evaluator, loaded)));
  }

  /**
   * Runs `work` with a model on the current backend. The evaluator stays open until the work has ended. Where the device is lost, the work
   * starts again on the backend that replaces it; the loss itself is never an error.
   */
  async evaluate<T>(loaded: LoadedModel, work: (evaluator: Evaluator) => Promise<T>): Promise<T> {
    for (;;) {
      const backend = this.host.now();
      try {
        return await this.#use(loaded as Entry, backend, work);
      } catch (error) {
        if (!(error instanceof DeviceLostError)) throw error;
        // The host handles the loss in a separate task.
        await yieldToEventLoop();
      }
    }
  }

  /** Opened once, on typed arrays. */
  cpuModels(loaded: LoadedModel): CpuModels {
    const entry = loaded as Entry;
    entry.cpuModels ??= openCpuModels(entry.model);
    return entry.cpuModels;
  }

  async #use<T>(entry: Entry, backend: Backend, work: (evaluator: Evaluator) => Promise<T>): Promise<T> {
    if (entry.opened?.backend !== backend) this.#retire(entry);
    const opened = (entry.opened ??= {
      backend,
      evaluator: backend.open(entry.model),
      calls: 0,
      retired: false,
    });
    opened.calls++;
    try {
      return await work(await this.#evaluatorOf(entry, opened));
    } finally {
      opened.calls--;
      if (entry.unloaded && entry.opened === opened && opened.calls === 0) this.#retire(entry);
      else this.#destroyIfUnused(opened);
    }
  }

  async #evaluatorOf(entry: Entry, opened: Opened): Promise<Evaluator> {
    try {
      return await opened.evaluator;
    } catch (error) {
      // The next call tries again.
      if (entry.opened === opened) entry.opened = null;
      throw error;
    }
  }

  #retire(entry: Entry): void {
    const { opened } = entry;
    if (!opened) return;
    entry.opened = null;
    opened.retired = true;
    this.#destroyIfUnused(opened);
  }

  #destroyIfUnused({ evaluator, calls, retired }: Opened): void {
    if (!retired || calls > 0) return;
    // The calls that use it have rejected where it could not be opened.
    evaluator.then(
      (each) => each.destroy(),
      () => undefined,
    );
  }
}

/** Opens a model, or its class models, on typed arrays. */
export function openCpuModels(model: Model): CpuModels {
  const reference = referenceOf(model.family);
  return {
    models: modelsIn(model).map((each) => reference.open(each)),
    order: pixelOrder(model.grid, model.hyper),
  };
}
