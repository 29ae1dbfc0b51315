import { type PackedImages, sliceImages } from '../../../data/images.ts';
import type { CpuModel } from '../../../models/cpu-model.ts';
import { promise } from '../cpu/at-once.ts';
import type { Evaluator } from '../backend.ts';
import type { ReadKind } from './messages.ts';
import type { WorkerPool } from './pool.ts';
import { type Read, readHere } from './read-here.ts';
import { keptModel, openPooledSampler, type PooledModel, suitsPool } from './sampler.ts';
import { partsOf } from './shards.ts';

/** Images of one piece of work. */
const PIECE = 64;
/** Calls of this many images are cut into pieces; smaller ones are answered at once, by this thread. */
const MIN_IMAGES = 2 * PIECE;

/** An evaluator that reads many images on all threads. `own` is the same model on this thread. */
export function pooledEvaluator(
  pool: WorkerPool,
  { model, simd, cpu }: Omit<PooledModel, 'number'>,
  own: Evaluator,
): Evaluator {
  const read = spreadReads(pool, { model, simd, open: () => cpu });
  return {
    ...own,
    get concurrency() {
      return callsAtATime(pool);
    },
    classLogits: own.classLogits && ((images) => read.read('classLogits', images)),
    logLikelihood: (images) => read.read('logLikelihood', images),
    conditionalLogits: (images) => read.read('conditionalLogits', images),
    sampler: (request) =>
      suitsPool(request)
        ? openPooledSampler(pool, { model, simd, number: read.number, cpu }, request)
        : own.sampler(request),
    destroy: () => {
      read.forget();
      own.destroy();
    },
  };
}

/** How many calls of some hundred images keep all threads busy. */
export function callsAtATime(pool: WorkerPool): number {
  return pool.threads === 1 ? 1 : 1 + Math.ceil(pool.threads / 2);
}

export interface SpreadReads {
  /** Under which workers keep the model. */
  readonly number: number;
  read<K extends ReadKind>(what: K, images: PackedImages): Promise<Read<K>>;
  /** The workers forget the model. */
  forget(): void;
}

/**
 * Reads images of one model on all threads. Calls are cut into the same pieces whatever the threads are, so that rounding does not depend on
 * them. The model is sent to a worker when it first reads; `open` gives the same model on this thread, opened where
 * it is needed.
 */
export function spreadReads(
  pool: WorkerPool,
  { model, simd, open }: Omit<PooledModel, 'number' | 'cpu'> & { readonly open: () => CpuModel },
): SpreadReads {
  const number = pool.nextNumber();

  function piece<K extends ReadKind>(what: K, images: PackedImages) {
    return pool.run<Read<K>>({
      here: () => readHere(open(), what, images),
      there: (worker) => {
        worker.keep(number, () => keptModel(model, simd));
        const copy = { ...images, words: images.words.slice() };
        const task = { kind: 'read', of: number, what, images: copy } as const;
        return worker.call<'read'>(task, [copy.words.buffer]) as Promise<Read<K>>;
      },
    });
  }

  return {
    number,
    async read<K extends ReadKind>(what: K, images: PackedImages) {
      if (images.count < MIN_IMAGES) return await promise(() => readHere(open(), what, images));
      const parts = partsOf(images.count, Math.floor(images.count / PIECE));
      const values = await Promise.all(
        parts.map(({ first, count }) => piece(what, sliceImages(images, first, count))),
      );
      return joined(values);
    },
    forget: () => pool.forget(number),
  };
}

/** One array of all of them, in their order. */
function joined<T extends Float32Array | Float64Array>(parts: readonly T[]): T {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = parts[0] instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all as T;
}
