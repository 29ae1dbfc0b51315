import { type PackedImages, pixelCount, sliceImages } from '../../../data/images.ts';
import type { CpuGradient } from '../../../models/cpu-training.ts';
import type { Model, Tensors } from '../../../models/model.ts';
import type { Targets } from '../../../models/training.ts';
import type { Simd } from '../../../simd/simd.ts';
import { promise } from '../cpu/at-once.ts';
import { type GradientTask, viewsOf } from './messages.ts';
import type { Piece, WorkerPool } from './pool.ts';
import { partsOf } from './shards.ts';

/** As CpuGradient, by whatever threads there are. */
export interface GradientSource {
  /** See CpuGradient.gradient. The weights may not change before it has resolved, and one call is made at a time. */
  gradient(batch: PackedImages, gradients: Tensors, targets: Targets): Promise<number>;
}

/** What one shard of a batch contributes. */
interface Part {
  /** Mean gradients over its images, one tensor after the other. */
  readonly numbers: Float32Array<ArrayBuffer>;
  readonly nats: number;
}

/** A family's gradient on this thread, with what a worker needs to open the same. */
interface OpenedGradient {
  readonly model: Model;
  readonly simd: Simd | null;
  readonly descent: CpuGradient;
}

/**
 * The gradient of a batch that is cut into `shards`: each is computed on a thread of its own where there are enough, else one after
 * the other. They are added in their own order, so that the result depends on their number and not on the threads. `descent` computes
 * those of this thread.
 */
export function shardedGradient(
  pool: WorkerPool | null,
  { model, simd, descent }: OpenedGradient,
  shards: number,
): GradientSource {
  if (shards === 1)
    return {
      gradient: (batch, gradients, targets) => promise(() => descent.gradient(batch, gradients, targets)),
    };
  const { family, grid, hyper } = model;
  const sizes = Object.entries(model.tensors).map(([name, { length }]) => [name, length] as const);
  const total = sizes.reduce((sum, [, length]) => sum + length, 0);
  const memory = Array.from({ length: shards }, () => new Float32Array(total));

  /** The memory of a shard; new where it was lost with a worker. */
  function memoryOf(shard: number): Float32Array<ArrayBuffer> {
    if (memory[shard].length !== total) memory[shard] = new Float32Array(total);
    return memory[shard];
  }

  function pieceOf(shard: number, batch: PackedImages, targets: Targets): Piece<Part> {
    return {
      here: () => {
        const numbers = memoryOf(shard);
        return { numbers, nats: descent.gradient(batch, viewsOf(sizes, numbers), targets) };
      },
      there: (worker) => {
        const numbers = memoryOf(shard);
        let at = 0;
        for (const [name, length] of sizes) {
          numbers.set(model.tensors[name], at);
          at += length;
        }
        const own = { ...batch, words: batch.words.slice() };
        const task: GradientTask = {
          kind: 'gradient',
          ...{ family, grid, hyper, sizes, numbers },
          simd: simd?.description ?? null,
          batch: own,
          targets: copyOf(targets),
        };
        return worker.call<'gradient'>(task, [numbers.buffer, own.words.buffer]);
      },
    };
  }

  return {
    async gradient(batch, gradients, targets) {
      pool?.wake();
      const parts = partsOf(batch.count, shards);
      const done = await Promise.all(
        parts.map(({ first, count }, shard) => {
          if (count === 0) return Promise.resolve(null);
          const piece = pieceOf(
            shard,
            sliceImages(batch, first, count),
            targetsOf(targets, first, count, pixelCount(grid)),
          );
          return pool ? pool.run(piece) : promise(() => piece.here());
        }),
      );
      let nats = 0;
      let began = false;
      done.forEach((part, shard) => {
        if (!part) return;
        memory[shard] = part.numbers;
        nats += part.nats;
        add(gradients, viewsOf(sizes, part.numbers), parts[shard].count / batch.count, began);
        began = true;
      });
      return nats;
    },
  };
}

/** sums + share * part where they have `begun`, else share * part alone. */
function add(sums: Tensors, part: Tensors, share: number, begun: boolean): void {
  for (const [name, sum] of Object.entries(sums)) {
    const own = part[name];
    if (begun) for (let i = 0; i < sum.length; i++) sum[i] += share * own[i];
    else for (let i = 0; i < sum.length; i++) sum[i] = share * own[i];
  }
}

/** The targets of some images, as views. */
function targetsOf({ labels, soft }: Targets, first: number, count: number, n: number): Targets {
  return {
    labels: labels?.subarray(first, first + count) ?? null,
    soft: soft?.subarray(first * n, (first + count) * n) ?? null,
  };
}

/** A message clones the whole memory behind a view. */
function copyOf({ labels, soft }: Targets): Targets {
  return { labels: labels?.slice() ?? null, soft: soft?.slice() ?? null };
}
