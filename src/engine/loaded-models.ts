import type { PackedImages } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { membersOf } from '../models/class-conditional.ts';
import { pixelOrder } from '../models/order.ts';
import { isClassConditional, memberSpec, ordersOf } from '../models/registry.ts';
import type { CpuModel, Model } from '../models/types.ts';
import { refuseModel } from '../models/validation.ts';
import { type Backend, DeviceLostError, type Evaluator } from './backend.ts';
import { referenceOf } from './references.ts';

/** A model under its name. */
export interface LoadedModel {
  readonly model: Model;
  /** False for a classifier. */
  readonly density: boolean;
  /** Whether its conditionals multiply to p(x). */
  readonly chained: boolean;
}

/** What the references know of a model beyond its score, whichever backend runs: one member, or one of every class. */
export interface Inside {
  readonly members: readonly CpuModel[];
  /** Pixel number t of a member is pixel order[t] of the model; null where they are numbered alike. */
  readonly order: Uint32Array<ArrayBuffer> | null;
}

interface Entry extends LoadedModel {
  backend: Backend | null;
  evaluator: Promise<Evaluator> | null;
  inside: Inside | null;
}

/** The models that the page has loaded, opened on whatever backend there is. */
export class LoadedModels {
  readonly #host: { now(): Backend };
  /** Lets other work of the thread run. */
  readonly breathe: () => Promise<void>;
  readonly #entries = new Map<string, Entry>();

  constructor(host: { now(): Backend }, breathe: () => Promise<void>) {
    this.#host = host;
    this.breathe = breathe;
  }

  load(name: string, model: Model): Result<null> {
    const reason = refuseModel(model);
    if (reason !== null) return fail(reason);
    this.#dispose(this.#entries.get(name));
    const density = memberSpec(model.family).task === 'density';
    const chained = density && ordersOf(model).length === 1;
    this.#entries.set(name, { model, density, chained, backend: null, evaluator: null, inside: null });
    return ok(null);
  }

  unload(name: string): void {
    this.#dispose(this.#entries.get(name));
    this.#entries.delete(name);
  }

  find(name: string): Result<LoadedModel> {
    const loaded = this.#entries.get(name);
    return loaded ? ok(loaded) : fail(`model: "${name}" is not loaded`);
  }

  /** The model for images of its own grid; others are refused. */
  fitting(name: string, images: PackedImages): Result<LoadedModel> {
    const found = this.find(name);
    if (!found.ok) return found;
    const { grid } = found.value.model;
    return images.grid.width === grid.width && images.grid.height === grid.height
      ? found
      : fail(
          `image: ${images.grid.width}x${images.grid.height}, but the model is ${grid.width}x${grid.height}`,
        );
  }

  /** Does work with a model and images of its grid; see `survivingLoss`. */
  async with<T>(
    name: string,
    images: PackedImages,
    work: (evaluator: Evaluator, loaded: LoadedModel) => Promise<T>,
  ): Promise<Result<T>> {
    const found = this.fitting(name, images);
    if (!found.ok) return found;
    const loaded = found.value;
    return await this.survivingLoss(
      async (backend) => await work(await this.evaluator(loaded, backend), loaded),
    );
  }

  /** A loss under a call moves it to the backend that stands in; the call itself never fails by it. */
  async survivingLoss<T>(work: (backend: Backend) => Promise<T>): Promise<Result<T>> {
    for (;;) {
      const backend = this.#host.now();
      try {
        return ok(await work(backend));
      } catch (error) {
        if (!(error instanceof DeviceLostError)) throw error;
        // The host hears of the loss in a task of its own.
        await this.breathe();
      }
    }
  }

  evaluator(loaded: LoadedModel, backend: Backend): Promise<Evaluator> {
    const entry = loaded as Entry;
    if (entry.evaluator === null || entry.backend !== backend) {
      this.#dispose(entry);
      entry.backend = backend;
      entry.evaluator = backend.open(entry.model);
    }
    return entry.evaluator;
  }

  /** Opened once, on typed arrays. */
  inside(loaded: LoadedModel): Inside {
    const entry = loaded as Entry;
    entry.inside ??= openInside(entry.model);
    return entry.inside;
  }

  #dispose(entry: Entry | undefined): void {
    if (!entry) return;
    // An evaluator that could not be opened has told its own caller.
    entry.evaluator?.then(
      (evaluator) => evaluator.destroy(),
      () => undefined,
    );
    entry.evaluator = null;
    entry.backend = null;
  }
}

/** A model as its references see it. */
export function openInside(model: Model): Inside {
  const members = isClassConditional(model) ? membersOf(model) : [model];
  const reference = referenceOf(model.family);
  return {
    members: members.map((member) => reference.open(member)),
    order: pixelOrder(model.grid, model.hyper),
  };
}
