import { untrack } from 'svelte';
import { wordsOf } from '../../data/error-words.ts';
import { type KnownPixels, knownPixelsOf, maskOf } from '../../data/known-pixels.ts';
import type { ClassReading } from '../../engine/queries/api.ts';
import { QuestionChoices } from '../questions/choices.svelte.ts';
import type { Questions } from '../questions/questions.svelte.ts';
import { DiscriminativeBaseline } from './discriminative-baseline.svelte.ts';
import { sameKnownPixels } from '../complete/query.ts';
import { SampleEfficiency } from './sample-efficiency.svelte.ts';
import { sameGrid } from '../grids.ts';
import { MaskedAccuracy } from './masked-accuracy.svelte.ts';
import { Latest } from '../latest.ts';
import { Mask } from '../masking/mask.svelte.ts';
import { observe } from '../observe.ts';
import { type Contest, contestOf, type ModelRole } from './words.ts';

/** How long a query whose known pixels are out of date may run before it is aborted, in milliseconds. */
const MAX_STALE_MS = 250;

const ROLES = ['baseline', 'queried'] as const;

interface Query {
  /** Names in the engine; null where no such model is loaded. */
  readonly names: Readonly<Record<ModelRole, string | null>>;
  readonly knownPixels: KnownPixels;
}

/** The latest reading of one of the two models. */
export class Answer {
  reading = $state.raw<ClassReading | null>(null);
  /** Why there is none. */
  failure = $state('');
  /** Whether the reading is of other known pixels than those of the current query. */
  stale = $state(false);
  /** The model that gave the reading. */
  #name: string | null = null;
  #knownPixels: KnownPixels | null = null;
  #wanted: KnownPixels | null = null;

  set(reading: ClassReading, name: string, knownPixels: KnownPixels): void {
    this.reading = reading;
    this.failure = '';
    this.#name = name;
    this.#knownPixels = knownPixels;
    this.#compare();
  }

  /** Sets the current query: a reading of another model is dropped, one of other known pixels becomes stale. */
  expect(name: string | null, knownPixels: KnownPixels): void {
    this.#wanted = knownPixels;
    if (name !== null && this.#name !== null && name !== this.#name) this.fail('');
    this.#compare();
  }

  fail(reason: string): void {
    this.reading = this.#name = this.#knownPixels = null;
    this.failure = reason;
    this.#compare();
  }

  #compare(): void {
    const { reading } = this;
    const [knownPixels, wanted] = [this.#knownPixels, this.#wanted];
    this.stale =
      reading !== null && knownPixels !== null && wanted !== null && !sameKnownPixels(knownPixels, wanted);
  }
}

/** Which digit is it, and why: the queried model and the discriminative baseline, given the same pixels. */
export class Classification {
  readonly #questions: Questions;
  readonly mask: Mask;
  readonly baseline: DiscriminativeBaseline;
  readonly maskedAccuracy: MaskedAccuracy;
  readonly sampleEfficiency: SampleEfficiency;
  readonly #choices: QuestionChoices['classify'];
  readonly answers: Readonly<Record<ModelRole, Answer>> = { queried: new Answer(), baseline: new Answer() };
  #loadedFor: string | null = null;
  /** Whether the posterior of the running query is shown, and only its contributions are missing. */
  #shown = false;
  readonly #latest = new Latest<Query>((query, signal) => this.#answer(query, signal));

  /** From the queried model's reading; from the baseline's where there is none. */
  contest = $derived.by<Contest | null>(() => {
    const reading = this.answers.queried.reading ?? this.answers.baseline.reading;
    return reading && contestOf(reading.posterior, this.rival);
  });

