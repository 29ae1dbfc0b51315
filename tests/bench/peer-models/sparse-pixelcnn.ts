import type { Layer, Offset } from '../../../src/models/sparse-pixelcnn/layout.ts';
import {
  ACTIVE_OFFSETS,
  CHANNELS,
  dilationOf,
  DOWN,
  EPSILON,
  HIDDEN,
  layerSize,
  MIDDLE,
  QUIET,
  QUIET_FEATURES,
  QUIET_HIDDEN,
  RADIUS,
  TAPS,
  UP,
  WINDOW,
  WINDOW_OFFSETS,
} from '../../../src/models/sparse-pixelcnn/layout.ts';
import type { Constant, KernelShape, OpenPeerModel, Ops, Values } from './ops.ts';

/** A kernel that has at each offset the inputs x outputs numbers that `at` gives, and 0 elsewhere. */
function kernelOf(
  offsets: readonly Offset[],
  { rows, columns, inputs, outputs }: KernelShape,
  at: (number: number) => ArrayLike<number>,
): Constant {
  const values = new Float32Array(rows * columns * inputs * outputs);
  offsets.forEach(({ row, column }, number) => {
    const tap = (rows - 1 + row) * columns + (columns - 1) / 2 + column;
    values.set(at(number), tap * inputs * outputs);
  });
  return { kind: 'kernel', shape: { rows, columns, inputs, outputs }, values };
}

const windowShape = (outputs: number): KernelShape => ({
  rows: WINDOW + 1,
  columns: 2 * WINDOW + 1,
  inputs: 1,
  outputs,
});
const ACTIVE_SHAPE: KernelShape = { rows: RADIUS + 1, columns: 2 * RADIUS + 1, inputs: 1, outputs: 1 };
const MIDDLE_SHAPE: KernelShape = { rows: 2, columns: 3, inputs: HIDDEN, outputs: HIDDEN };
const here = ({ inputs, outputs }: Layer): KernelShape => ({ rows: 1, columns: 1, inputs, outputs });

/** Rows `row` to the one before `row + 1` of a tensor of rows of `width`. */
const rowOf = (values: Float32Array, row: number, width: number): Float32Array =>
  values.slice(row * width, (row + 1) * width);

const ones = (length: number): Float32Array => new Float32Array(length).fill(1);

/**
 * The dense equivalent: features everywhere, set to 0 at the pixels that are not active, since no library here has submanifold convolutions. Bounds of
 * the features, 2^20, are left out.
 */
