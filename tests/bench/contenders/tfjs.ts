/** TensorFlow.js, eager: every operation is a kernel. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import plainUrl from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import simdUrl from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import threadedUrl from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url';
import { takeImages } from '../../../src/data/images.ts';
import { peerModels } from '../peer-models/models.ts';
import type { PeerModel, Recurrence, Values } from '../peer-models/ops.ts';
import { logLikelihood, masked } from '../peer-models/ops.ts';
import type { Amount, Family } from '../tasks.ts';
import { LEARNING_RATE } from '../tasks.ts';
import type { OpenContender, Subject } from './contender.ts';
import { batchAt, FEW_PIXELS, firstOf, floatsOf, MANY_PIXELS, uniforms } from './contender.ts';
import { N, opsOf, valuesOf } from './tfjs-ops.ts';

async function score(
  model: PeerModel,
  constants: Values<Tensor>,
  { images }: Subject,
  { images: count }: Amount,
) {
  const ops = opsOf();
  const bits = floatsOf(firstOf(images, count));
  const found: number[] = [];
  for (let first = 0; first < count; first += model.scoredAtOnce) {
    const some = Math.min(model.scoredAtOnce, count - first);
    const own = tf.tidy(() => {
      const x = tf.tensor(bits.subarray(first * N, (first + some) * N), [some, N]);
      return logLikelihood(ops, model.logits(ops, constants, x), x);
    });
    found.push(...(await own.data()));
    own.dispose();
  }
  return found;
}

/** The numbers of the pixels, and the rows that each sees, as tensors of their own. */
function pixelsOf(constants: Values<Tensor>, rows: readonly string[]) {
  return Array.from({ length: N }, (_, i) => ({
    place: tf.tensor1d([i], 'int32'),
    rows: rows.map((name) => tf.slice(constants[name], [i, 0], [1, constants[name].shape[1]])),
  }));
}

const beginning = (initial: Tensor, count: number): Tensor =>
  tf.tidy(() => tf.add(initial, tf.tensor(new Float32Array(count), [count, 1])));

function steppingScorer(constants: Values<Tensor>, recurrence: Recurrence, { images }: Subject) {
  const ops = opsOf();
  const pixels = pixelsOf(constants, recurrence.rows);
  return async ({ images: count }: Amount) => {
    const bits = tf.tensor(floatsOf(firstOf(images, count)), [count, N]);
    let state = beginning(constants[recurrence.initial], count);
    let sum = tf.tensor(new Float32Array(count), [count, 1]);
    for (let i = 0; i < N; i++) {
      const before = [state, sum] as const;
      [state, sum] = tf.tidy(() => {
        const { rows, place } = pixels[i];
        const x = tf.slice(bits, [0, i], [count, 1]);
        const z = recurrence.logit(ops, before[0], rows, place);
        return [
          recurrence.next(ops, before[0], rows, x),
          tf.add(before[1], logLikelihood(ops, z, x)),
        ] as const;
      });
      tf.dispose(before);
    }
    const found = await sum.data();
    tf.dispose([bits, state, sum]);
    return found;
  };
}

/** Draws from pixel to pixel: by the model's recurrence where it has one, else by the whole network again and again. */
function sampler(model: PeerModel, constants: Values<Tensor>, count: number) {
  const ops = opsOf();
  const u = tf.tensor(uniforms(count, N), [count, N]);
  const columns = Array.from({ length: N }, (_, i) => tf.slice(u, [0, i], [count, 1]));
  const { recurrence } = model;
  if (!recurrence) {
    const units = Array.from({ length: N }, (_, i) =>
      tf.tensor(
        Float32Array.from({ length: N }, (__, at) => (at === i ? 1 : 0)),
        [1, N],
      ),
    );
    return async (pixels: number) => {
      let x = tf.tensor(new Float32Array(count * N), [count, N]);
      for (let i = 0; i < pixels; i++) {
        const before = x;
        x = tf.tidy(() => {
          const z = tf.slice(model.logits(ops, constants, before), [0, i], [count, 1]);
          return tf.add(before, tf.mul(ops.less(columns[i], tf.sigmoid(z)), units[i]));
        });
        before.dispose();
      }
      const found = await x.data();
      x.dispose();
      return found;
    };
  }
  const { initial, rows, logit, next } = recurrence;
  const all = pixelsOf(constants, rows);
  return async (pixels: number) => {
    let state = beginning(constants[initial], count);
    const drawn: Tensor[] = [];
    for (let i = 0; i < pixels; i++) {
      const before = state;
      const own = all[i];
      const [x, after] = tf.tidy(() => {
        const bit = ops.less(columns[i], tf.sigmoid(logit(ops, before, own.rows, own.place)));
        return [bit, next(ops, before, own.rows, bit)];
      });
      before.dispose();
      state = after;
      drawn.push(x);
    }
    const together = tf.concat(drawn, 1);
    const bits = await together.data();
    tf.dispose([...drawn, together, state]);
    if (pixels === N) return bits;
    return Float32Array.from({ length: count * N }, (_, at) =>
      at % N < pixels ? bits[Math.floor(at / N) * pixels + (at % N)] : 0,
    );
  };
}

