import type { CpuModel } from '../../../models/cpu-model.ts';
import type { CpuGradient } from '../../../models/cpu-training.ts';
import type { Model } from '../../../models/model.ts';
import type { CpuSampler } from '../../../models/sampling.ts';
import type { Simd } from '../../../simd/simd.ts';
import { openThreadProduct, type ThreadProduct } from '../cpu/product.ts';
import { readHere } from './read-here.ts';
import { referenceOf } from '../references.ts';
import {
  type Answer,
  type Answers,
  type GradientTask,
  type Kept,
  type Message,
  type SimdUsed,
  type Task,
  viewsOf,
} from './messages.ts';

type Post = (answer: Answer, transfer: ArrayBuffer[]) => void;
type LoadSimd = () => Promise<Simd | null>;

/**
 * The side of the worker: what is to be called with every message. It tells at once that it is ready. Whatever a task throws is
 * its answer, and the thread that asked does the work itself. `load` gets SIMD where a task wants it.
 */
export function answerTasks(post: Post, load: LoadSimd): (message: Message) => void {
  const kept = new Map<number, Opened>();
  const gradients = new Gradients();
  /** Of the latest size; a worker has one kind of arithmetic. */
  let product: ThreadProduct | null = null;
  /** Messages are taken one after the other. */
  let line = Promise.resolve();

  /** Throws where the thread that asks computes with another: the last bits would differ. */
  async function simdOf(used: SimdUsed): Promise<Simd | null> {
    if (used === null) return null;
    const simd = await load();
    if (simd?.description !== used) throw new Error(`simd: ${simd?.description ?? 'none'}, not ${used}`);
    return simd;
  }

  function find<K extends Opened['kind']>(number: number, kind: K): Extract<Opened, { kind: K }> {
    const found = kept.get(number);
    if (found?.kind !== kind) throw new Error(`${kind} ${number}: unknown to this worker`);
    return found as Extract<Opened, { kind: K }>;
  }

  /** Opened by its first task, so that what an opening throws is an answer. */
  async function cpuModelOf(number: number): Promise<CpuModel> {
    const entry = find(number, 'model');
    entry.cpu ??= referenceOf(entry.model.family).open(entry.model, await simdOf(entry.simd));
    return entry.cpu;
  }

  async function samplerOf(number: number): Promise<CpuSampler> {
    const entry = find(number, 'sampler');
    entry.sampler ??= (await cpuModelOf(entry.of)).sampler(entry.request);
    return entry.sampler;
  }

  async function answer(task: Task): Promise<{ value: Answers[Task['kind']]; transfer: ArrayBuffer[] }> {
    switch (task.kind) {
      case 'gradient': {
        const nats = gradients.gradient(task, await simdOf(task.simd));
        return { value: { numbers: task.numbers, nats }, transfer: [task.numbers.buffer] };
      }
      case 'read': {
        const value = whole(readHere(await cpuModelOf(task.of), task.what, task.images));
        return { value, transfer: [value.buffer] };
      }
      case 'advance':
        (await samplerOf(task.of)).advance(task.pixels);
        return { value: null, transfer: [] };
      case 'images':
        // The sampler's own memory is cloned.
        return { value: (await samplerOf(task.of)).images, transfer: [] };
      case 'product': {
        if (product?.side !== task.side) product = openThreadProduct(await simdOf(task.simd), task.side);
        product.multiply(task.times);
        return { value: null, transfer: [] };
      }
    }
  }

  async function receive(message: Message): Promise<void> {
    if ('keep' in message) kept.set(message.keep, toOpen(message.kept));
    else if ('forget' in message) kept.delete(message.forget);
    else {
      try {
        const { value, transfer } = await answer(message.task);
        post({ call: message.call, value }, transfer);
      } catch (error) {
        post({ call: message.call, error: String(error) }, []);
      }
    }
  }

  post({ ready: true }, []);
  return (message) => {
    line = line.then(() => receive(message));
  };
}

/** An array alone in its memory, which a message can then take. */
function whole<T extends Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(values: T): T {
  return values.byteLength === values.buffer.byteLength ? values : (values.slice() as T);
}

/** What is kept, and what has been opened of it. */
type Opened =
  | (Extract<Kept, { kind: 'model' }> & { cpu: CpuModel | null })
  | {
      readonly kind: 'sampler';
      readonly of: number;
      readonly request: Extract<Kept, { kind: 'sampler' }>['request'];
      sampler: CpuSampler | null;
    };

function toOpen(kept: Kept): Opened {
  return kept.kind === 'model'
    ? { ...kept, cpu: null }
    : { kind: 'sampler', of: kept.model, request: kept.request, sampler: null };
}

/** Gradients of one kind of model at a time: a run has one, whose class models are alike. */
class Gradients {
  #key = '';
  #opened: { readonly weights: Float32Array<ArrayBuffer>; readonly descent: CpuGradient } | null = null;

  /** Replaces the weights in `numbers` by the gradients; returns the summed loss in nats. */
  gradient(task: GradientTask, simd: Simd | null): number {
    const { family, grid, hyper, sizes, numbers, batch, targets } = task;
    const key = JSON.stringify([family, grid, hyper, sizes]);
    if (key !== this.#key) this.#opened = null;
    this.#key = key;
    this.#opened ??= open({ family, grid, hyper }, simd, sizes, numbers.length);
    this.#opened.weights.set(numbers);
    return this.#opened.descent.gradient(batch, viewsOf(sizes, numbers), targets);
  }
}

function open(
  about: Omit<Model, 'tensors'>,
  simd: Simd | null,
  sizes: GradientTask['sizes'],
  length: number,
) {
  const weights = new Float32Array(length);
  const descent = referenceOf(about.family).openGradient?.(
    { ...about, tensors: viewsOf(sizes, weights) },
    simd,
  );
  if (!descent) throw new Error(`family: "${about.family}" is not descended`);
  return { weights, descent };
}
