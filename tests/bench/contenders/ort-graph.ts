/** The operations of peer-models as nodes of an ONNX graph: a value is its name. Maps are [images, channels, 28, 28]. */
import type { Constant, Constants, KernelShape, Ops } from '../peer-models/ops.ts';
import type { Attribute, Message } from './onnx.ts';
import { node, tensor } from './onnx.ts';

export const SIDE = 28;
export const N = SIDE * SIDE;

/** Nodes of one graph, and the constants of the whole model. */
export class Nodes {
  readonly nodes: Message[] = [];
  readonly #shared: { initializers: Message[]; names: number };

  /** A graph within another shares its constants. */
  constructor(outer?: Nodes) {
    this.#shared = outer ? outer.#shared : { initializers: [], names: 0 };
  }

  get initializers(): readonly Message[] {
    return this.#shared.initializers;
  }

  fresh(): string {
    return `v${this.#shared.names++}`;
  }

  put(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const name = this.fresh();
    this.nodes.push(node(operator, inputs, [name], attributes));
    return name;
  }

  floats(values: Float32Array, shape: readonly number[], name = this.fresh()): string {
    this.#shared.initializers.push(tensor(name, shape, values));
    return name;
  }

  integers(
    values: readonly number[],
    shape: readonly number[] = [values.length],
    name = this.fresh(),
  ): string {
    this.#shared.initializers.push(tensor(name, shape, BigInt64Array.from(values, BigInt)));
    return name;
  }
}

export function opsOf(own: Nodes): Ops<string> {
  const unary = (operator: string) => (a: string) => own.put(operator, [a]);
  const binary = (operator: string) => (a: string, b: string) => own.put(operator, [a, b]);
  const reshape = (a: string, shape: readonly number[]) => own.put('Reshape', [a, own.integers(shape)]);
  const sumsBefore = (a: string, axis: number) =>
    own.put('CumSum', [a, own.integers([axis], [])], { exclusive: 1 });
  return {
    add: binary('Add'),
    subtract: binary('Sub'),
    multiply: binary('Mul'),
    divide: binary('Div'),
    product: binary('MatMul'),
    sigmoid: unary('Sigmoid'),
    softplus: unary('Softplus'),
    relu: unary('Relu'),
    elu: unary('Elu'),
    root: unary('Sqrt'),
    less: (a, b) => own.put('Cast', [own.put('Less', [a, b])], { to: 1 }),
    scalar: (value) => own.floats(Float32Array.of(value), []),
    sum: (a) => own.put('ReduceSum', [a, own.integers([-1])]),
    sumsBefore: (a) => sumsBefore(a, 1),
    reshape,
    column: (a, place) => own.put('Gather', [a, place], { axis: 1 }),
    toMap: (a) => reshape(a, [-1, 1, SIDE, SIDE]),
    fromMap: (a) => reshape(a, [-1, N]),
    convolve: (map, kernel, { rows, columns }, dilation) => {
      const beside = ((columns - 1) / 2) * dilation;
      const attributes = {
        kernel_shape: [rows, columns],
        dilations: [dilation, dilation],
        pads: [(rows - 1) * dilation, beside, 0, beside],
      };
      return own.put('Conv', [map, kernel], attributes);
    },
    channelMean: (map) => own.put('ReduceMean', [map], { axes: [1] }),
    mapSumsBefore(map) {
      const flat = own.put('Reshape', [map, own.integers([0, 0, N])]);
      return own.put('Reshape', [sumsBefore(flat, 2), own.integers([0, 0, SIDE, SIDE])]);
    },
  };
}

/** [rows, columns, inputs, outputs] as [outputs, inputs, rows, columns]. */
export function outputsFirst(
  { rows, columns, inputs, outputs }: KernelShape,
  values: Float32Array,
): Float32Array {
  const turned = new Float32Array(values.length);
  const taps = rows * columns;
  for (let t = 0; t < taps; t++)
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++)
        turned[(o * inputs + i) * taps + t] = values[(t * inputs + i) * outputs + o];
  return turned;
}

/** [n, channels] as [channels, n]. */
export function channelsFirst(values: Float32Array): Float32Array {
  const channels = values.length / N;
  return values.map((_, at) => values[(at % N) * channels + Math.floor(at / N)]);
}

/** Values and shape of a constant where maps have their channels first. */
export function laidOut(constant: Constant): { values: Float32Array; shape: readonly number[] } {
  const { values } = constant;
  switch (constant.kind) {
    case 'array':
      return { values, shape: constant.shape };
    case 'kernel': {
      const { rows, columns, inputs, outputs } = constant.shape;
      return { values: outputsFirst(constant.shape, values), shape: [outputs, inputs, rows, columns] };
    }
    case 'channels':
      return { values, shape: [1, values.length, 1, 1] };
    case 'pixels':
      return { values: channelsFirst(values), shape: [1, values.length / N, SIDE, SIDE] };
  }
}

/** Puts all constants into the model, and returns their names. */
export function constantsOf(own: Nodes, constants: Constants): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(constants).map(([name, constant]) => {
      const { values, shape } = laidOut(constant);
      return [name, own.floats(values, shape, name)];
    }),
  );
}
