import { untrack } from 'svelte';
import type { PackedImages } from '../../data/images.ts';
import { type FeatureMap, type FeaturePlace, SUPERSEDED } from '../../engine/queries/api.ts';
import type { Model } from '../../models/types.ts';
import type { Questions } from '../questions/questions.svelte.ts';
import { formatBinarisation } from '../../data/binarise.ts';
import { fitRequest } from './fit.ts';
import { describeModel } from '../compare/counted-models.ts';
import { sameGrid } from '../grids.ts';
import { Latest } from '../latest.ts';
import { BoardRun, CANCELLED } from '../leaderboard/run.ts';
import { observe } from '../observe.ts';
import { type Digits, TestDigits } from './test-digits.svelte.ts';

/** Maps kept, so that going from model to model and back costs nothing. */
const KEPT = 4;

/** A model under its name in the engine. */
export interface Asked {
  readonly name: string;
  readonly title: string;
  readonly model: Model;
  /** Fitted in this panel, for this panel. */
  readonly own: boolean;
}

/** What a model has learnt to see, and the digits that show it. */
export interface Learnt {
  readonly asked: Asked;
  readonly digits: Digits;
  readonly map: FeatureMap;
}

type Phase = 'waiting' | 'learning' | 'ready' | 'refused' | 'failed';

/** The panel "What has it learnt to see?". */
export class Features {
  readonly #questions: Questions;
  readonly digits: TestDigits;
  phase = $state<Phase>('waiting');
  /** Why it was refused or failed. */
  note = $state('');
  /** Of learning, 0 to 1. */
  done = $state(0);
  learnt = $state.raw<Learnt | null>(null);
  /** Of the drawing; null before it is known. */
  place = $state.raw<FeaturePlace | null>(null);
  /** Of a fit under way, 0 to 1; null where there is none. */
  fitting = $state<number | null>(null);
  fitNote = $state('');
  #own = $state.raw<Asked | null>(null);
  /** Goes up where the engine lost what it had learnt. */
  #attempt = $state(0);
  #serial = 0;
  #fits = 0;
  #fit: BoardRun | null = null;
  /** The latest last. */
  #kept: readonly Learnt[] = [];
  readonly #places = new Latest<PackedImages>((drawing) => this.#locate(drawing));

  constructor(questions: Questions) {
    this.#questions = questions;
    this.digits = new TestDigits(() => questions.ports.drawingStorage.testDigits);
  }

