/**
 * Both networks at every pixel, of which each pixel's own is taken: graphs have no submanifold convolutions. Quiet pixels count as 0 where active ones
 * look at them. Maps are [batch, channels, height, width].
 */
import { pixelCount } from '../../data/images.ts';
import type { Model } from '../model.ts';
import type { OnnxFamily } from '../onnx/family.ts';
import type { Graph, Value } from '../onnx/graph.ts';
import { chainRule } from '../onnx/likelihood.ts';
import type { Layer, Offset } from './layout.ts';
import { ACTIVE_OFFSETS, CHANNELS, dilationOf, DOWN, EPSILON, HIDDEN, layerSize, LIMIT } from './layout.ts';
import { QUIET, QUIET_FEATURES, QUIET_HIDDEN, TAPS, UP, WINDOW_OFFSETS } from './layout.ts';

export const onnx: OnnxFamily = {
  build(graph, model, x) {
    const net = new Net(graph, model, x);
    const { active } = net;
    let h = graph.clip(net.first('', CHANNELS), LIMIT);
    for (let b = 0; b < model.hyper.blocks; b++) {
      const down = net.layer('down', DOWN, b, graph.elu(net.rms(h)));
      const middle = net.middle(b, graph.multiply(graph.elu(down), active));
      h = graph.clip(graph.add(h, net.layer('up', UP, b, graph.elu(middle))), LIMIT);
    }
    const near = net.readout('', CHANNELS, graph.elu(net.rms(h)));
    const g = graph.clip(net.first('quiet_', QUIET_HIDDEN), LIMIT);
    const q = graph.clip(net.layer('quiet_hidden', QUIET, 0, graph.relu(g)), LIMIT);
    const quiet = net.readout('quiet_', QUIET_FEATURES, graph.relu(q));
    const logits = graph.where(graph.cast(active, 'bool'), near, quiet);
    return chainRule(graph, x, graph.reshape(logits, -1, pixelCount(model.grid)));
  },
};

class Net {
  readonly #graph: Graph;
  readonly #model: Model;
  readonly #x: Value;
  readonly #map: Value;
  /** Whether a pixel belongs to the deep network, [batch, 1, height, width] of 0 and 1. */
  readonly active: Value;

  constructor(graph: Graph, model: Model, x: Value) {
    this.#graph = graph;
    this.#model = model;
    this.#x = x;
    this.#map = this.#toMap(x, 1);
    const near = this.#convolve(this.#map, ACTIVE_OFFSETS, 1, 1, () => 1);
    const count = graph.op('Greater', [near, graph.scalar(0.5)]);
    this.active = graph.cast(count, 'float');
  }

  /** Rows of a window around the pixel, of all earlier pixels that are on, and of the pixel itself. */
  first(prefix: '' | 'quiet_', width: number): Value {
    const graph = this.#graph;
    const { tensors } = this.#model;
    const relative = tensors[`${prefix}relative`];
    const around = this.#convolve(
      this.#map,
      WINDOW_OFFSETS,
      1,
      width,
      (at, _, o) => relative[at * width + o],
    );
    // [width, n], so that the sums run along the last axis.
    const absolute = graph.transpose(this.#rows(`${prefix}absolute`, width), 1, 0);
    const each = graph.multiply(graph.withAxis(this.#x, 1), absolute);
    const before = graph.op('CumSum', [each, graph.scalarInteger(2)], { exclusive: 1 });
    const position = this.#toMap(graph.transpose(this.#rows(`${prefix}position`, width), 1, 0), width);
    return graph.add(graph.add(around, this.#toMap(before, width)), position);
  }

  /** Features divided by the root of their mean square. */
  rms(f: Value): Value {
    const graph = this.#graph;
    const mean = graph.op('ReduceMean', [graph.multiply(f, f)], { axes: [1], keepdims: 1 });
    return graph.divide(f, graph.op('Sqrt', [graph.add(mean, graph.scalar(EPSILON))]));
  }

  /** The same weights at every pixel. */
  layer(name: string, { inputs, outputs }: Layer, copy: number, f: Value): Value {
    const size = layerSize({ inputs, outputs });
    const weight = this.#model.tensors[name].subarray(copy * size, (copy + 1) * size);
    const here = [{ row: 0, column: 0 }];
    const sums = this.#convolve(f, here, inputs, outputs, (_, i, o) => weight[i * outputs + o]);
    return this.#withBias(sums, weight.slice(inputs * outputs));
  }

  /** The taps around a pixel, further apart in every other block. */
  middle(block: number, f: Value): Value {
    const layer = { inputs: TAPS.length * HIDDEN, outputs: HIDDEN };
    const size = layerSize(layer);
    const weight = this.#model.tensors.middle.subarray(block * size, (block + 1) * size);
    const at = (tap: number, i: number, o: number) => weight[(tap * HIDDEN + i) * HIDDEN + o];
    const sums = this.#convolve(f, TAPS, HIDDEN, HIDDEN, at, dilationOf(block));
    return this.#withBias(sums, weight.slice(layer.inputs * HIDDEN));
  }

  /** A logit for every pixel, [batch, 1, height, width]. */
  readout(prefix: '' | 'quiet_', width: number, f: Value): Value {
    const graph = this.#graph;
    const { tensors } = this.#model;
    const shared = graph.constant(tensors[`${prefix}readout`], [width, 1, 1], `${prefix}readout`);
    const own = this.#toMap(graph.transpose(this.#rows(`${prefix}readout_position`, width), 1, 0), width);
    const weighed = graph.multiply(f, graph.add(own, shared));
    const bias = tensors[`${prefix}bias`];
    const biases = this.#toMap(graph.constant(bias, [bias.length], `${prefix}bias`), 1);
    return graph.add(graph.op('ReduceSum', [weighed, graph.integers(1)], { keepdims: 1 }), biases);
  }

  /** A tensor with a row for every pixel. */
  #rows(name: string, width: number): Value {
    return this.#graph.constant(this.#model.tensors[name], [pixelCount(this.#model.grid), width], name);
  }

  #toMap(f: Value, channels: number): Value {
    const { height, width } = this.#model.grid;
    return this.#graph.reshape(f, -1, channels, height, width);
  }

  #withBias(f: Value, bias: Float32Array): Value {
    return this.#graph.add(f, this.#graph.constant(bias, [bias.length, 1, 1], 'bias'));
  }

  /** A convolution with a tap at each of the offsets, which lie above a pixel, in its row to the left, or at itself. */
  #convolve(
    f: Value,
    offsets: readonly Offset[],
    inputs: number,
    outputs: number,
    weightOf: (offset: number, input: number, output: number) => number,
    dilation = 1,
  ): Value {
    const above = Math.max(...offsets.map(({ row }) => -row));
    const beside = Math.max(...offsets.map(({ column }) => Math.abs(column)));
    const [rows, columns] = [above + 1, 2 * beside + 1];
    const kernel = new Float32Array(outputs * inputs * rows * columns);
    offsets.forEach(({ row, column }, at) => {
      const tap = (row + above) * columns + column + beside;
      for (let i = 0; i < inputs; i++)
        for (let o = 0; o < outputs; o++)
          kernel[(o * inputs + i) * rows * columns + tap] = weightOf(at, i, o);
    });
    const own = this.#graph.constant(kernel, [outputs, inputs, rows, columns], 'kernel');
    const pads = [above * dilation, beside * dilation, 0, beside * dilation];
    return this.#graph.op('Conv', [f, own], {
      kernel_shape: [rows, columns],
      dilations: [dilation, dilation],
      pads,
    });
  }
}
