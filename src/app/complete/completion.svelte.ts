import { untrack } from 'svelte';
import { type Evidence, evidenceOf, unknownPixels } from '../../data/known-pixels.ts';
import type { PackedImages } from '../../data/images.ts';
import {
  type Completion,
  type CompletionMethod,
  type CompletionOffer,
  SUPERSEDED,
} from '../../engine/queries/api.ts';
import type { Questions } from '../questions/questions.svelte.ts';
import { type Asked, equal, sameEvidence, withEvidence } from './query.ts';
import { bestOffer, type Blindness, blindness, inkShares, METHODS } from './words.ts';
import { sameGrid } from '../grids.ts';
import { Latest } from '../latest.ts';
import { Mask } from '../masking/mask.svelte.ts';
import { observe } from '../observe.ts';

/** Images on the wall. */
export const COMPLETIONS = 24;
export const SWEEPS = [5, 20, 100] as const;
export const PROPOSALS = [10, 100] as const;
/** With at most so many hidden pixels all completions can be counted. */
export const MAX_COUNTED = 16;
/** Images that a distance is measured on: the quick methods draw more, for less noise. */
const COUNTED_IMAGES: Readonly<Record<CompletionMethod, number>> = {
  exact: 100_000,
  forward: 100_000,
  importance: 20_000,
  gibbs: 20_000,
};
/** How long an answer that is out of date may still take before it is broken off, in milliseconds. */
const PATIENCE_MS = 250;
/** What is answered sooner never shows that it was under way: nothing flickers under a drawing hand. */
const NOTICED_MS = 200;

/** Completions, all of them or as far as they have come. */
export interface CompletionSamples {
  /** What they answer. */
  readonly question: Asked;
  readonly evidence: Evidence;
  readonly offer: CompletionOffer;
  readonly images: PackedImages;
  /** 0 to 1. */
  readonly done: number;
  /** Null until they are done. */
  readonly completion: Completion | null;
  /** Share of ink of every pixel, [n]; null until they are done. */
  readonly shares: Float32Array<ArrayBuffer> | null;
  readonly sweeps: number;
  readonly proposals: number;
}

/** How far one method is from the exact answer. */
export interface DistanceRow {
  readonly offer: CompletionOffer;
  readonly images: number;
  /** Total variation; null until it is known. */
  readonly distance: number | null;
  /** Why there is none. */
  readonly note: string;
}

export interface Comparison {
  readonly unknown: number;
  readonly sweeps: number;
  readonly proposals: number;
  readonly rows: readonly DistanceRow[];
}

/** The panel "How could it go on?": the drawing with some pixels hidden, finished many times by the model. */
export class Completions {
  readonly mask: Mask;
  readonly #questions: Questions;
  /** Chosen by hand; null for the best that is available. */
  wanted = $state<CompletionMethod | null>(null);
  seed = $state(1);
  sweeps = $state<number>(SWEEPS[1]);
  proposals = $state<number>(PROPOSALS[0]);
  offers = $state.raw<readonly CompletionOffer[] | null>(null);
  wall = $state.raw<CompletionSamples | null>(null);
  comparison = $state.raw<Comparison | null>(null);
  running = $state(false);
  comparing = $state(false);
  /** It takes long enough to be told so. */
  slow = $state(false);
  /** Broken off by hand. */
  stopped = $state(false);
  failure = $state('');
  /** The question as the page stands; null where there is none to ask: `idle` says why. */
  readonly #question = $derived.by<Asked | null>(() => this.#phrase());
  #asked: Asked | null = null;
  /** When the answer under way was begun. */
  #since: number | null = null;
  /** It was broken off, and is to end as soon as it can. */
  #broken = false;
  #patience: ReturnType<typeof setTimeout> | undefined;
  readonly #latest = new Latest<() => Promise<void>>((job) => job());

  constructor(questions: Questions) {
    this.#questions = questions;
    this.mask = questions.panelState(Mask);
  }

