import type { Binarisation } from '../data/binarisation.ts';
import type { ReadSource } from '../data/import/read-source.ts';
import type { NamedFile } from '../data/idx-pair.ts';
import type { LogLine } from '../data/log.ts';
import type { Grid, GreyImages, PackedImages } from '../data/images.ts';
import type { Result } from '../data/result.ts';
import type { FormatId } from '../models/export/formats.ts';
import type { FamilySpec } from '../models/family-spec.ts';
import type { FileFrame, ModelFile } from '../models/model-file.ts';
import type { Model } from '../models/model.ts';
import type { SampleRequest } from '../models/sampling.ts';
import type { Queries, Reading } from './queries/api.ts';
import type { GpuDebug } from './backends/backend.ts';
import type { BackendKind, CurvePoint, Estimate, RunSettings, TargetKind } from '../models/runs.ts';

export type { Checkpoint, CurvePoint, Estimate, RunSettings } from '../models/runs.ts';

export type BackendPreference = 'auto' | BackendKind;

export interface BackendStatus {
  /** The backend in use. */
  readonly kind: BackendKind;
  /** Adapter's name, or what the processor computes with. */
  readonly description: string;
  readonly preference: BackendPreference;
  /** One sentence: why this one. */
  readonly reason: string;
  readonly state: 'ready' | 'recovering';
  /** Whether the visitor could choose WebGPU. */
  readonly webgpuAvailable: boolean;
  /** Whether the WebGPU adapter computes in software. */
  readonly webgpuInSoftware: boolean;
}

/** Images as they are stored. IDX files may be gzipped; the worker unpacks them. */
export type ImageSource =
  | {
      readonly kind: 'idx';
      readonly images: Uint8Array<ArrayBuffer>;
      readonly labels: Uint8Array<ArrayBuffer> | null;
    }
  | { readonly kind: 'grey'; readonly images: GreyImages };

/** A model out of a file. */
export interface OpenedModel {
  readonly file: ModelFile;
  readonly frame: FileFrame;
  /** Follows from the bytes of the file alone, 32 hexadecimal digits. */
  readonly contentId: string;
}

/** Images to be converted to what a model reads. */
export interface PackRequest {
  readonly images: ImageSource;
  /** Which of them, in this order; null for all. They are binarised as if there were no others. */
  readonly rows: Uint32Array<ArrayBuffer> | null;
  /** Larger images are pooled to it. */
  readonly grid: Grid;
  readonly binarisation: Binarisation;
}

export interface SampleFrame {
  /** Pixels decided so far, of n. */
  readonly position: number;
  readonly images: PackedImages;
}

interface JobOf<Training extends FamilySpec['training'], Images> extends RunSettings {
  readonly training: Training;
  /** Pooled to `grid` where they are larger. */
  readonly images: Images;
}

interface Resumable {
  /**
   * `kept`: the worker adds the checkpoints to the stored record of the run. `resumed`: it also begins with the one that is there;
   * the rest of the job must then equal that of the run that wrote it.
   */
  readonly checkpoints: 'none' | 'kept' | 'resumed';
}

/** Counts every image once, or once in each of several passes where every pass draws new bits. */
export interface CountJob<Images = ImageSource> extends JobOf<'counted', Images> {
  readonly passes: number;
}

/** EM; `epochs` is the maximum of its iterations. */
export interface EmJob<Images = ImageSource> extends JobOf<'em', Images>, Resumable {
  readonly epochs: number;
}

export interface DescentJob<Images = ImageSource> extends JobOf<'descended', Images>, Resumable {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** With dynamic binarisation, and not of a classifier. Missing in the jobs of older runs, whose targets were sampled. */
  readonly targets?: TargetKind;
  /** Into how many parts the cpu backend cuts a batch (LearnerState.shards); where it is missing, the first learner chooses. */
  readonly shards?: number;
}

/** A run of the engine. `jobOf` in job.ts makes one for any family. */
export type TrainJob<Images = ImageSource> = CountJob<Images> | EmJob<Images> | DescentJob<Images>;

export interface TrainProgress {
  readonly runId: string;
  /** `stepping`: paused, but for a single update. */
  readonly phase:
    'preparing' | 'training' | 'validating' | 'finishing' | 'recovering' | 'paused' | 'stepping';
  readonly step: number;
  readonly steps: number;
  /** Epochs done, as a fraction: 1.5 is halfway through the second. */
  readonly epoch: number;
  readonly epochs: number;
  readonly imagesPerSecond: number;
  readonly train: number | null;
  readonly validation: number | null;
  /** Estimate; null until enough steps have been timed. */
  readonly secondsLeft: number | null;
  readonly backend: BackendKind;
  /** The last point added to the curve since the previous event, if any. Where there were several, the curve up to it came before. */
  readonly point: CurvePoint | null;
}

/** Weights from along a run, which stay in the worker: `loadSnapshot` loads them. */
export interface Snapshot {
  /** Steps that the run had taken: 0 of the initial weights. */
  readonly step: number;
  /** Mean -log p of held-back images, in nats; null where it is not known. */
  readonly nats: number | null;
  /** How many images that is over: all that are held back, or some. */
  readonly images: number;
}

export type TrainEvent =
  | { readonly type: 'progress'; readonly progress: TrainProgress }
  /** The curve so far: at the start of a run, after a recovery that went back to a checkpoint, and before the last of several new points. */
  | { readonly type: 'curve'; readonly curve: readonly CurvePoint[] }
  /** The run has a new checkpoint, whose weights `loadLearning` loads; they stay in the worker. Only of a run that keeps them. */
  | { readonly type: 'checkpoint'; readonly step: number; readonly seconds: number }
  /** Whether that checkpoint could be stored; the run goes on in any case. */
  | { readonly type: 'stored'; readonly step: number; readonly stored: Result<null> }
  /** All snapshots of the run that can be loaded, by step. Only of a run that keeps checkpoints. */
  | { readonly type: 'snapshots'; readonly snapshots: readonly Snapshot[] }
  /** A single update: mean -log p in nats of its images before and after it; null where measuring would take another pass. */
  | {
      readonly type: 'update';
      readonly step: number;
      readonly images: number;
      readonly before: number;
      readonly after: number | null;
    };

