import { blankImages, type PackedImages, pixelCount, putImages } from '../../../data/images.ts';
import type { CpuModel } from '../../../models/cpu-model.ts';
import type { Model } from '../../../models/model.ts';
import type { CpuSampler, SampleRequest } from '../../../models/sampling.ts';
import type { Sampler } from '../backend.ts';
import type { Simd } from '../../../simd/simd.ts';
import type { Connection } from './connection.ts';
import type { Kept } from './messages.ts';
import type { WorkerPool } from './pool.ts';
import { partsOf } from './shards.ts';

/** Images of a thread at least. */
const MIN_IMAGES = 64;

/** From this many on, workers are started where none run. */
const MANY_IMAGES = 256;

/** Whether there are images enough for more than one thread. */
export function suitsPool({ indices }: SampleRequest): boolean {
  return indices.length >= 2 * MIN_IMAGES;
}

/** A model, the number under which workers keep it, and the same opened on this thread. */
export interface PooledModel {
  readonly model: Model;
  readonly number: number;
  readonly simd: Simd | null;
  readonly cpu: CpuModel;
}

/** The model as a worker keeps it. */
export function keptModel(model: Model, simd: Simd | null): Kept {
  return { kind: 'model', model, simd: simd?.description ?? null };
}

/**
 * A sampler whose images are drawn on all threads: an image is a function of the model, the seed and its index. What a worker held when it
 * ended is drawn again here.
 */
export async function openPooledSampler(
  pool: WorkerPool,
  { model, number, simd, cpu }: PooledModel,
  request: SampleRequest,
): Promise<Sampler> {
  if (request.indices.length >= MANY_IMAGES) await pool.started();
  const workers = pool.ready();
  const { indices } = request;
  const parts = Math.min(1 + workers.length, Math.floor(indices.length / MIN_IMAGES));
  const samplers = partsOf(indices.length, parts).map(({ first, count }, part) => {
    const own = { ...request, indices: indices.slice(first, first + count) };
    const open = () => cpu.sampler(own);
    // The workers first: their calls are sent before this thread computes.
    const worker = part < parts - 1 ? workers[part] : null;
    return { first, part: new Part(pool, worker, { model, number, simd }, own, open) };
  });
  const n = pixelCount(model.grid);
  let position = 0;
  return {
    get position() {
      return position;
    },
    async advance(pixels) {
      const to = Math.min(n, position + Math.max(0, Math.floor(pixels)));
      await Promise.all(samplers.map(({ part }) => part.advanceTo(to)));
      position = Math.max(position, to);
    },
    async images() {
      const all = blankImages(model.grid, indices.length);
      const drawn = await Promise.all(samplers.map(({ part }) => part.images()));
      samplers.forEach(({ first }, at) => putImages(all, first, drawn[at]));
      return all;
    },
    destroy: () => samplers.forEach(({ part }) => part.destroy()),
  };
}

/** Some of the images, on a worker as long as that runs. */
class Part {
  readonly #pool: WorkerPool;
  readonly #open: () => CpuSampler;
  readonly #number: number;
  #worker: Connection | null;
  /** On this thread. */
  #sampler: CpuSampler | null = null;
  #position = 0;

  constructor(
    pool: WorkerPool,
    worker: Connection | null,
    { model, number, simd }: Omit<PooledModel, 'cpu'>,
    request: SampleRequest,
    open: () => CpuSampler,
  ) {
    this.#pool = pool;
    this.#open = open;
    this.#worker = worker;
    this.#number = pool.nextNumber();
    if (!worker) return;
    worker.samplers++;
    worker.keep(number, () => keptModel(model, simd));
    worker.keep(this.#number, () => ({ kind: 'sampler', model: number, request }));
  }

  async advanceTo(position: number): Promise<void> {
    const pixels = position - this.#position;
    this.#position = Math.max(this.#position, position);
    if (pixels <= 0) return;
    await this.#on(
      (worker) => worker.call<'advance'>({ kind: 'advance', of: this.#number, pixels }),
      () => null,
    );
  }

  images(): Promise<PackedImages> {
    return this.#on(
      (worker) => worker.call<'images'>({ kind: 'images', of: this.#number }),
      ({ images }) => images,
    );
  }

  destroy(): void {
    if (this.#worker) this.#worker.samplers--;
    this.#worker = null;
    this.#pool.forget(this.#number);
  }

  /** `there` on the worker; `here` on this thread's sampler, brought to the same position, where there is none or it fails. */
  async #on<T>(there: (worker: Connection) => Promise<T>, here: (sampler: CpuSampler) => T): Promise<T> {
    const worker = this.#worker;
    if (worker) {
      try {
        return await there(worker);
      } catch {
        if (this.#worker === worker) {
          worker.samplers--;
          this.#worker = null;
        }
      }
    }
    this.#sampler ??= this.#open();
    this.#sampler.advance(this.#position - this.#sampler.position);
    return here(this.#sampler);
  }
}