  /** Why nothing is asked, in words; empty where something is. */
  idle = $derived.by<string>(() => {
    const { slot } = this.#questions;
    if (!slot.model) return slot.state === 'failed' ? slot.note : 'The model is getting ready …';
    if (slot.classifies)
      return 'A classifier only tells classes apart: it has no p(x), so it cannot say how a drawing goes on. Ask the other model, or choose one that dreams.';
    if (this.mask.count === 0) return 'Nothing is hidden, so there is nothing to complete. Hide some pixels.';
    return '';
  });

  /** The method at work. */
  method = $derived(this.offers ? (bestOffer(this.offers, this.wanted)?.method ?? null) : null);

  /** Whether the wall answers another question than the page asks now. */
  stale = $derived.by(() => {
    const question = this.#question;
    return this.wall !== null && (question === null || !equal(this.wall.question, question));
  });

  /** How far the answer to the question has come, 0 to 1. */
  done = $derived(this.stale ? 0 : (this.wall?.done ?? 0));

  /** What forward sampling overlooks. */
  blindness = $derived.by<Blindness | null>(() => {
    const { order } = this.#questions.slot;
    const evidence = this.#question?.evidence;
    return order && evidence ? blindness(evidence, order) : null;
  });

  /** Whether all completions can be counted. */
  countable = $derived.by(() => this.#question !== null && this.mask.count <= MAX_COUNTED);

  /** Queries anew whenever the drawing, the mask, the model or a choice changed: for an effect of the panel. */
  follow(): void {
    const question = this.#question;
    untrack(() => this.#turnTo(question));
  }

  /** The panel closes: what is under way ends, and is asked again when it opens. */
  rest(): void {
    if (this.running || this.comparing) this.#asked = null;
    this.#breakOff();
  }

  stop(): void {
    this.stopped = this.running;
    this.#breakOff();
  }

  again(): void {
    this.#asked = null;
    this.#turnTo(this.#question);
  }

  newSeed(): void {
    this.seed = crypto.getRandomValues(new Uint32Array(1))[0] % 100_000;
  }

  /** Measures the distance of every available method to the exact answer, one after the other. */
  compare(): void {
    const asked = this.#asked;
    const { offers } = this;
    if (!asked || !offers || !this.countable || this.running || this.comparing) return;
    const rows = METHODS.flatMap(({ id }) =>
      offers.filter((each) => each.method === id && each.available),
    ).map((offer): DistanceRow => ({
      offer,
      images: COUNTED_IMAGES[offer.method],
      distance: null,
      note: '',
    }));
    const { sweeps, proposals } = asked;
    this.comparison = { unknown: unknownPixels(asked.evidence).length, sweeps, proposals, rows };
    this.comparing = true;
    this.#latest.submit(() => this.#measure(asked, rows));
  }

  #phrase(): Asked | null {
    const { slot, ports } = this.#questions;
    const { packed } = ports.pad.seen;
    // A model that was loaded again after the engine died has another name, and reads the drawing anew.
    observe(slot.reading);
    const { model, engineName: name } = slot;
    const { known, count } = this.mask;
    const { wanted: method, seed, sweeps, proposals } = this;
    if (!model || name === null || slot.classifies || count === 0) return null;
    if (!sameGrid(packed.grid, known.grid) || !sameGrid(packed.grid, model.grid)) return null;
    return { name, evidence: evidenceOf(packed, known), method, seed, sweeps, proposals };
  }

  #turnTo(question: Asked | null): void {
    const before = this.#asked;
    if (question && before && equal(question, before)) return;
    this.#asked = question;
    this.stopped = false;
    const sameTask =
      question !== null && before?.name === question.name && sameEvidence(before.evidence, question.evidence);
    if (!sameTask) this.comparison = null;
    if (question === null || question.name !== before?.name) {
      this.wall = null;
      this.offers = null;
      this.failure = '';
    }
    if (question === null) {
      this.#breakOff();
      return;
    }
    if (this.comparing) this.#breakOff();
    else this.#hurry(question.name !== before?.name);
    this.#latest.submit(() => this.#complete(question));
  }