  constructor(questions: Questions) {
    this.#questions = questions;
    this.mask = questions.panelState(Mask);
    this.#choices = questions.panelState(QuestionChoices).classify;
    this.baseline = new DiscriminativeBaseline(questions.ports);
    this.maskedAccuracy = new MaskedAccuracy(questions, () => this.#names());
    this.sampleEfficiency = new SampleEfficiency(questions);
  }

  /** Whether pixels under the mask are hidden from both. */
  get hiding(): boolean {
    return this.#choices.hiding;
  }

  set hiding(hiding: boolean) {
    this.#choices.hiding = hiding;
  }

  /** The class that the most probable one is compared with; null for the runner-up. */
  get rival(): number | null {
    return this.#choices.rival;
  }

  set rival(rival: number | null) {
    this.#choices.rival = rival;
  }

  /** Loads the baseline, and again when the grid or the binarisation has changed: for an effect of the panel. */
  loadBaseline(): void {
    const { ports, slot } = this.#questions;
    const { grid } = ports.pad;
    observe(ports.binarisation());
    // The starter digits arrive before the first model.
    if (slot.model) untrack(() => void this.baseline.load(grid));
  }

  /** Loads the baseline once more, after a failure. */
  retryBaseline(): void {
    void this.baseline.load(this.#questions.ports.pad.grid, true);
  }

  /** Queries both models whenever the drawing, the mask or a model changed: for an effect of the panel. */
  follow(): void {
    const query = this.#currentQuery();
    untrack(() => {
      if (!query?.names.queried) this.answers.queried.fail('');
      if (!query) return;
      for (const role of ROLES) this.answers[role].expect(query.names[role], query.knownPixels);
      this.#latest.submit(query, this.#shown ? 0 : MAX_STALE_MS);
    });
  }

  /** For the end of the panel's effect. */
  close(): void {
    this.#latest.abort();
    this.maskedAccuracy.cancel();
    this.sampleEfficiency.cancel();
    this.baseline.close();
  }

  /** Chooses the class to compare with; choosing it again, or the most probable one, goes back to the runner-up. */
  chooseRival(y: number): void {
    this.rival = y === this.rival || y === this.contest?.one ? null : y;
  }

  #names(): Query['names'] {
    const { slot } = this.#questions;
    const { baseline } = this;
    observe(baseline.serial);
    return {
      queried: slot.knowsClasses ? slot.engineName : null,
      baseline:
        baseline.grid && sameGrid(baseline.grid, this.#questions.ports.pad.grid) ? baseline.name : null,
    };
  }

  #currentQuery(): Query | null {
    const { packed } = this.#questions.ports.pad.seen;
    const { model } = this.#questions.slot;
    const names = this.#names();
    const known = this.hiding ? this.mask.known : maskOf(packed.grid, () => true);
    if (!sameGrid(known.grid, packed.grid)) return null;
    const queried = model && sameGrid(model.grid, packed.grid) ? names.queried : null;
    return { names: { ...names, queried }, knownPixels: knownPixelsOf(packed, known) };
  }

  /** A restarted engine no longer holds the baseline: it is loaded again, once for every name of the queried model. */
  #fail(role: ModelRole, reason: string): void {
    const { engineName } = this.#questions.slot;
    if (role === 'baseline' && engineName !== this.#loadedFor) {
      this.#loadedFor = engineName;
      this.retryBaseline();
    } else this.answers[role].fail(reason);
  }

  /** The baseline first, since it is quick. */
  async #answer({ names, knownPixels }: Query, signal: AbortSignal): Promise<void> {
    this.#shown = false;
    for (const role of ROLES) {
      const name = names[role];
      const answer = this.answers[role];
      if (name === null) continue;
      let over = false;
      const show = (part: ClassReading) => {
        if (over || signal.aborted || this.#names()[role] !== name) return;
        this.#shown = true;
        answer.set(part, name, knownPixels);
      };
      try {
        const reading = await this.#questions.ports.engine.classify.read(name, knownPixels, show, signal);
        over = true;
        signal.throwIfAborted();
        if (this.#names()[role] !== name) continue;
        if (reading.ok) answer.set(reading.value, name, knownPixels);
        else this.#fail(role, reading.reason);
      } catch (error) {
        if (signal.aborted) return;
        // A dead worker is announced elsewhere, with the way out.
        answer.fail(wordsOf(error));
      }
    }
  }
}
