import { MediaQuery } from 'svelte/reactivity';
import type { Side } from '../sides.ts';
import type { QuestionId } from '../questions/list.ts';
import type { Questions } from '../questions/questions.svelte.ts';

/** The parts of the Play room, of which a phone and a presentation show one at a time, in this order. */
export const PANELS = ['draw', 'left', 'right', 'questions', 'training'] as const;
export type Panel = (typeof PANELS)[number];

/** With little width or little height one panel is shown at a time. The style sheets use the same lengths. */
const PHONE = '(max-width: 719px), (max-height: 500px)';

/** Which parts of the Play room are shown: it outlives visits to other rooms. */
export class PlayView {
  readonly #questions: Questions;
  readonly #phone = new MediaQuery(PHONE);
  /** The panel that is shown where one is shown at a time. */
  panel = $state<Panel>('draw');
  /** Whether one panel is shown large, for a lecture hall. */
  presenting = $state(false);
  /** The question that was open before training was: where one panel is shown at a time, training is a panel of its own. */
  #question: QuestionId = 'explain';

  constructor(questions: Questions) {
    this.#questions = questions;
    // Escape ends full screen without a keydown event.
    document.addEventListener('fullscreenchange', () => {
      if (!document.fullscreenElement) this.#stop();
    });
  }

  get phone(): boolean {
    return this.#phone.current && !this.presenting;
  }

  /** Whether one panel is shown at a time. */
  get single(): boolean {
    return this.#phone.current || this.presenting;
  }

  /** Whether the dock has the whole height, beside the pad. */
  get full(): boolean {
    return this.#questions.full && !this.single;
  }

  set full(full: boolean) {
    this.#questions.full = full;
  }

  get showsPad(): boolean {
    return !this.single || this.panel === 'draw';
  }

  showsColumn(side: Side): boolean {
    return this.single ? this.panel === side : !this.full;
  }

  /** The dock has the questions and training. */
  get showsDock(): boolean {
    return !this.single || this.panel === 'questions' || this.panel === 'training';
  }

  /** Whether samples are shown: drawing them would otherwise only slow the score down. */
  get samples(): boolean {
    return !this.single || this.panel === 'draw' || this.panel === 'left' || this.panel === 'right';
  }

  show(panel: Panel): void {
    const questions = this.#questions;
    if (questions.current !== 'training') this.#question = questions.current;
    if (panel === 'training') questions.open('training');
    else if (panel === 'questions' && questions.current === 'training') questions.open(this.#question);
    this.panel = panel;
  }

  /** Opens a question or training, wherever it is shown. */
  reveal(question: QuestionId): void {
    this.#questions.open(question);
    this.show(question === 'training' ? 'training' : 'questions');
  }

  /** One panel on or back; stays at either end. */
  step(by: 1 | -1): void {
    const at = PANELS.indexOf(this.panel) + by;
    if (at in PANELS) this.show(PANELS[at]);
  }

  /** Shows one panel large, on the full screen where the browser allows it. */
  async present(): Promise<void> {
    this.presenting = true;
    document.documentElement.dataset.present = '';
    try {
      await document.documentElement.requestFullscreen();
    } catch {
      // Phones and embedding pages refuse it: the page is as large as its window then.
    }
  }

  async endPresenting(): Promise<void> {
    this.#stop();
    if (document.fullscreenElement) await document.exitFullscreen();
  }

  #stop(): void {
    this.presenting = false;
    delete document.documentElement.dataset.present;
  }
}