export const sparsePixelcnn: OpenPeerModel = ({ hyper: { blocks }, tensors }) => {
  const constants: Record<string, Constant> = {
    near: kernelOf(ACTIVE_OFFSETS, ACTIVE_SHAPE, () => [1]),
    readout: { kind: 'channels', values: tensors.readout },
    readout_position: { kind: 'pixels', values: tensors.readout_position },
    bias: { kind: 'pixels', values: tensors.bias },
    quiet_readout: { kind: 'channels', values: tensors.quiet_readout },
    quiet_readout_position: { kind: 'pixels', values: tensors.quiet_readout_position },
    quiet_bias: { kind: 'pixels', values: tensors.quiet_bias },
  };
  for (const [own, width] of [
    ['', CHANNELS],
    ['quiet_', QUIET_HIDDEN],
  ] as const) {
    const relative = tensors[`${own}relative`];
    constants[`${own}relative`] = kernelOf(WINDOW_OFFSETS, windowShape(width), (k) =>
      rowOf(relative, k, width),
    );
    constants[`${own}absolute`] = { kind: 'pixels', values: tensors[`${own}absolute`] };
    constants[`${own}position`] = { kind: 'pixels', values: tensors[`${own}position`] };
  }
  const put = (name: string, of: Layer, all: Float32Array, copy: number, taps: readonly Offset[] | null) => {
    const own = rowOf(all, copy, layerSize(of));
    const free = of.inputs * of.outputs;
    constants[name] = taps
      ? kernelOf(taps, MIDDLE_SHAPE, (t) => rowOf(own, t, HIDDEN * HIDDEN))
      : { kind: 'kernel', shape: here(of), values: own.slice(0, free) };
    constants[`${name}_bias`] = { kind: 'channels', values: own.slice(free) };
  };
  for (let b = 0; b < blocks; b++) {
    put(`down${b}`, DOWN, tensors.down, b, null);
    put(`middle${b}`, MIDDLE, tensors.middle, b, TAPS);
    put(`up${b}`, UP, tensors.up, b, null);
  }
  put('quiet_hidden', QUIET, tensors.quiet_hidden, 0, null);
  const masks = {
    relative: kernelOf(WINDOW_OFFSETS, windowShape(CHANNELS), () => ones(CHANNELS)),
    quiet_relative: kernelOf(WINDOW_OFFSETS, windowShape(QUIET_HIDDEN), () => ones(QUIET_HIDDEN)),
    ...Object.fromEntries(
      Array.from({ length: blocks }, (_, b) => [
        `middle${b}`,
        kernelOf(TAPS, MIDDLE_SHAPE, () => ones(HIDDEN * HIDDEN)),
      ]),
    ),
  };

  function first<T>(ops: Ops<T>, own: Values<T>, x: T, name: string, width: number): T {
    const near = ops.convolve(x, own[`${name}relative`], windowShape(width), 1);
    const far = ops.mapSumsBefore(ops.multiply(x, own[`${name}absolute`]));
    return ops.add(ops.add(near, far), own[`${name}position`]);
  }
  const rms = <T>(ops: Ops<T>, f: T): T =>
    ops.divide(f, ops.root(ops.add(ops.channelMean(ops.multiply(f, f)), ops.scalar(EPSILON))));
  const layer = <T>(ops: Ops<T>, own: Values<T>, name: string, shape: KernelShape, f: T, dilation = 1): T =>
    ops.add(ops.convolve(f, own[name], shape, dilation), own[`${name}_bias`]);
  /** The sum over the channels of features times the weights of all pixels and of their own. */
  function readout<T>(ops: Ops<T>, own: Values<T>, f: T, name: string, bias: T, width: number): T {
    const weights = ops.add(own[`${name}_position`], own[name]);
    const mean = ops.channelMean(ops.multiply(f, weights));
    return ops.add(ops.multiply(mean, ops.scalar(width)), bias);
  }

  return {
    constants,
    learnt: Object.keys(constants).filter((name) => name !== 'near'),
    masks,
    logits(ops, own, image) {
      const x = ops.toMap(image);
      const active = ops.less(ops.scalar(0.5), ops.convolve(x, own.near, ACTIVE_SHAPE, 1));
      let h = first(ops, own, x, '', CHANNELS);
      for (let b = 0; b < blocks; b++) {
        let f = layer(ops, own, `down${b}`, here(DOWN), ops.elu(rms(ops, h)));
        f = ops.multiply(ops.elu(f), active);
        f = layer(ops, own, `middle${b}`, MIDDLE_SHAPE, f, dilationOf(b));
        h = ops.add(h, layer(ops, own, `up${b}`, here(UP), ops.elu(f)));
      }
      const z = readout(ops, own, ops.elu(rms(ops, h)), 'readout', own.bias, CHANNELS);
      const g = ops.relu(first(ops, own, x, 'quiet_', QUIET_HIDDEN));
      const q = ops.relu(layer(ops, own, 'quiet_hidden', here(QUIET), g));
      const quiet = readout(ops, own, q, 'quiet_readout', own.quiet_bias, QUIET_FEATURES);
      const all = ops.add(ops.multiply(active, z), ops.multiply(ops.subtract(ops.scalar(1), active), quiet));
      return ops.fromMap(all);
    },
    scoredAtOnce: 16,
    learntAtOnce: 16,
  };
};
