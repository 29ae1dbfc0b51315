import type { Grid } from '../data/images.ts';
import type { Arena, GpuBuffer } from '../gpu/arena.ts';
import type { BoundKernel, Dispatch } from '../gpu/kernel.ts';
import type { Hyper, Tensors } from './model.ts';
import type { SampleRequest } from './sampling.ts';

/** What a family's program works with: its place on the device and the model's tensors there. */
export interface ProgramScope {
  readonly family: string;
  readonly grid: Grid;
  readonly hyper: Hyper;
  /** Everything the program allocates, it allocates here, before its first dispatch. */
  readonly arena: Arena;
  /** The model's tensors by the names of its spec; empty for a counter. */
  readonly tensors: Readonly<Record<string, GpuBuffer>>;
  /** The same on the host, as they were uploaded: for families whose tensors hold a structure. Empty for a counter. */
  readonly uploaded: Tensors;
  /** Whether half precision holds every weight exactly, so that their copies for samplers are halves. Of a program that packs weights. */
  readonly halves: boolean;
  /** One of `Program.kernels` with buffers by the names that its WGSL declares. */
  bind(kernel: string, buffers: Readonly<Record<string, GpuBuffer>>): BoundKernel;
  /** A whole-number constant of one of `Program.kernels`: a tile size. */
  constant(kernel: string, name: string): number;
}

/** log p in nats, in parts: f32 is too coarse for a sum over a whole image, so the host adds them in f64. */
export interface LogLikelihoodParts {
  /** Parts of an image. */
  readonly parts: number;
  /** [parts, count] f32, count being that of the call. */
  readonly partial: GpuBuffer;
}

/** p(y|x) up to a constant an image, in nats, into `out`, [capacity, CLASSES] f32. */
export interface ProgramClassifier {
  classLogits(count: number): Dispatch[];
}

/** Reads the first `count` images of `images`, [capacity, wordsPerImage] u32. */
export interface ProgramEvaluator extends LogLikelihoodParts {
  logLikelihood(count: number): Dispatch[];
}

export interface ProgramLogits {
  /** Logits of p(x_i = 1 | x_<i) into `out`, [capacity, n] f32. */
  conditionalLogits(count: number): Dispatch[];
}

export interface ProgramSampler {
  /** Decides pixels `from` to `to - 1` of all images. Called with adjoining ranges from 0 on. */
  advance(from: number, to: number): Dispatch[];
}

export interface ProgramIterativeSampler {
  /**
   * Up to `iterations` more iterations of all images, after the first `done`. Writes the number of iterations that an image took into
   * `finished` of `io` once it is finished.
   */
  advance(iterations: number, done: number): Dispatch[];
}

export interface ProgramCounter {
  /** Adds the first `count` images of `images`. */
  add(count: number): Dispatch[];
  /** What `finish` needs, as [u32] arrays by name: read back when all images have been added. */
  readonly counts: Readonly<Record<string, GpuBuffer>>;
  finish(counts: Readonly<Record<string, Uint32Array<ArrayBuffer>>>): Tensors;
}

/** One iteration of EM under the scope's tensors. */
export interface ProgramEmIteration extends LogLikelihoodParts {
  /** Adds the expected statistics of the first `count` images of `images`, and log p of each into `partial`. */
  add(count: number): Dispatch[];
  /** What `finish` needs, as [f32] arrays by name, zero at first: read back when all images have been added. */
  readonly statistics: Readonly<Record<string, GpuBuffer>>;
  finish(statistics: Readonly<Record<string, Float32Array<ArrayBuffer>>>): Tensors;
}

export interface ProgramGradient extends LogLikelihoodParts {
  /**
   * Mean gradient of -log p over the first `count` images into `gradients`, and log p of each into `partial`; log p(y|x) for a classifier.
   * Of soft targets, -log p is the loss of `Targets` (training.ts).
   */
  gradient(count: number): Dispatch[];
}

/** A family on the GPU: `program` in src/models/<family>/program.ts. Every function only binds and allocates. */
export interface Program {
  /** Paths below shaders/ of every kernel that the family runs: all are compiled before the first dispatch. */
  readonly kernels: readonly string[];
  /** Its samplers read weights packed: see program-weights.ts. */
  readonly packsWeights?: true;
  /** Those of `plainSampler` and `firstFiring`: compiled before their first dispatch. */
  readonly samplingKernels?: readonly string[];
  /** Densities. */
  evaluator?(scope: ProgramScope, io: { images: GpuBuffer; capacity: number }): ProgramEvaluator;
  /** Densities. */
  logits?(scope: ProgramScope, io: { images: GpuBuffer; out: GpuBuffer; capacity: number }): ProgramLogits;
  /**
   * Densities. `images` is [count, wordsPerImage] u32, blank; `indices` holds request.indices, [count] u32; `given` is
   * request.given as shaders/lib/given.wgsl reads it, [wordsPerImage, 2] u32, zero where nothing is given.
   */
  sampler?(
    scope: ProgramScope,
    io: { images: GpuBuffer; indices: GpuBuffer; given: GpuBuffer; request: SampleRequest },
  ): ProgramSampler;
  /** Where `sampler` looks ahead: see CpuModel.plainSampler. */
  plainSampler?(
    scope: ProgramScope,
    io: { images: GpuBuffer; indices: GpuBuffer; request: SampleRequest },
  ): ProgramSampler;
  /** See CpuModel.firstFiring. `finished` is [count] u32, zero at first. */
  firstFiring?(
    scope: ProgramScope,
    io: { images: GpuBuffer; indices: GpuBuffer; finished: GpuBuffer; request: SampleRequest },
  ): ProgramIterativeSampler;
  /** Classifiers. */
  classifier?(
    scope: ProgramScope,
    io: { images: GpuBuffer; out: GpuBuffer; capacity: number },
  ): ProgramClassifier;
  /** Counted families. */
  counter?(scope: ProgramScope, io: { images: GpuBuffer; capacity: number }): ProgramCounter;
  /** Maximised families. */
  emIteration?(scope: ProgramScope, io: { images: GpuBuffer; capacity: number }): ProgramEmIteration;
  /**
   * Descended families; `gradients` by the names of the tensors, parts of one buffer (so that no dispatch may read one and write another), `labels` the classes of the batch, [capacity] u32. What the pixels
   * should be is always in `targets`, [capacity, ceil(n / 4)] u32, as shaders/lib/targets.wgsl reads it: bits that were drawn, or grey levels.
   */
  gradient?(
    scope: ProgramScope,
    io: {
      images: GpuBuffer;
      targets: GpuBuffer;
      labels: GpuBuffer;
      capacity: number;
      gradients: Readonly<Record<string, GpuBuffer>>;
    },
  ): ProgramGradient;
}
