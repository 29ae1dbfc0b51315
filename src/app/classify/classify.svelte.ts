import { untrack } from 'svelte';
import { type Evidence, evidenceOf, maskOf } from '../../data/known-pixels.ts';
import { type ClassReading, SUPERSEDED } from '../../engine/queries/api.ts';
import type { Questions } from '../questions/questions.svelte.ts';
import { DiscriminativeBaseline } from './discriminative-baseline.svelte.ts';
import { sameEvidence } from '../complete/query.ts';
import { SampleEfficiency } from './sample-efficiency.svelte.ts';
import { sameGrid } from '../grids.ts';
import { MaskedAccuracy } from './masked-accuracy.svelte.ts';
import { Latest } from '../latest.ts';
import { Mask } from '../masking/mask.svelte.ts';
import { observe } from '../observe.ts';
import { type Contest, contestOf, type Voice } from './words.ts';

/** How long an answer that is out of date may still take before it is broken off, in milliseconds. */
const PATIENCE_MS = 250;

const VOICES = ['companion', 'asked'] as const;

interface Question {
  /** Names in the engine; null where there is nobody to ask. */
  readonly names: Readonly<Record<Voice, string | null>>;
  readonly evidence: Evidence;
}

/** What one of the two models says. */
export class Answer {
  reading = $state.raw<ClassReading | null>(null);
  /** Why there is none. */
  failure = $state('');
  /** Whether the reading is of other pixels than are asked about now. */
  stale = $state(false);
  /** Who gave the reading. */
  #name: string | null = null;
  #evidence: Evidence | null = null;
  #wanted: Evidence | null = null;

  take(reading: ClassReading, name: string, evidence: Evidence): void {
    this.reading = reading;
    this.failure = '';
    this.#name = name;
    this.#evidence = evidence;
    this.#compare();
  }

  /** What is asked now: a reading of another model is dropped, one of other pixels is out of date. */
  turnTo(name: string | null, evidence: Evidence): void {
    this.#wanted = evidence;
    if (name !== null && this.#name !== null && name !== this.#name) this.refuse('');
    this.#compare();
  }

  refuse(reason: string): void {
    this.reading = this.#name = this.#evidence = null;
    this.failure = reason;
    this.#compare();
  }

  #compare(): void {
    const { reading } = this;
    const [evidence, wanted] = [this.#evidence, this.#wanted];
    this.stale = reading !== null && evidence !== null && wanted !== null && !sameEvidence(evidence, wanted);
  }
}

/** Which digit is it, and why: the asked model and a classifier beside it, both seeing the same pixels. */
export class Classification {
  readonly #questions: Questions;
  readonly mask: Mask;
  readonly companion: DiscriminativeBaseline;
  readonly test: MaskedAccuracy;
  readonly sampleEfficiency: SampleEfficiency;
  readonly answers: Readonly<Record<Voice, Answer>> = { asked: new Answer(), companion: new Answer() };
  /** Whether pixels under the mask are hidden from both. */
  hiding = $state(false);
  /** The class that the most probable one is compared with; null for the runner-up. */
  rival = $state<number | null>(null);
  #loadedFor: string | null = null;
  #since: number | null = null;
  #shown = false;
  #patience: ReturnType<typeof setTimeout> | undefined;
  readonly #latest = new Latest<Question>((question) => this.#answer(question));

  /** Of the asked model; of the other where that has no answer. */
  contest = $derived.by<Contest | null>(() => {
    const reading = this.answers.asked.reading ?? this.answers.companion.reading;
    return reading && contestOf(reading.posterior, this.rival);
  });

