import type { Binarisation } from '../../data/binarisation.ts';
import type { GreyImages } from '../../data/images.ts';
import type { Engine } from '../../engine/api.ts';
import type { DrawingStorage } from '../pad/drawing-storage.svelte.ts';
import type { Choice } from '../compare/choice.ts';
import type { Library } from '../library/library.svelte.ts';
import type { MnistDownload } from '../library/mnist.svelte.ts';
import type { Motion } from '../motion.svelte.ts';
import type { Pad } from '../pad/pad.svelte.ts';
import type { QuestionId } from './list.ts';
import type { ModelSlot, Side } from '../compare/model-slot.svelte.ts';
import type { Theme } from '../theme.svelte.ts';
import type { Turn } from '../turn.ts';

/** What the panels work with. */
export interface QuestionPorts {
  readonly engine: Engine;
  readonly turn: Turn;
  readonly slots: Readonly<Record<Side, ModelSlot>>;
  readonly pad: Pad;
  readonly drawingStorage: DrawingStorage;
  readonly library: Library;
  readonly mnist: MnistDownload;
  readonly theme: Theme;
  readonly motion: Motion;
  /** The thousand starter digits; null until they have arrived. */
  readonly starter: () => GreyImages | null;
  /** Of the models on the screen. */
  readonly binarisation: () => Binarisation;
  readonly onQuestion: (question: QuestionId) => void;
  /** Puts another model in a chair. */
  readonly choose: (side: Side, choice: Choice) => void;
}

/** Which question is open, and of which of the two models it is asked. */
export class Questions {
  readonly ports: QuestionPorts;
  current = $state<QuestionId>('explain');
  side = $state<Side>('right');
  readonly #kept = new WeakMap<object, unknown>();

  constructor(ports: QuestionPorts) {
    this.ports = ports;
  }

  get slot(): ModelSlot {
    return this.ports.slots[this.side];
  }

  open(question: QuestionId): void {
    this.current = question;
    this.ports.onQuestion(question);
  }

  /** The state of a panel, made when it first opens: it outlives a look at another panel. */
  panelState<State>(make: new (questions: Questions) => State): State {
    // Made outside of the panel that asks for it first: what is derived in it would end with that panel.
    if (!this.#kept.has(make)) $effect.root(() => void this.#kept.set(make, new make(this)));
    return this.#kept.get(make) as State;
  }
}