export interface TrainOutcome {
  readonly model: Model;
  /** Whether it ran to its end or was stopped by the visitor; both give a model. */
  readonly ended: 'finished' | 'stopped';
  readonly step: number;
  readonly epochs: number;
  readonly seconds: number;
  /** Of a descended family on the cpu: see LearnerState.shards. */
  readonly shards?: number | null;
  readonly backend: BackendKind;
  /** What the backend computed with at the end: see BackendStatus.description. */
  readonly description?: string;
  readonly curve: readonly CurvePoint[];
  /** Mean -log p(x), or -log p(y | x) of a classifier, in nats with its standard error, and how many images it is over. */
  readonly train: Estimate;
  readonly validation: Estimate | null;
  /** Set where training diverged; `model` then has the best weights from before. */
  readonly diverged: Divergence | null;
}

/** Adam's steps increased the loss beyond recovery: a smaller learning rate is the remedy. */
export interface Divergence {
  /** The step at which it was noticed. */
  readonly step: number;
  /** Mean -log p of images, in nats: not finite, or far above that of the uniform distribution. */
  readonly nats: number;
  /** Mean -log p of the uniform distribution over images, or over classes, in nats. */
  readonly uniform: number;
}

/** What the worker holds and did, for an engineer. */
export interface DebugReport {
  readonly backend: BackendStatus;
  /** Null on the cpu. */
  readonly gpu: GpuDebug | null;
  readonly models: readonly { readonly name: string; readonly family: string; readonly grid: Grid }[];
  /** Names of the samplers that are open. */
  readonly samplers: readonly string[];
  /** The last errors and warnings of the worker. */
  readonly log: readonly LogLine[];
}

/**
 * The whole contract between the page and the worker. Models live in the worker under names that the page
 * chooses; loading a name again replaces the model. Expected failures are `Result`s. A call whose signal is aborted rejects with
 * the signal's reason, and its work ends.
 */
export interface Engine extends Queries {
  status(): Promise<BackendStatus>;
  prefer(preference: BackendPreference): Promise<BackendStatus>;
  /** Calls back now and whenever the status changes, until the worker ends. */
  watch(onStatus: (status: BackendStatus) => void): Promise<void>;

  load(name: string, model: Model): Promise<Result<null>>;
  unload(name: string): Promise<void>;
  /** The first image of `image` as the model reads it. */
  read(name: string, image: PackedImages): Promise<Result<Reading>>;
  /** log p in nats of every image, [count]. */
  score(name: string, images: PackedImages, signal?: AbortSignal): Promise<Result<Float64Array<ArrayBuffer>>>;
  /** See Evaluator.classLogits, [count, CLASSES]; fails where the model knows no classes. */
  classLogits(
    name: string,
    images: PackedImages,
    signal?: AbortSignal,
  ): Promise<Result<Float64Array<ArrayBuffer>>>;

  /**
   * Opens a sampler under a name, replacing the one open there; `advanceSampler` decides more pixels of all its images. A call under way
   * fails on a close or another opening. A sampler ends with its model: it is not reopened by itself.
   */
  openSampler(name: string, model: string, request: SampleRequest): Promise<Result<SampleFrame>>;
  advanceSampler(name: string, pixels: number): Promise<Result<SampleFrame>>;
  /** Resolves when its memory has been freed. */
  closeSampler(name: string): Promise<void>;

  /**
   * Reads files of numbers (data/import/read-files.ts), which would block the page. `chosen` names the array of images in an archive
   * that has several. `onProgress` is told the share that has been read, 0 to 1.
   */
  readArrays(
    files: readonly File[],
    chosen: string | null,
    onProgress: (share: number) => void,
    signal?: AbortSignal,
  ): Promise<Result<ReadSource>>;

  /** Reads and checks a model file; a large one would block the page. */
  openModel(file: NamedFile): Promise<Result<OpenedModel>>;
  /** A model file of Inkling in another format. Fails where its family cannot be written so. */
  convertModel(file: NamedFile, format: FormatId): Promise<Result<Uint8Array<ArrayBuffer>>>;

  /** Unpacks, pools and binarises images for a model. */
  pack(request: PackRequest): Promise<Result<PackedImages>>;

  /** One run at a time; a second is refused. Resolves when it ends. */
  train(job: TrainJob, onEvent: (event: TrainEvent) => void): Promise<Result<TrainOutcome>>;
  /** Loads the weights of the run's latest checkpoint; fails where there is none. */
  loadLearning(name: string): Promise<Result<null>>;
  /** Loads the weights of a snapshot of the latest run that kept checkpoints, also after it has ended; fails where it is gone. */
  loadSnapshot(name: string, runId: string, step: number): Promise<Result<null>>;
  /** Frees the memory of the snapshots of that run. */
  dropSnapshots(runId: string): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Lets a paused run make one update of its parameters, after which it is paused again. */
  stepOnce(): Promise<void>;
  /** Ends the run between two steps; `train` then resolves with the best model so far. */
  stop(): Promise<void>;

  debug(): Promise<DebugReport>;
  /** Development only: compiles the kernels anew, with another source of one file below shaders/. Loaded models stay. */
  replaceShader(path: string, source: string): Promise<void>;

  /** Destroys the device as a lost driver would: for tests and the Lab. */
  loseDevice(): Promise<void>;
}
