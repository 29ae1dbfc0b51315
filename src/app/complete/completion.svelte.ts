import { untrack } from 'svelte';
import { pixelMeans } from '../../data/dataset.ts';
import { MAX_ENUMERATED_PIXELS } from '../../data/enumerate.ts';
import { wordsOf } from '../../data/error-words.ts';
import { type KnownPixels, knownPixelsOf } from '../../data/known-pixels.ts';
import type { PackedImages } from '../../data/images.ts';
import type {
  Completion,
  CompletionFrame,
  CompletionMethod,
  CompletionMethodInfo,
} from '../../engine/queries/api.ts';
import { QuestionChoices } from '../questions/choices.svelte.ts';
import type { AskedModel } from '../questions/questions.svelte.ts';
import { MethodDistances } from './method-distances.svelte.ts';
import { type CompletionQuery, equalQueries, sameKnownPixels } from './query.ts';
import { bestMethod, type OverlookedPixels, overlookedPixels } from './words.ts';
import { sameGrid } from '../grids.ts';
import { Latest } from '../latest.ts';
import { Mask } from '../masking/mask.svelte.ts';
import { observe } from '../observe.ts';

/** Completions drawn of the model that is shown large, and of the other one: the first of those that it would draw. */
export const COMPLETIONS = 24;
export const FEW_COMPLETIONS = 6;
/** How long a query that is out of date may run before it is aborted, in milliseconds. */
const ABORT_DELAY_MS = 250;
/** A query answered sooner shows no progress, so that nothing flickers while the visitor draws. */
const SLOW_MS = 200;

/** The completions of one query, finished or partial. */
export interface CompletionSamples {
  readonly query: CompletionQuery;
  readonly knownPixels: KnownPixels;
  readonly methodInfo: CompletionMethodInfo;
  readonly images: PackedImages;
  /** 0 to 1. */
  readonly done: number;
  /** Null until the query is answered. */
  readonly completion: Completion | null;
  /** Share of ink of every pixel, [n]; null until the query is answered. */
  readonly shares: Float32Array<ArrayBuffer> | null;
  readonly sweeps: number;
  readonly proposals: number;
}