  constructor(questions: Questions) {
    this.#questions = questions;
    this.mask = questions.panelState(Mask);
    this.companion = new DiscriminativeBaseline(questions.ports);
    this.test = new MaskedAccuracy(questions, () => this.#names());
    this.sampleEfficiency = new SampleEfficiency(questions);
  }

  /** Seats the classifier, and anew where the grid or the binarisation changed: for an effect of the panel. */
  accompany(): void {
    const { ports, slot } = this.#questions;
    const { grid } = ports.pad;
    observe(ports.binarisation());
    // The starter digits arrive before the first model.
    if (slot.model) untrack(() => void this.companion.load(grid));
  }

  /** Tries again to learn the classifier. */
  again(): void {
    void this.companion.load(this.#questions.ports.pad.grid, true);
  }

  /** Queries anew whenever the drawing, the mask or a model changed: for an effect of the panel. */
  follow(): void {
    const question = this.#phrase();
    untrack(() => {
      if (!question?.names.asked) this.answers.asked.refuse('');
      if (!question) return;
      for (const voice of VOICES) this.answers[voice].turnTo(question.names[voice], question.evidence);
      this.#hurry();
      this.#latest.submit(question);
    });
  }

  /** The panel closes. */
  rest(): void {
    clearTimeout(this.#patience);
    this.test.cancel();
    this.sampleEfficiency.cancel();
    this.companion.rest();
    if (this.#since !== null) this.#breakOff();
  }

  /** Chooses the class to compare with; choosing it again, or the most probable one, goes back to the runner-up. */
  chooseRival(y: number): void {
    this.rival = y === this.rival || y === this.contest?.one ? null : y;
  }

  #names(): Question['names'] {
    const { slot } = this.#questions;
    const { companion } = this;
    observe(companion.serial);
    return {
      asked: slot.knowsClasses ? slot.engineName : null,
      companion:
        companion.grid && sameGrid(companion.grid, this.#questions.ports.pad.grid) ? companion.name : null,
    };
  }

  #phrase(): Question | null {
    const { packed } = this.#questions.ports.pad.seen;
    const { model } = this.#questions.slot;
    const names = this.#names();
    const known = this.hiding ? this.mask.known : maskOf(packed.grid, () => true);
    if (!sameGrid(known.grid, packed.grid)) return null;
    const asked = model && sameGrid(model.grid, packed.grid) ? names.asked : null;
    return { names: { ...names, asked }, evidence: evidenceOf(packed, known) };
  }

  /** What is under way is out of date: where its posterior is on the screen already, nothing more is wanted of it. */
  #hurry(): void {
    if (this.#since === null) return;
    clearTimeout(this.#patience);
    const left = this.#shown ? 0 : this.#since + PATIENCE_MS - performance.now();
    this.#patience = setTimeout(() => this.#breakOff(), Math.max(0, left));
  }

  #breakOff(): void {
    // A dead engine is announced elsewhere.
    this.#questions.ports.engine.classify.cancel().catch(() => undefined);
  }

  /** An engine that was started anew has forgotten the classifier: it is loaded once more for every model asked. */
  #refuse(voice: Voice, reason: string): void {
    const life = this.#questions.slot.engineName;
    if (voice === 'companion' && life !== this.#loadedFor) {
      this.#loadedFor = life;
      this.again();
    } else this.answers[voice].refuse(reason);
  }

  /** The quick one first: they answer one after the other. */
  async #answer({ names, evidence }: Question): Promise<void> {
    for (const voice of VOICES) {
      const name = names[voice];
      const answer = this.answers[voice];
      if (name === null) continue;
      this.#since = performance.now();
      this.#shown = false;
      let over = false;
      try {
        const reading = await this.#questions.ports.engine.classify.ask(name, evidence, (part) => {
          if (over || this.#names()[voice] !== name) return;
          this.#shown = true;
          answer.take(part, name, evidence);
        });
        over = true;
        if (this.#names()[voice] !== name) continue;
        if (reading.ok) answer.take(reading.value, name, evidence);
        else if (reading.reason !== SUPERSEDED) this.#refuse(voice, reading.reason);
      } catch (error) {
        // A dead worker is announced elsewhere, with the way out.
        answer.refuse(error instanceof Error ? error.message : String(error));
      }
      over = true;
      this.#since = null;
      clearTimeout(this.#patience);
    }
  }
}
