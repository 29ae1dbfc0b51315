import { fail, ok, type Result } from '../../data/result.ts';
import { SUPERSEDED } from './api.ts';
import type { Evaluator } from '../backends/backend.ts';
import type { LoadedModel, LoadedModels } from './loaded-models.ts';

/** Sampling in progress: a sampler counts its progress in pixels, other methods in passes. */
interface Sampling {
  advance(by: number): Promise<void>;
  destroy(): void;
}

/** What differs between samplers and the other methods. */
export interface SamplingKind<S extends Sampling, Request, Frame> {
  open(evaluator: Evaluator, request: Request): Promise<S>;
  /** Pixels or passes so far. */
  progressOf(sampling: S): number;
  /** What the page is told. */
  frameOf(sampling: S): Promise<Frame>;
  /** Sentences for calls that cannot be answered. */
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
  /** Null until it is open, and after it was closed. */
  sampling: S | null;
  /** Whose sampling it is: another evaluator cannot go on with it. */
  evaluator: Evaluator | null;
  /** Progress that the last frame told. */
  progress: number;
  closed: boolean;
  /** Calls that have not ended. */
  calls: number;
  /** Resolves when the calls so far have ended: one runs at a time, so that a frame's images are those of its position. */
  turn: Promise<void>;
}

/**
 * Samplings in progress, each under a name of the page's. Opening, advancing and closing may cross: what is opened is destroyed once, after
 * the call under way. A call that a close or another opening overtakes resolves with the failure SUPERSEDED.
 */
export class Samplings<S extends Sampling, Request, Frame> {
  readonly #entries = new Map<string, Entry<S, Request>>();

  constructor(
    private readonly models: LoadedModels,
    private readonly kind: SamplingKind<S, Request, Frame>,
  ) {}

  /** Opens under a name, in place of what was open there, and resolves with the first frame. */
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
      turn: Promise.resolve(),
    };
    this.#entries.set(name, entry);
    try {
      return await this.#inTurn(entry, () => this.#advance(entry, 0));
    } catch (error) {
      if (this.#entries.get(name) === entry) this.#close(name);
      throw error;
    }
  }

  /** Advances by so many pixels or passes, or to the end. */
  async advance(name: string, by: number): Promise<Result<Frame>> {
    const entry = this.#entries.get(name);
    if (!entry) return fail(this.kind.notOpen(name));
    return await this.#inTurn(entry, async () => {
      const { model } = entry;
      const found = this.models.find(model.name);
      return found.ok && found.value === model.loaded
        ? await this.#advance(entry, by)
        : fail(this.kind.modelGone(model.name));
    });
  }

  /** What was asked for under a name. */
  find(name: string): Result<{ loaded: LoadedModel; request: Request }> {
    const entry = this.#entries.get(name);
    return entry ? ok({ loaded: entry.model.loaded, request: entry.request }) : fail(this.kind.notOpen(name));
  }

  /** Resolves when the memory has been given back. Does nothing where nothing is open. */
  async close(name: string): Promise<void> {
    await this.#close(name)?.turn;
  }

  #close(name: string): Entry<S, Request> | undefined {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    this.#entries.delete(name);
    entry.closed = true;
    destroyIfUnused(entry);
    return entry;
  }

  /** Does `work` after the calls before it, unless the entry is closed by then. */
  async #inTurn(entry: Entry<S, Request>, work: () => Promise<Result<Frame>>): Promise<Result<Frame>> {
    entry.calls++;
    const done = entry.turn.then(() => (entry.closed ? fail<Frame>(SUPERSEDED) : work()));
    const ended = () => {
      entry.calls--;
      destroyIfUnused(entry);
    };
    entry.turn = done.then(ended, ended);
    const frame = await done;
    return entry.closed ? fail(SUPERSEDED) : frame;
  }

  /**
   * An image is a function of (model, seed, index): another evaluator comes to the same place again. The aim counts from what the page
   * was told last, because a device that is lost may have advanced already.
   */
  async #advance(entry: Entry<S, Request>, by: number): Promise<Result<Frame>> {
    const { kind } = this;
    const aim = entry.progress + Math.max(0, Math.floor(by));
    const frame = await this.models.evaluate(entry.model.loaded, async (evaluator) => {
      const sampling = await this.#samplingOn(entry, evaluator);
      const left = aim - kind.progressOf(sampling);
      if (left > 0) await sampling.advance(left);
      const told = await kind.frameOf(sampling);
      entry.progress = kind.progressOf(sampling);
      return told;
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
