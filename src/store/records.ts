import type { Binarisation } from '../data/binarisation.ts';
import type { Grid } from '../data/images.ts';
import type { Preparation } from '../data/import/preparation.ts';
import type {
  BackendKind,
  Checkpoint,
  CurvePoint,
  Estimate,
  RunRecipe,
  RunSettings,
  TargetKind,
} from '../models/runs.ts';
import type { FileFrame } from '../models/model-file.ts';
import type { Hyper, Tensors } from '../models/model.ts';
import type { TrainingSteps } from '../models/training.ts';

/** A data set. Its images are in `payloads` (files) or `drawings` (drawn here). */
export interface DatasetRecord {
  readonly id: string;
  readonly name: string;
  readonly origin: 'mnist-train' | 'mnist-test' | 'imported' | 'drawn';
  readonly grid: Grid;
  readonly count: number;
  readonly labelled: boolean;
  /** Rises with every change of its images: a model trained on an older revision is stale. */
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Where it comes from a file: see ImportedAs. Missing in records of earlier versions. */
  readonly imported?: ImportedAs;
}

/** What an imported data set is, beside its size: models that learn from it carry it along. */
export interface ImportedAs {
  /** What was done to the images of the file. */
  readonly prepared: Preparation;
  /** SHA-256 of the prepared images and labels, in hexadecimal digits (app/import/content-identity.ts); null where the browser has none. */
  readonly content: string | null;
  /** The highest label plus one; 0 where there are no labels. */
  readonly classes: number;
  /** Names of the classes by label; null where labels are numbers. */
  readonly classNames: readonly string[] | null;
}

/** The files of a data set: IDX, gzipped or not. */
export interface PayloadRecord {
  readonly datasetId: string;
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer> | null;
}

/** One drawing: the grey levels that models are trained on, [n] u8. */
export interface DrawingRecord {
  readonly id: string;
  readonly datasetId: string;
  readonly label: number | null;
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly createdAt: number;
}

/** A trained model and everything that its numbers depend on. */
export interface ModelRecord {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly grid: Grid;
  readonly hyper: Hyper;
  readonly tensors: Tensors;
  readonly dataset: {
    readonly id: string;
    readonly name: string;
    readonly revision: number;
    readonly images: number;
    readonly imported?: ImportedAs;
    /** Of its images, see `Provenance.datasetSha256`. Missing where it was not known, and in models of earlier versions. */
    readonly sha256?: string;
  };
  readonly binarisation: Binarisation;
  /** Missing where there was nothing to choose, and in models from before there was. */
  readonly targets?: TargetKind;
  readonly seed: number;
  readonly epochs: number;
  readonly seconds: number;
  readonly backend: BackendKind;
  readonly train: Estimate;
  readonly validation: Estimate | null;
  readonly curve: readonly CurvePoint[];
  /**
   * log p in nats of the unseen digits (data/unseen.ts), thresholded as a drawing is, in their order. Missing where they have not been
   * computed yet, and in models of earlier versions.
   */
  readonly unseen?: Float32Array<ArrayBuffer>;
  /**
   * Nothing reads it. Earlier versions, which may be open in another tab, stored quantiles of log p of training images here and take a
   * record without them for damaged; models trained here are stored with none.
   */
  readonly quantiles?: Float32Array<ArrayBuffer>;
  /** Version of Inkling that trained it. Missing in models of earlier versions. */
  readonly version?: string;
  /**
   * Of a model that was opened from a file: what the file says beside its tensors, from which it is written again as it was. What the file does not
   * state is unknown here: an estimate of NaN over 0 images, a curve without points.
   */
  readonly file?: FileFrame;
  /** Missing in models of earlier versions, of files, and where it would not make these weights: after a run that was stopped. */
  readonly recipe?: RunRecipe;
  readonly createdAt: number;
}

/** A training run that can be resumed after a reload. Its data set is named, not copied. */
export interface RunRecord {
  readonly id: string;
  /** With the training steps of the form also where the family does not read them. */
  readonly request: RunSettings &
    TrainingSteps & {
      readonly targets?: TargetKind;
      /** See DescentJob.shards. */
      readonly shards?: number;
    };
  readonly dataset: ModelRecord['dataset'];
  readonly checkpoint: Checkpoint | null;
  readonly startedAt: number;
  readonly updatedAt: number;
}

/** A value under a key: the pages of the pad, the leaderboard. */
export interface SettingRecord {
  readonly key: string;
  readonly value: unknown;
}
