import type { Binarisation } from '../../data/binarisation.ts';
import type { GreyImages } from '../../data/images.ts';
import type { Engine } from '../../engine/api.ts';
import type { Calibrator } from '../calibration/calibrator.svelte.ts';
import type { DrawingStorage } from '../pad/drawing-storage.svelte.ts';
import type { Choice } from '../compare/choice.ts';
import type { Library } from '../library/library.svelte.ts';
import type { MnistDownload } from '../library/mnist.svelte.ts';
import type { Motion } from '../motion.svelte.ts';
import type { Pad } from '../pad/pad.svelte.ts';
import type { Need, QuestionId } from './list.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { Model } from '../../models/model.ts';
import type { Result } from '../../data/result.ts';
import type { ModelRecord } from '../../store/records.ts';
import type { ModelSlot } from '../compare/model-slot.svelte.ts';
import type { Side } from '../sides.ts';
import type { Theme } from '../theme.svelte.ts';
import type { Training } from '../training/training.svelte.ts';
import type { Turn } from '../turn.ts';

/** A model that is counted, comes with the app, or is fitted by EM to the starter digits in seconds. */
export type StandInChoice = Choice | { readonly kind: 'fitted'; readonly spec: FamilySpec };

export interface StandInModel {
  readonly choice: StandInChoice;
  readonly model: ModelRecord;
}

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
  /** The thousand starter digits, fetched with the first call; null where they could not be. */
  readonly starter: () => Promise<GreyImages | null>;
  /** Binarisation of the models in the slots. */
  readonly binarisation: () => Binarisation;
  readonly onQuestion: (question: QuestionId) => void;
  /** Reloads the page; where something would be lost, the visitor decides. */
  readonly reload: () => Promise<void>;
  /** Loads another model into a slot. */
  readonly choose: (side: Side, choice: Choice) => void;
  /** Which models can answer in the place of one that cannot, the best first. */
  readonly standInsFor: (
    model: Pick<Model, 'family' | 'hyper' | 'grid'>,
    need: Need,
    side: Side,
  ) => readonly StandInChoice[];
  /** The first of these that is here or can be fetched, counted or fitted. */
  readonly standInModel: (
    choices: readonly StandInChoice[],
    signal: AbortSignal,
  ) => Promise<Result<StandInModel>>;
}
