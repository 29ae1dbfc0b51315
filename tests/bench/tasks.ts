/** What the page's workers are asked, and what they answer. */
import type { Hyper } from '../../src/models/model.ts';

export const FAMILIES = ['fvsbn', 'nade', 'pixelcnn', 'sparse-pixelcnn'] as const;
export type Family = (typeof FAMILIES)[number];

export const WEIGHTS = ['random', 'trained'] as const;
export type Weights = (typeof WEIGHTS)[number];

export const WORKS = ['score', 'sample 64', 'sample 1', 'train'] as const;
export type Work = (typeof WORKS)[number];

/** Ours on the processor, on the GPU, and the same of other libraries: rows are compared within a kind. */
export type Kind = 'plain' | 'cpu' | 'webgpu';

export const CONTENDERS = [
  'plain',
  'typed',
  'simd',
  'pool',
  'tfjs-wasm',
  'jax-wasm',
  'ort-wasm',
  'webgpu',
  'tfjs-webgpu',
  'jax-webgpu',
  'ort-webgpu',
] as const;
export type Contender = (typeof CONTENDERS)[number];

export const isOurs = (contender: Contender): boolean =>
  ['typed', 'simd', 'pool', 'webgpu'].includes(contender);

export function kindOf(contender: Contender): Kind {
  if (contender === 'plain') return 'plain';
  return contender.endsWith('webgpu') ? 'webgpu' : 'cpu';
}

export const HYPER: Readonly<Record<Family, Hyper>> = {
  fvsbn: {},
  nade: { hidden: 500 },
  pixelcnn: { blocks: 15 },
  'sparse-pixelcnn': { blocks: 8 },
};

/** Images of a training step: those of the two networks of many layers are too slow for 128 in most of the libraries. */
export const BATCH: Readonly<Record<Family, number>> = {
  fvsbn: 128,
  nade: 128,
  pixelcnn: 16,
  'sparse-pixelcnn': 16,
};

export const LEARNING_RATE = 1e-3;
export const SEED = 1;

/** Where the model of a row lies, relative to the page. */
export function modelFile(family: Family, weights: Weights): string {
  return `models-of-bench/${family}-${weights}.safetensors`;
}

/** How much one run does: images scored or drawn, pixels of each drawn (all but of slow samplers), steps of training. */
export interface Amount {
  readonly images: number;
  readonly pixels: number;
  readonly steps: number;
}

export interface Row {
  readonly family: Family;
  readonly weights: Weights;
  readonly work: Work;
}

export type Request =
  | { readonly call: 'open'; readonly row: Row }
  | {
      readonly call: 'run';
      readonly amount: Amount;
      /** Runs one after the other, timed together. */
      readonly times: number;
      /** Whether the outcome of the last one is sent back. */
      readonly wanted: boolean;
    };

/** log p of the images; the pixels of the drawn images, [count, n]; or the mean loss in nats of the steps before their updates. */
export type Outcome = readonly number[];

export interface Ran {
  /** Of all runs together. */
  readonly milliseconds: number;
  readonly outcome: Outcome;
}

/** `null`: the contender does not offer the row's work, for this reason. */
export type Opened =
  | {
      readonly ok: true;
      readonly description: string;
      readonly wholeImages: boolean;
      /** Where images can be drawn in part: the fewest pixels worth a timing. */
      readonly pixels: number;
    }
  | { readonly ok: false; readonly reason: string };

export type Answer =
  | { readonly kind: 'opened'; readonly opened: Opened }
  | { readonly kind: 'ran'; readonly ran: Ran }
  | { readonly kind: 'failed'; readonly reason: string };
