/** The operations of peer-models in TensorFlow.js. Maps are [images, 28, 28, channels]. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constant, Constants, KernelShape, Ops, Values } from '../peer-models/ops.ts';

const SIDE = 28;
export const N = SIDE * SIDE;

/** The same kernel as a product, for what a backend has no derivative of. */
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

/** Along the last axis: the derivative of cumsum along another one has its axes in the wrong order in version 4.22. */
function sumsBefore(a: Tensor): Tensor {
  return tf.transpose(tf.cumsum(tf.transpose(a, [0, 2, 1]), 2, true), [0, 2, 1]);
}

/** Convolutions of a dilation of `byTaps` and above are computed as products. */
export function opsOf(byTaps = Infinity): Ops<Tensor> {
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
    sumsBefore,
    reshape: tf.reshape,
    column: (a, place) => tf.gather(a, place, 1),
    toMap: (a) => tf.reshape(a, [-1, SIDE, SIDE, 1]),
    fromMap: (a) => tf.reshape(a, [-1, N]),
    convolve(map, kernel, shape, dilation) {
      if (dilation >= byTaps) return convolveByTaps(map, kernel, shape, dilation);
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
      return tf.reshape(sumsBefore(tf.reshape(map, [-1, N, width])), [-1, SIDE, SIDE, width]);
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

export const valuesOf = (constants: Constants): Values<Tensor> =>
  Object.fromEntries(Object.entries(constants).map(([name, constant]) => [name, tensorOf(constant)]));