/** The dilations from which on a backend has no derivative of conv2d by its kernel. */
const UNDERIVED_DILATION = { wasm: 1, webgpu: 2 } as const;

function learner(model: PeerModel, constants: Values<Tensor>, { images, batch }: Subject, byTaps: number) {
  const ops = opsOf(byTaps);
  const variables: Variable[] = model.learnt.map((name) =>
    tf.variable(constants[name], true, `${name}-${Math.random()}`),
  );
  const all: Values<Tensor> = {
    ...constants,
    ...Object.fromEntries(model.learnt.map((name, at) => [name, variables[at]])),
  };
  const masks = valuesOf(model.masks);
  const optimizer = tf.train.adam(LEARNING_RATE, 0.9, 0.999, 1e-8);
  let step = 0;
  return async (steps: number) => {
    const losses: Tensor[] = [];
    for (let s = 0; s < steps; s++, step++) {
      const bits = floatsOf(takeImages(images, batchAt(step, batch, images.count)));
      let sums: Record<string, Tensor> | null = null;
      for (let first = 0; first < batch; first += model.learntAtOnce) {
        const part = bits.subarray(first * N, (first + model.learntAtOnce) * N);
        const x = tf.tensor(part, [part.length / N, N]);
        const { value, grads } = tf.variableGrads(
          () =>
            tf.mul(
              tf.sum(logLikelihood(ops, model.logits(ops, masked(ops, all, masks), x), x)),
              tf.scalar(-1 / batch),
            ),
          variables,
        );
        x.dispose();
        losses.push(value);
        const before: Record<string, Tensor> | null = sums;
        if (before) {
          sums = Object.fromEntries(
            Object.entries(grads).map(([name, gradient]) => [name, tf.add(before[name], gradient)]),
          );
          tf.dispose([...Object.values(before), ...Object.values(grads)]);
        } else sums = grads;
      }
      optimizer.applyGradients(sums!);
      tf.dispose(Object.values(sums!));
    }
    const total = tf.addN(losses);
    const [sum] = await total.data();
    tf.dispose([...losses, total]);
    return [sum / steps];
  };
}

export function tfjs(device: 'wasm' | 'webgpu'): OpenContender {
  return async (subject) => {
    const build = peerModels[subject.model.family as Family];
    setWasmPaths({
      'tfjs-backend-wasm.wasm': plainUrl,
      'tfjs-backend-wasm-simd.wasm': simdUrl,
      'tfjs-backend-wasm-threaded-simd.wasm': threadedUrl,
    });
    if (!(await tf.setBackend(device))) throw new Error(`TensorFlow.js: no backend ${device}`);
    await tf.ready();
    const model = build(subject.model);
    const constants = valuesOf(model.constants);
    const common = {
      description: `TensorFlow.js, ${tf.getBackend()}`,
      pixels: model.recurrence ? MANY_PIXELS : FEW_PIXELS,
      close: () => tf.dispose(Object.values(constants)),
    };
    if (subject.work === 'score') {
      const run = model.recurrence?.scores
        ? steppingScorer(constants, model.recurrence, subject)
        : (amount: Amount) => score(model, constants, subject, amount);
      return { ...common, wholeImages: true, run };
    }
    if (subject.work === 'train') {
      const learn = learner(model, constants, subject, UNDERIVED_DILATION[device]);
      return { ...common, wholeImages: true, run: ({ steps }) => learn(steps) };
    }
    const draw = sampler(model, constants, subject.work === 'sample 64' ? 64 : 1);
    return {
      ...common,
      wholeImages: false,
      run: ({ pixels }) => draw(pixels),
    };
  };
}
