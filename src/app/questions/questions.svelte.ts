import type { Binarisation } from '../../data/binarisation.ts';
import type { GreyImages } from '../../data/images.ts';
import type { Engine } from '../../engine/api.ts';
import type { Calibrator } from '../calibration/calibrator.svelte.ts';
import type { DrawingStorage } from '../pad/drawing-storage.svelte.ts';
import type { Choice } from '../compare/choice.ts';
import type { Library } from '../library/library.svelte.ts';
import type { MnistDownload } from '../library/mnist.svelte.ts';
import type { Motion } from '../motion.svelte.ts';
import type { SharedView } from '../shared-view.ts';
import type { Pad } from '../pad/pad.svelte.ts';
import type { QuestionId } from './list.ts';
import type { ModelSlot, Side } from '../compare/model-slot.svelte.ts';
import type { Theme } from '../theme.svelte.ts';
import type { Training } from '../training/training.svelte.ts';
import type { Turn } from '../turn.ts';

/** What the panels of the questions need from the session. */
export interface QuestionPorts {
  readonly engine: Engine;
  readonly turn: Turn;
  readonly slots: Readonly<Record<Side, ModelSlot>>;
  readonly calibrator: Calibrator;
  readonly pad: Pad;
  readonly drawingStorage: DrawingStorage;
  readonly library: Library;
  readonly mnist: MnistDownload;
  readonly training: Training;
  /** Whether slot B shows the model of the current training run. */
  readonly showLearning: (show: boolean) => void;
  readonly theme: Theme;
  readonly motion: Motion;
  /** The thousand starter digits; null until they are loaded. */
  readonly starter: () => GreyImages | null;
  /** Binarisation of the models in the slots. */
  readonly binarisation: () => Binarisation;
  readonly onQuestion: (question: QuestionId) => void;
  /** Reloads the page; where something would be lost, the visitor decides. */
  readonly reload: () => Promise<void>;
  /** Loads another model into a slot. */
  readonly choose: (side: Side, choice: Choice) => void;
}

/** Which question is open, and which of the two models it is about. */
export class Questions {
  readonly ports: QuestionPorts;
  current = $state<QuestionId>('explain');
  side = $state<Side>('right');
  /** The hidden pixels of a link, until the panels that hide pixels have taken them: a preset, or [n] of 0 and 1. */
  linkedMask = $state.raw<SharedView['mask']>(null);
  /** What a copied link says of the hidden pixels; replaced once they can be changed. */
  sharedMask: () => SharedView['mask'] = () => this.linkedMask;
  /** Whether the panel has the whole height beside the pad. */
  full = $state(false);
  readonly #panelStates = new WeakMap<object, unknown>();

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

  /** The state of a panel, made when the panel first opens and kept when another one is shown. */
  panelState<State>(make: new (questions: Questions) => State): State {
    // In a root of its own: otherwise its deriveds would end with the panel that first asks for it.
    if (!this.#panelStates.has(make)) $effect.root(() => void this.#panelStates.set(make, new make(this)));
    return this.#panelStates.get(make) as State;
  }
}