/** State of the panel "How could it go on?": completions of the drawing's hidden pixels by the model. */
export class Completions {
  readonly mask: Mask;
  readonly distances: MethodDistances;
  readonly #asked: AskedModel;
  readonly #choices: QuestionChoices['complete'];
  methodInfos = $state.raw<readonly CompletionMethodInfo[] | null>(null);
  samples = $state.raw<CompletionSamples | null>(null);
  running = $state(false);
  /** Whether the query runs long enough to show progress. */
  slow = $state(false);
  /** Whether the visitor stopped the query. */
  stopped = $state(false);
  failure = $state('');
  /** The query for the current drawing, mask, model and choices; null where there is none: `idle` says why. */
  readonly #query = $derived.by<CompletionQuery | null>(() => this.#composeQuery());
  /** The query sent last. */
  #submitted: CompletionQuery | null = null;
  readonly #latest = new Latest<(signal: AbortSignal) => Promise<void>>(
    (job, signal) => job(signal),
    // Announcements report a worker that has ended, and offer to restart it.
    (error) => this.#fail(wordsOf(error)),
  );

  constructor(asked: AskedModel) {
    this.#asked = asked;
    this.mask = asked.panelState(Mask);
    this.distances = new MethodDistances(asked.ports);
    this.#choices = asked.panelState(QuestionChoices).complete;
  }

  /** The method that the visitor chose; null for the best available. */
  get wanted(): CompletionMethod | null {
    return this.#choices.method;
  }

  set wanted(method: CompletionMethod | null) {
    this.#choices.method = method;
  }

  get seed(): number {
    return this.#choices.seed;
  }

  set seed(seed: number) {
    this.#choices.seed = seed;
  }

  get sweeps(): number {
    return this.#choices.sweeps;
  }

  set sweeps(sweeps: number) {
    this.#choices.sweeps = sweeps;
  }

  get proposals(): number {
    return this.#choices.proposals;
  }

  set proposals(proposals: number) {
    this.#choices.proposals = proposals;
  }

  /** Why there is no query, in words; empty where there is one. */
  idle = $derived.by<string>(() => {
    const { slot } = this.#asked;
    if (!slot.model) return slot.state === 'failed' ? slot.note : 'The model is getting ready …';
    if (this.mask.count === 0) return 'Nothing is hidden, so there is nothing to complete. Hide some pixels.';
    return '';
  });

  /** The method in use. */
  method = $derived(this.methodInfos ? (bestMethod(this.methodInfos, this.wanted)?.method ?? null) : null);

  /** Whether the samples belong to a query other than the current one. */
  stale = $derived.by(() => {
    const query = this.#query;
    return this.samples !== null && (query === null || !equalQueries(this.samples.query, query));
  });

  /** Progress of the current query, 0 to 1. */
  done = $derived(this.stale ? 0 : (this.samples?.done ?? 0));

  /** Known pixels that forward sampling overlooks. */
  overlookedPixels = $derived.by<OverlookedPixels | null>(() => {
    const { order } = this.#asked.slot;
    const knownPixels = this.#query?.knownPixels;
    return order && knownPixels ? overlookedPixels(knownPixels, order) : null;
  });

  /** Whether all completions can be enumerated. */
  enumerable = $derived.by(() => this.#query !== null && this.mask.count <= MAX_ENUMERATED_PIXELS);

  /** Submits a query when the drawing, the mask, the model or a choice changed: for an effect of the panel. */
  follow(): void {
    const query = this.#query;
    untrack(() => this.#submit(query));
  }

  /** The panel closes: a running query is aborted, and submitted again when the panel opens. */
  close(): void {
    if (this.running || this.distances.measuring) this.#submitted = null;
    this.#latest.abort();
  }

  stop(): void {
    this.stopped = this.running;
    this.#latest.abort();
  }

  restart(): void {
    this.#submitted = null;
    this.#submit(this.#query);
  }

  newSeed(): void {
    this.seed = crypto.getRandomValues(new Uint32Array(1))[0] % 100_000;
  }

  /** Measures the distance of every available method to the exact answer, one after the other. */
  compare(): void {
    const query = this.#submitted;
    const { methodInfos } = this;
    if (!query || !methodInfos || !this.enumerable || this.running || this.distances.measuring) return;
    this.#latest.submit(this.distances.begin(query, methodInfos));
  }

  #composeQuery(): CompletionQuery | null {
    const { slot, ports } = this.#asked;
    const { packed } = ports.pad.seen;
    // After the engine restarts, a model has another name and reads the drawing again.
    observe(slot.reading);
    const { model, engineName: name } = slot;
    const { known } = this.mask;
    const { wanted: method, seed, sweeps, proposals } = this;
    if (!model || name === null || this.mask.count === 0) return null;
    if (!sameGrid(packed.grid, known.grid) || !sameGrid(packed.grid, model.grid)) return null;
    const count = this.#asked.chosen ? COMPLETIONS : FEW_COMPLETIONS;
    return { name, knownPixels: knownPixelsOf(packed, known), count, method, seed, sweeps, proposals };
  }

  #submit(query: CompletionQuery | null): void {
    const before = this.#submitted;
    if (query && before && equalQueries(query, before)) return;
    this.#submitted = query;
    this.stopped = false;
    const sameTask =
      query !== null && before?.name === query.name && sameKnownPixels(before.knownPixels, query.knownPixels);
    if (!sameTask) this.distances.clear();
    if (query === null || query.name !== before?.name) {
      this.samples = null;
      this.methodInfos = null;
      this.failure = '';
    }
    if (query === null) {
      this.#latest.abort();
      return;
    }
    const patience = this.distances.measuring || query.name !== before?.name ? 0 : ABORT_DELAY_MS;
    this.#latest.submit((signal) => this.#complete(query, signal), patience);
  }

  async #complete(query: CompletionQuery, signal: AbortSignal): Promise<void> {
    this.running = true;
    const slow = setTimeout(() => (this.slow = true), SLOW_MS);
    try {
      const { complete: queries } = this.#asked.ports.engine;
      const { name, knownPixels, count, seed, sweeps, proposals } = query;
      const methods = await queries.methods(name, knownPixels);
      signal.throwIfAborted();
      if (!methods.ok) throw new Error(methods.reason);
      this.methodInfos = methods.value;
      const methodInfo = bestMethod(methods.value, query.method);
      if (!methodInfo) throw new Error('This model offers no way to complete a drawing.');
      const common = { query, knownPixels, methodInfo, sweeps, proposals };
      let over = false;
      const request = { method: methodInfo.method, knownPixels, count, seed, sweeps, proposals };
      const show = ({ images, done }: CompletionFrame) => {
        if (over || signal.aborted) return;
        this.samples = { ...common, images, done, completion: null, shares: null };
      };
      const answer = await queries.complete(name, request, show, signal);
      over = true;
      signal.throwIfAborted();
      if (!answer.ok) throw new Error(answer.reason);
      const { images } = answer.value;
      this.failure = '';
      const shares = Float32Array.from(pixelMeans(images));
      this.samples = { ...common, images, done: 1, completion: answer.value, shares };
    } finally {
      clearTimeout(slow);
      this.running = this.slow = false;
    }
  }

  #fail(reason: string): void {
    this.failure = reason;
    this.samples = null;
  }
}
