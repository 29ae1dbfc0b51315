/** The JSON that `npm run gpu` writes. Times are in seconds, unless a name says otherwise; nats are means an image. */
import type { Finding } from '../parity.ts';

/** Raised when a field changes its meaning or goes. */
export const SCHEMA = 2;

export const STEPS = ['check', 'measure', 'train'] as const;
export type Step = (typeof STEPS)[number];

/** How large the work is: `full` for GPUs, `small` for software adapters, `tiny` to try the script itself. */
export type Sizes = 'tiny' | 'small' | 'full';

export interface GpuReport {
  readonly schema: typeof SCHEMA;
  /** ISO 8601. */
  readonly began: string;
  seconds: number;
  /** Whether every step that was asked for ran to its end: nothing was left out, and nothing was ended by the time. */
  complete: boolean;
  /** Whether no check failed and no step threw; what was left out counts as neither. */
  passed: boolean;
  /** Whether the adapter computes on the processor: no figure then says anything about a GPU. */
  readonly software: boolean;
  readonly sizes: Sizes;
  readonly minutes: number;
  readonly only: readonly Step[];
  /** Whether a wrong kernel was planted, which the checks have to notice. */
  readonly plantedError: boolean;
  readonly machine: MachineReport;
  readonly adapter: AdapterReport;
  check?: CheckReport;
  measure?: MeasureReport;
  train?: TrainReport;
  /** Steps that threw. */
  errors: { readonly step: Step; readonly message: string }[];
}

export interface MachineReport {
  readonly platform: string;
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** What the cpu backend computes with. */
  cpu: string;
}

export interface AdapterReport {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** As the app shows it. */
  readonly name: string;
  readonly software: boolean;
  readonly features: readonly string[];
  readonly subgroups: boolean;
  /** Smallest and largest number of threads of a subgroup, where the adapter says them. */
  readonly subgroupSizes: readonly [number, number] | null;
  readonly shaderF16: boolean;
  readonly timestampQuery: boolean;
  /** What the adapter could give. Inkling asks for nothing above the default. */
  readonly limits: Readonly<Record<string, number>>;
}

export interface CheckReport {
  passed: number;
  failed: number;
  /** Left out because the time of the step was over: it says nothing about them. */
  skipped: number;
  seconds: number;
  readonly checks: CheckResult[];
}

export interface CheckResult {
  /** A family with its settings: "fvsbn raster order". */
  readonly model: string;
  readonly family: string;
  /** "7x5" */
  readonly grid: string;
  readonly what: CheckKind;
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly seconds: number;
  /** Of a NaN or Infinity JSON holds null. */
  readonly findings: readonly Finding[];
  /** The error that it ended with. */
  readonly message?: string;
}

export type CheckKind =
  | 'scores and conditionals'
  | 'scores and conditionals in f64'
  | 'sum to 1'
  | 'class logits'
  | 'samples'
  | 'samples without subgroups'
  | 'samples of halves'
  | 'learning'
  | 'gradient in f64'
  | 'counts in f64';

/** Repeats of one piece of work, in units per second. */
export interface Rate {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Half the distance between the quartiles, as a share of the median. */
  readonly spread: number;
  readonly repeats: number;
}

export interface MeasureReport {
  seconds: number;
  /** Null while it has not been measured. */
  matmul: MatmulReport | null;
  bandwidth: BandwidthReport | null;
  latency: LatencyReport | null;
  readonly rows: MeasureRow[];
  /** Rows for which no time was left. */
  skipped: string[];
}

export interface MatmulReport {
  /** The fastest of all square products, in GFLOP/s: what the shares of the rows are of. */
  best: number;
  readonly products: MatmulRate[];
}

export interface MatmulRate {
  /** [rows, inner] times [inner, columns], f32. */
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly square: boolean;
  /** The fastest tile: "128x128, 8x8 a thread". */
  readonly tile: string;
  /** GFLOP/s, two operations for a multiply and add. */
  readonly rate: Rate;
  /** Largest difference from f64 of the entries that were looked at, relative to the root of `inner`. */
  readonly error: number;
}

export interface BandwidthReport {
  readonly bytes: number;
  /** A copy's bytes read and written, in GB/s (1e9). */
  readonly rate: Rate;
}

export interface LatencyReport {
  /** Milliseconds from a submit of one tiny dispatch to its completion, as the script sees it; median. */
  readonly submitMs: number;
  /** The same with a readback of 4 bytes. */
  readonly readbackMs: number;
  /** Microseconds a dispatch of many tiny ones in one submit, each waiting for the one before. */
  readonly dispatchUs: number;
}

export interface MeasureRow {
  readonly family: string;
  readonly hyper: Readonly<Record<string, number>>;
  readonly parameters: number;
  /** "score", "sample 64", "sample 1", "train", "count", "EM". */
  readonly work: string;
  readonly unit: 'images/s' | 'steps/s';
  /** Images of one call, of "train" those of a step. */
  readonly images: number;
  /** Where the weights come from. */
  readonly weights: 'trained' | 'counted' | 'initial';
  readonly gpu: Rate;
  /** The same work by other kernels of this device: empty where there are none. */
  variants: readonly Variant[];
  /** The cpu backend of the same machine; null where no time was left for it. */
  cpu: Rate | null;
  /** gpu / cpu, medians. */
  ratio: number | null;
  /** Operations of matrix products a unit, in billions; null where the family has none. */
  readonly gigaOperations: number | null;
  /** Of the gpu, and their share of the best square product. */
  readonly gflops: number | null;
  readonly share: number | null;
  /** On average a call, after the first ones. */
  readonly dispatches: number;
  readonly submits: number;
}

export interface Variant {
  /** Without subgroups, or with weights rounded to half precision, which are then read as halves. */
  readonly what: 'without subgroups' | 'halves';
  readonly gpu: Rate;
}

export interface TrainReport {
  seconds: number;
  /** Where the images came from, and how many were learnt from and held back. */
  readonly images: string;
  readonly learntFrom: number;
  readonly heldBack: number;
  readonly runs: TrainRun[];
  skipped: string[];
}

export interface TrainRun {
  readonly family: string;
  readonly hyper: Readonly<Record<string, number>>;
  readonly binarisation: string;
  readonly targets: string;
  readonly batch: number;
  /** Epochs that the decay of the learning rate was planned for: as many as the time allows, within limits. */
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** Nats of the images held back that the run should reach. */
  readonly goal: number;
  readonly reached: boolean;
  /** Seconds until the first evaluation at or below the goal. */
  readonly secondsToGoal: number | null;
  readonly ended: 'goal' | 'epochs' | 'time' | 'diverged';
  readonly seconds: number;
  /** The best. */
  readonly nats: number | null;
  readonly stepsPerSecond: number;
  /** Seconds since the first step was asked for, compilation and evaluations included. */
  readonly curve: readonly CurveEntry[];
}

export interface CurveEntry {
  readonly seconds: number;
  readonly epoch: number;
  readonly step: number;
  /** Since the point before, of the images learnt from; null where no step was made. */
  readonly train: number | null;
  readonly validation: number;
}