  /** Whose features are shown: the model in the chair, unless one was fitted here. */
  asked = $derived.by<Asked | null>(() => {
    observe(this.#attempt);
    const { slot, ports } = this.#questions;
    if (this.#own && sameGrid(this.#own.model.grid, ports.pad.grid)) return this.#own;
    const { model, title, engineName: name } = slot;
    return model && name !== null ? { name, title, model, own: false } : null;
  });

  /** What is on the screen: never another model's. */
  shown = $derived(this.learnt && this.learnt.asked.name === this.asked?.name ? this.learnt : null);

  /** Learns anew whenever the model or the digits changed: for an effect of the panel. */
  follow(): void {
    const { asked } = this;
    observe(this.digits.grey, formatBinarisation(this.#questions.ports.binarisation()));
    untrack(() => void this.#learn(asked));
  }

  /** Where the drawing lies, whenever it changed: for an effect of the panel. */
  see(): void {
    const { shown } = this;
    const { packed } = this.#questions.ports.pad.seen;
    if (shown && sameGrid(shown.asked.model.grid, packed.grid)) untrack(() => this.#places.submit(packed));
    else this.place = null;
  }

  /** The panel closes. */
  rest(): void {
    this.#serial++;
    this.digits.cancel();
    this.stopFitting();
    if (this.phase === 'learning')
      void this.#questions.ports.engine.hiddenUnits.cancel().catch(() => undefined);
  }

  again(): void {
    this.#attempt++;
  }

  /** Fits a mixture to the starter digits, in a second or two, and shows its components instead. */
  async fit(): Promise<void> {
    const { engine, turn, pad, binarisation } = this.#questions.ports;
    const starter = this.#questions.ports.starter();
    const request = starter && fitRequest(starter, pad.grid, binarisation());
    if (!request) {
      this.fitNote = 'The starter digits have not arrived yet: try again in a moment.';
      return;
    }
    this.stopFitting();
    const run = new BoardRun(engine, turn);
    this.#fit = run;
    this.fitting = 0;
    this.fitNote = '';
    try {
      const fitted = await run.train(request, ({ epoch, epochs }) => {
        if (this.#fit === run) this.fitting = epoch / epochs;
      });
      if (!fitted.ok) {
        if (this.#fit === run) this.fitNote = fitted.reason === CANCELLED ? 'Cancelled.' : fitted.reason;
        return;
      }
      const { model } = fitted.value;
      const name = `features ${++this.#fits}`;
      const loaded = await engine.load(name, model);
      if (!loaded.ok) this.fitNote = loaded.reason;
      else {
        this.release();
        this.#own = { name, title: describeModel(model.family, model.hyper, model.grid), model, own: true };
      }
    } catch (error) {
      this.fitNote = wordsOf(error);
    } finally {
      if (this.#fit === run) {
        this.#fit = null;
        this.fitting = null;
      }
    }
  }

  stopFitting(): void {
    this.#fit?.cancel();
  }

  /** Back to the model in the chair. */
  release(): void {
    if (!this.#own) return;
    void this.#questions.ports.engine.unload(this.#own.name).catch(() => undefined);
    const { name } = this.#own;
    this.#kept = this.#kept.filter(({ asked }) => asked.name !== name);
    this.#own = null;
  }

  async #learn(asked: Asked | null): Promise<void> {
    const serial = ++this.#serial;
    const wanted = () => serial === this.#serial;
    const { engine, binarisation } = this.#questions.ports;
    this.done = 0;
    this.note = '';
    this.phase = 'waiting';
    if (!asked) return;
    try {
      const digits = await this.digits.of(asked.model.grid, binarisation());
      if (!wanted() || !digits) return;
      const known = this.#kept.find((each) => each.asked.name === asked.name && each.digits === digits);
      if (known) {
        this.#show(known);
        return;
      }
      this.phase = 'learning';
      const learnt = await engine.hiddenUnits.learn(asked.name, digits.images, digits.labels, (done) => {
        if (wanted()) this.done = done;
      });
      if (!wanted()) return;
      if (learnt.ok) this.#show({ asked, digits, map: learnt.value });
      else this.#refuse(learnt.reason);
    } catch (error) {
      // The worker died; the notice above the room offers the way out.
      this.#forget();
      if (!wanted()) return;
      this.phase = 'failed';
      this.note = wordsOf(error);
    }
  }

  #show(learnt: Learnt): void {
    // A place on another map is none on this one.
    if (this.learnt !== learnt) this.place = null;
    this.learnt = learnt;
    this.phase = 'ready';
    const others = this.#kept.filter(({ asked }) => asked.name !== learnt.asked.name);
    this.#kept = [...others, learnt].slice(-KEPT);
  }

  #refuse(reason: string): void {
    this.learnt = null;
    this.phase = reason === SUPERSEDED ? 'waiting' : 'refused';
    this.note = `${reason.replace(/^features: /, '')}.`;
  }

  #forget(): void {
    this.#kept = [];
    this.learnt = null;
    this.place = null;
  }

  async #locate(drawing: PackedImages): Promise<void> {
    const { shown } = this;
    if (!shown || !sameGrid(shown.asked.model.grid, drawing.grid)) return;
    try {
      const placed = await this.#questions.ports.engine.hiddenUnits.place(shown.asked.name, drawing);
      if (this.shown !== shown) return;
      if (placed.ok) this.place = placed.value;
      else {
        // A fresh engine knows nothing of the map.
        this.#forget();
        if (shown.asked.own) this.#own = null;
        this.#attempt++;
      }
    } catch {
      // A dead worker is announced elsewhere.
      this.#forget();
      if (shown.asked.own) this.#own = null;
    }
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
