import type { Layer } from '../../../src/models/pixelcnn/layout.ts';
import {
  biasOffset,
  DOWN,
  FIRST,
  LAST,
  layerSize,
  LOGIT,
  MIDDLE,
  UP,
} from '../../../src/models/pixelcnn/layout.ts';
import type { Constant, KernelShape, OpenPeerModel, Ops, Values } from './ops.ts';

/** Of a masked kernel the rows up to the pixel's own: those below are 0. */
function shapeOf({ size, inputs, outputs }: Layer): KernelShape {
  const columns = Math.sqrt(size);
  return { rows: (columns + 1) / 2, columns, inputs, outputs };
}

function constantsOf(layer: Layer, all: Float32Array, copy: number): { kernel: Constant; bias: Constant } {
  const own = all.subarray(copy * layerSize(layer), (copy + 1) * layerSize(layer));
  const shape = shapeOf(layer);
  const { rows, columns, inputs, outputs } = shape;
  const bias = biasOffset(layer);
  return {
    kernel: { kind: 'kernel', shape, values: own.slice(0, rows * columns * inputs * outputs) },
    bias: { kind: 'channels', values: own.slice(bias, bias + outputs) },
  };
}

/** Masked convolutions. The bounds of the features, 2^20, are left out: no feature of these weights comes near. */
export const pixelcnn: OpenPeerModel = ({ hyper: { blocks }, tensors }) => {
  const constants: Record<string, Constant> = {};
  const masks: Record<string, Constant> = {};
  const put = (name: string, layer: Layer, all: Float32Array, copy = 0) => {
    const { kernel, bias } = constantsOf(layer, all, copy);
    constants[name] = kernel;
    constants[`${name}_bias`] = bias;
    if (layer.size > 1) {
      const free = layer.taps.length * layer.inputs * layer.outputs;
      masks[name] = { ...kernel, values: kernel.values.map((_, at) => (at < free ? 1 : 0)) };
    }
  };
  put('first', FIRST, tensors.first);
  for (let b = 0; b < blocks; b++) {
    put(`down${b}`, DOWN, tensors.down, b);
    put(`middle${b}`, MIDDLE, tensors.middle, b);
    put(`up${b}`, UP, tensors.up, b);
  }
  put('last', LAST, tensors.last);
  put('logit', LOGIT, tensors.logit);

  const layer = <T>(ops: Ops<T>, own: Values<T>, name: string, of: Layer, map: T): T =>
    ops.add(ops.convolve(map, own[name], shapeOf(of), 1), own[`${name}_bias`]);

  return {
    constants,
    learnt: Object.keys(constants),
    masks,
    logits(ops, own, x) {
      let h = layer(ops, own, 'first', FIRST, ops.toMap(x));
      for (let b = 0; b < blocks; b++) {
        let f = layer(ops, own, `down${b}`, DOWN, ops.relu(h));
        f = layer(ops, own, `middle${b}`, MIDDLE, ops.relu(f));
        h = ops.add(h, layer(ops, own, `up${b}`, UP, ops.relu(f)));
      }
      const last = layer(ops, own, 'last', LAST, ops.relu(h));
      return ops.fromMap(layer(ops, own, 'logit', LOGIT, ops.relu(last)));
    },
    scoredAtOnce: 16,
    learntAtOnce: 16,
  };
};
