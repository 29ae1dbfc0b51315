import type { LinkedMask } from '../masking/presets.ts';
import { shortName } from '../compare/counted-models.ts';
import type { ModelSlot } from '../compare/model-slot.svelte.ts';
import type { Side } from '../sides.ts';
import type { QuestionId } from './list.ts';
import type { QuestionPorts } from './ports.ts';
import { StandIn } from './stand-in.svelte.ts';

/** The pixel that comes next in the running sum over the drawing; `end`: all are seen; null: none is named. */
export type LinkedPixel = number | 'end' | null;

/** The model of one side as the open question asks it, with the states of its panels. */
export class AskedModel {
  readonly side: Side;
  readonly standIn: StandIn;
  /** The pixel that comes next in the running sum, `end` after the last; replaced once the running sum is shown. */
  shownPixel: () => LinkedPixel = () => null;
  readonly #questions: Questions;
  readonly #states = new WeakMap<object, unknown>();

  constructor(side: Side, questions: Questions) {
    this.side = side;
    this.#questions = questions;
    this.standIn = new StandIn(side, questions.ports, () => questions.current);
  }

  get ports(): QuestionPorts {
    return this.#questions.ports;
  }

  /** The model of the slot, whether or not it answers. */
  get own(): ModelSlot {
    return this.ports.slots[this.side];
  }

  /** The model that answers: that of the slot, or its stand-in. */
  get slot(): ModelSlot {
    return this.standIn.lack === null ? this.own : this.standIn.slot;
  }

  /** Of the model that answers. */
  get title(): string {
    if (this.standIn.lack === null) return this.own.title;
    const { model } = this.standIn.slot;
    return model ? shortName(model.family, model.hyper) : 'another model';
  }

  /** Whether it is the one that is shown large. */
  get chosen(): boolean {
    return this.#questions.side === this.side;
  }

  /** State that all panels share. */
  panelState<State>(make: new (questions: Questions) => State): State {
    return this.#questions.panelState(make);
  }

  /** The pixel of a link, which is then taken. */
  takeLinkedPixel(): LinkedPixel {
    const { linkedPixel } = this.#questions;
    if (linkedPixel !== null) this.#questions.linkedPixel = null;
    return linkedPixel;
  }

  /** The state of a panel for this model, made when it is first asked for and kept. */
  state<State>(make: new (asked: AskedModel) => State): State {
    return keptIn(this.#states, make, this);
  }
}

/** In a root of its own: otherwise its deriveds would end with the panel that first asks for it. */
function keptIn<Of, State>(states: WeakMap<object, unknown>, make: new (of: Of) => State, of: Of): State {
  if (!states.has(make)) $effect.root(() => void states.set(make, new make(of)));
  return states.get(make) as State;
}

/** Which question is open, and which of the two models is shown large. */
export class Questions {
  readonly ports: QuestionPorts;
  current = $state<QuestionId>('explain');
  side = $state<Side>('right');
  /** The hidden pixels of a link, until the panels that hide pixels have taken them. */
  linkedMask = $state.raw<LinkedMask>(null);
  /** The chosen pixel of a link, until the running sum has taken it. */
  linkedPixel = $state.raw<LinkedPixel>(null);
  /** What a copied link says of the hidden pixels; replaced once they can be changed. */
  sharedMask: () => LinkedMask = () => this.linkedMask;
  /** Whether the panel has the whole height beside the pad. */
  full = $state(false);
  readonly #states = new WeakMap<object, unknown>();
  readonly #asked: Readonly<Record<Side, AskedModel>>;

  constructor(ports: QuestionPorts) {
    this.ports = ports;
    this.#asked = { left: new AskedModel('left', this), right: new AskedModel('right', this) };
  }

  of(side: Side): AskedModel {
    return this.#asked[side];
  }

  get chosen(): AskedModel {
    return this.of(this.side);
  }

  get slot(): ModelSlot {
    return this.chosen.slot;
  }

  /** What a copied link says of the chosen pixel. */
  get sharedPixel(): LinkedPixel {
    return this.linkedPixel ?? this.chosen.shownPixel();
  }

  /** Into an engine that was restarted. */
  async reload(): Promise<void> {
    await Promise.all(Object.values(this.#asked).map(({ standIn }) => standIn.reload()));
  }

  open(question: QuestionId): void {
    this.current = question;
    this.ports.onQuestion(question);
  }

  /** State that all panels share, made when it is first asked for and kept. */
  panelState<State>(make: new (questions: Questions) => State): State {
    return keptIn(this.#states, make, this);
  }
}
