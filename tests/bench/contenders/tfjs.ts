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
import type { Constant, Constants, KernelShape, Ops, PeerModel, Values } from '../peer-models/ops.ts';
import { logLikelihood, masked } from '../peer-models/ops.ts';
import type { Amount, Family } from '../tasks.ts';
import { LEARNING_RATE } from '../tasks.ts';
import type { OpenContender, Subject } from './contender.ts';
import { batchAt, FEW_PIXELS, firstOf, floatsOf, MANY_PIXELS, uniforms } from './contender.ts';

const SIDE = 28;
const N = SIDE * SIDE;

/** The same kernel as a product: the wasm backend has no derivative of conv2d by its kernel. */
function convolveByTaps(map: Tensor, kernel: Tensor, shape: KernelShape, dilation: number): Tensor {
  const { rows, columns, inputs, outputs } = shape;
  const [above, beside] = [(rows - 1) * dilation, ((columns - 1) / 2) * dilation];
  const images = map.shape[0];
  const size = [images, SIDE, SIDE, inputs];
  let all = map;
  if (rows > 1 || columns > 1) {
    const padded = tf.pad(map, [
      [0, 0],
      [above, 0],
      [beside, beside],
      [0, 0],
    ]);
    const taps = Array.from({ length: rows * columns }, (_, t) =>
      tf.slice(padded, [0, Math.floor(t / columns) * dilation, (t % columns) * dilation, 0], size),
    );
    all = tf.concat(taps, 3);
  }
  const inner = rows * columns * inputs;
  const product = tf.matMul(tf.reshape(all, [-1, inner]), tf.reshape(kernel, [inner, outputs]));
  return tf.reshape(product, [images, SIDE, SIDE, outputs]);
}

function opsOf(byTaps: boolean): Ops<Tensor> {
  return {
    add: tf.add,
    subtract: tf.sub,
    multiply: tf.mul,
    divide: tf.div,
    product: tf.matMul,
    sigmoid: tf.sigmoid,
    softplus: tf.softplus,
    relu: tf.relu,
    elu: tf.elu,
    root: tf.sqrt,
    less: (a, b) => tf.cast(tf.less(a, b), 'float32'),
    scalar: tf.scalar,
    sum: (a) => tf.sum(a, -1, true),
    sumsBefore: (a) => tf.cumsum(a, 1, true),
    reshape: tf.reshape,
    column: (a, place) => tf.gather(a, place, 1),
    toMap: (a) => tf.reshape(a, [-1, SIDE, SIDE, 1]),
    fromMap: (a) => tf.reshape(a, [-1, N]),
    convolve(map, kernel, shape, dilation) {
      if (byTaps) return convolveByTaps(map, kernel, shape, dilation);
      const [above, beside] = [(shape.rows - 1) * dilation, ((shape.columns - 1) / 2) * dilation];
      return tf.conv2d(
        map,
        kernel,
        1,
        [
          [0, 0],
          [above, 0],
          [beside, beside],
          [0, 0],
        ],
        'NHWC',
        dilation,
      );
    },
    channelMean: (map) => tf.mean(map, 3, true),
    mapSumsBefore(map) {
      const width = map.shape[3];
      return tf.reshape(tf.cumsum(tf.reshape(map, [-1, N, width]), 1, true), [-1, SIDE, SIDE, width]);
    },
  };
}

function tensorOf(constant: Constant): Tensor {
  const { values } = constant;
  switch (constant.kind) {
    case 'array':
      return tf.tensor(values, constant.shape);
    case 'kernel': {
      const { rows, columns, inputs, outputs } = constant.shape;
      return tf.tensor(values, [rows, columns, inputs, outputs]);
    }
    case 'channels':
      return tf.tensor(values, [values.length]);
    case 'pixels':
      return tf.tensor(values, [SIDE, SIDE, values.length / N]);
  }
}

const valuesOf = (constants: Constants): Values<Tensor> =>
  Object.fromEntries(Object.entries(constants).map(([name, constant]) => [name, tensorOf(constant)]));

async function score(
  model: PeerModel,
  constants: Values<Tensor>,
  { images }: Subject,
  { images: count }: Amount,
) {
  const ops = opsOf(false);
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

/** Draws from pixel to pixel: by the model's recurrence where it has one, else by the whole network again and again. */
function sampler(model: PeerModel, constants: Values<Tensor>, count: number) {
  const ops = opsOf(false);
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
      const found = [...(await x.data())];
      x.dispose();
      return found;
    };
  }
  const { initial, rows, logit, next } = recurrence;
  const places = Array.from({ length: N }, (_, i) => tf.tensor1d([i], 'int32'));
  const rowsOf = Array.from({ length: N }, (_, i) =>
    rows.map((name) => tf.slice(constants[name], [i, 0], [1, constants[name].shape[1]])),
  );
  const blank = tf.tensor(new Float32Array(count), [count, 1]);
  return async (pixels: number) => {
    let state = tf.tidy(() => tf.add(constants[initial], blank));
    const drawn: Tensor[] = [];
    for (let i = 0; i < pixels; i++) {
      const before = state;
      const [x, after] = tf.tidy(() => {
        const z = logit(ops, before, rowsOf[i], places[i]);
        const bit = ops.less(columns[i], tf.sigmoid(z));
        return [bit, next(ops, before, rowsOf[i], bit)];
      });
      before.dispose();
      state = after;
      drawn.push(x);
    }
    const all = tf.concat(drawn, 1);
    const bits = await all.data();
    tf.dispose([...drawn, all, state]);
    return Array.from({ length: count * N }, (_, at) =>
      at % N < pixels ? bits[Math.floor(at / N) * pixels + (at % N)] : 0,
    );
  };
}

function learner(model: PeerModel, constants: Values<Tensor>, { images, batch }: Subject, byTaps: boolean) {
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
    if (subject.work === 'score')
      return { ...common, wholeImages: true, run: (amount) => score(model, constants, subject, amount) };
    if (subject.work === 'train') {
      const learn = learner(model, constants, subject, device === 'wasm');
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
