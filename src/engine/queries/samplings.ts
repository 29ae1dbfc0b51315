import { fail, ok, type Result } from '../../data/result.ts';
import { SUPERSEDED } from './api.ts';
import type { Evaluator } from '../backends/backend.ts';
import type { LoadedModel, LoadedModels } from './loaded-models.ts';

/** Sampling in progress: a sampler counts its progress in pixels, an iterative sampler in iterations. */
interface Sampling {
  advance(by: number): Promise<void>;
  destroy(): void;
}

/** What differs between samplers and iterative samplers. */
export interface SamplingKind<S extends Sampling, Request, Frame> {
  open(evaluator: Evaluator, request: Request): Promise<S>;
  /** Pixels or iterations so far. */
  progressOf(sampling: S): number;
  /** What the page receives. */
  frameOf(sampling: S): Promise<Frame>;
  /** Why a call fails, in a sentence. */
  notOpen(name: string): string;
  modelGone(model: string): string;
}

/** A loaded model under its name. */
interface NamedModel {
  readonly name: string;
  readonly loaded: LoadedModel;
}

interface Entry<S, Request> {
  readonly model: NamedModel;
  readonly request: Request;
  /** Null before it is opened and after it is closed. */
  sampling: S | null;
  /** The evaluator that opened it: another one cannot continue it. */
  evaluator: Evaluator | null;
  /** Progress of the last frame. */
  progress: number;
  closed: boolean;
  /** Calls that have not ended. */
  calls: number;
  /** Resolves when the calls so far have ended. Calls run one at a time, so that a frame's images are those of its position. */
  lastCall: Promise<void>;
}

/**
 * Samplings in progress, each under a name that the page chooses. Opening, advancing and closing may overlap: what is opened is destroyed once,
 * after the call under way. A call that is followed by a close or another opening before it ends resolves with the failure SUPERSEDED.
 */
export class Samplings<S extends Sampling, Request, Frame> {
  readonly #entries = new Map<string, Entry<S, Request>>();

  constructor(
    private readonly models: LoadedModels,
    private readonly kind: SamplingKind<S, Request, Frame>,
  ) {}

  /** Opens under a name, replacing what was open there, and resolves with the first frame. */
  async open(name: string, model: NamedModel, request: Request): Promise<Result<Frame>> {
    this.#close(name);
    const entry: Entry<S, Request> = {
      model,
      request,
      sampling: null,
      evaluator: null,
      progress: 0,
      closed: false,
      calls: 0,
      lastCall: Promise.resolve(),
    };
    this.#entries.set(name, entry);
    try {
      return await this.#queue(entry, () => this.#advance(entry, 0));
    } catch (error) {
      if (this.#entries.get(name) === entry) this.#close(name);
      throw error;
    }
  }

  /** Advances by `by` pixels or iterations, or to the end. */
  async advance(name: string, by: number): Promise<Result<Frame>> {
    const entry = this.#entries.get(name);
    if (!entry) return fail(this.kind.notOpen(name));
    return await this.#queue(entry, async () => {
      const { model } = entry;
      const found = this.models.find(model.name);
      return found.ok && found.value === model.loaded
        ? await this.#advance(entry, by)
        : fail(this.kind.modelGone(model.name));
    });
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  /** The model and request of a name. */
  find(name: string): Result<{ loaded: LoadedModel; request: Request }> {
    const entry = this.#entries.get(name);
    return entry ? ok({ loaded: entry.model.loaded, request: entry.request }) : fail(this.kind.notOpen(name));
  }

  /** Resolves when the memory has been freed. Does nothing where nothing is open. */
  async close(name: string): Promise<void> {
    await this.#close(name)?.lastCall;
  }

  #close(name: string): Entry<S, Request> | undefined {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    this.#entries.delete(name);
    entry.closed = true;
    destroyIfUnused(entry);
    return entry;
  }

  /** Runs `work` after the calls before it, unless the entry is closed by then. */
  async #queue(entry: Entry<S, Request>, work: () => Promise<Result<Frame>>): Promise<Result<Frame>> {
    entry.calls++;
    const done = entry.lastCall.then(() => (entry.closed ? fail<Frame>(SUPERSEDED) : work()));
    const ended = () => {
      entry.calls--;
      destroyIfUnused(entry);
    };
    entry.lastCall = done.then(ended, ended);
    const frame = await done;
    return entry.closed ? fail(SUPERSEDED) : frame;
  }

  /**
   * An image is a function of (model, seed, index), so another evaluator reaches the same state. The target counts from the last frame,
   * because a device may have advanced further before it was lost.
   */
  async #advance(entry: Entry<S, Request>, by: number): Promise<Result<Frame>> {
    const { kind } = this;
    const target = entry.progress + Math.max(0, Math.floor(by));
    const frame = await this.models.evaluate(entry.model.loaded, async (evaluator) => {
      const sampling = await this.#samplingOn(entry, evaluator);
      const left = target - kind.progressOf(sampling);
      if (left > 0) await sampling.advance(left);
      const frame = await kind.frameOf(sampling);
      entry.progress = kind.progressOf(sampling);
      return frame;
    });
    return ok(frame);
  }

  async #samplingOn(entry: Entry<S, Request>, evaluator: Evaluator): Promise<S> {
    if (entry.sampling && entry.evaluator === evaluator) return entry.sampling;
    entry.sampling?.destroy();
    entry.sampling = null;
    const sampling = await this.kind.open(evaluator, entry.request);
    entry.sampling = sampling;
    entry.evaluator = evaluator;
    return sampling;
  }
}

function destroyIfUnused<S extends Sampling>(entry: Entry<S, unknown>): void {
  if (!entry.closed || entry.calls > 0) return;
  entry.sampling?.destroy();
  entry.sampling = null;
}