  /** The answer under way is out of date: a quick one is still shown, a slow one broken off. */
  #hurry(now: boolean): void {
    if (this.#since === null) return;
    clearTimeout(this.#patience);
    const left = now ? 0 : this.#since + PATIENCE_MS - performance.now();
    this.#patience = setTimeout(() => this.#breakOff(), Math.max(0, left));
  }

  #breakOff(): void {
    clearTimeout(this.#patience);
    this.comparing = false;
    if (this.#since === null) return;
    this.#broken = true;
    // A dead engine is announced elsewhere.
    this.#questions.ports.engine.complete.cancel().catch(() => undefined);
  }

  async #complete(asked: Asked): Promise<void> {
    // Whoever asks for another model, or for nothing, wants no answer for this one.
    const wanted = () => this.#asked?.name === asked.name && !this.#broken;
    if (this.stopped || this.#asked?.name !== asked.name) return;
    let slow: ReturnType<typeof setTimeout> | undefined;
    await this.#work(async () => {
      this.running = true;
      slow = setTimeout(() => (this.slow = true), NOTICED_MS);
      const { complete: queries } = this.#questions.ports.engine;
      const { name, evidence, seed, sweeps, proposals } = asked;
      const offers = await queries.offers(name, evidence);
      if (!wanted()) return;
      if (!offers.ok) {
        this.#refuse(offers.reason);
        return;
      }
      this.offers = offers.value;
      const offer = bestOffer(offers.value, asked.method);
      if (!offer) {
        this.#refuse('This model offers no way to complete a drawing.');
        return;
      }
      const base = { question: asked, evidence, offer, sweeps, proposals };
      let over = false;
      const request = { method: offer.method, evidence, count: COMPLETIONS, seed, sweeps, proposals };
      const answer = await queries.complete(name, request, ({ images, done }) => {
        if (over || !wanted()) return;
        const sofar = withEvidence(images, evidence);
        this.wall = { ...base, images: sofar, done, completion: null, shares: null };
      });
      over = true;
      if (!wanted()) return;
      if (answer.ok) {
        const { images } = answer.value;
        this.failure = '';
        this.wall = { ...base, images, done: 1, completion: answer.value, shares: inkShares(images) };
      } else if (answer.reason !== SUPERSEDED) this.#refuse(answer.reason);
    });
    clearTimeout(slow);
    this.running = this.slow = false;
  }

  async #measure(asked: Asked, rows: readonly DistanceRow[]): Promise<void> {
    const wanted = () => this.#asked === asked && !this.#broken;
    await this.#work(async () => {
      for (const [at, row] of rows.entries()) {
        if (!wanted()) return;
        const { name, evidence, seed, sweeps, proposals } = asked;
        const { method } = row.offer;
        const request = { method, evidence, count: row.images, seed, sweeps, proposals };
        const distance = await this.#questions.ports.engine.complete.distance(name, request);
        if (!wanted() || !this.comparison) return;
        const found: DistanceRow = distance.ok
          ? { ...row, distance: distance.value }
          : { ...row, note: distance.reason };
        this.comparison = { ...this.comparison, rows: this.comparison.rows.with(at, found) };
      }
    });
    this.comparing = false;
  }

  /** The engine's time: exceptions end in words. */
  async #work(work: () => Promise<void>): Promise<void> {
    this.#since = performance.now();
    this.#broken = false;
    try {
      await work();
    } catch (error) {
      // A dead worker is announced elsewhere, with the way out.
      this.#refuse(error instanceof Error ? error.message : String(error));
    }
    this.#since = null;
    clearTimeout(this.#patience);
  }

  #refuse(reason: string): void {
    this.failure = reason;
    this.wall = null;
  }
}
