/** An ONNX graph under construction: operations in the order in which they are added, and the constants that they use. */
import type { Attribute, Dimension, ElementType, GraphProto, NodeProto, TensorProto } from './proto.ts';
import { ELEMENT } from './proto.ts';

/** The name of what a node computes, of a constant or of an input. */
export type Value = string & { readonly __value: never };

/** Name of the first axis, along which images lie. */
export const BATCH = 'batch';

/** What a graph within this one computes at every step of a scan. */
export interface ScanStep {
  /** The states behind the step, as many as there are. */
  readonly states: readonly Value[];
  readonly outputs: readonly Value[];
}

interface Typed {
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

/** An initial state of a scan, or what is read slice after slice along its first axis; `shape` is that of a state or a slice. */
export interface Scanned extends Typed {
  readonly value: Value;
}

export interface ScanRequest {
  readonly states: readonly Scanned[];
  readonly inputs: readonly Scanned[];
  /** Of one step's outputs, which are joined along `axis`. */
  readonly outputs: readonly (Typed & { readonly axis: number })[];
  readonly step: (inner: Graph, states: readonly Value[], slices: readonly Value[]) => ScanStep;
}

/** Operators of opset 17. A graph within another sees its values, and leaves its constants to it. */
export class Graph {
  readonly #nodes: NodeProto[] = [];
  readonly #shared: {
    readonly constants: TensorProto[];
    readonly scalars: Map<string, Value>;
    names: number;
  };

  constructor(outer?: Graph) {
    this.#shared = outer ? outer.#shared : { constants: [], scalars: new Map(), names: 0 };
  }

  // --- values -----------------------------------------------------------------------------------------------

  input(name: string): Value {
    return name as Value;
  }

  /** Named after the tensor of the model that it holds, where it is one. */
  constant(values: TensorProto['values'], shape: readonly number[], name = ''): Value {
    const own = `${name || 'constant'}_${this.#shared.names++}`;
    this.#shared.constants.push({ name: own, shape, values });
    return own as Value;
  }

  scalar(value: number): Value {
    return this.#once(`float ${value}`, () => this.constant(Float32Array.of(value), []));
  }

  double(value: number): Value {
    return this.#once(`double ${value}`, () => this.constant(Float64Array.of(value), []));
  }

  scalarInteger(value: number): Value {
    return this.#once(`int64 scalar ${value}`, () => this.constant(BigInt64Array.of(BigInt(value)), []));
  }

  /** Of int64: axes and shapes. */
  integers(...values: readonly number[]): Value {
    return this.#once(`int64 ${values.join()}`, () =>
      this.constant(BigInt64Array.from(values, BigInt), [values.length]),
    );
  }

  /** Places on an axis. */
  places(values: ArrayLike<number>, shape: readonly number[] = [values.length]): Value {
    return this.constant(Int32Array.from(values), shape, 'places');
  }

  #once(key: string, make: () => Value): Value {
    const known = this.#shared.scalars.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#shared.scalars.set(key, made);
    return made;
  }

  // --- operations ---------------------------------------------------------------------------------------------

  op(
    operator: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
    name?: string,
  ): Value {
    const own = name ?? `${operator.toLowerCase()}_${this.#shared.names++}`;
    this.#nodes.push({ operator, inputs, outputs: [own], attributes });
    return own as Value;
  }

  add = (a: Value, b: Value): Value => this.op('Add', [a, b]);
  subtract = (a: Value, b: Value): Value => this.op('Sub', [a, b]);
  multiply = (a: Value, b: Value): Value => this.op('Mul', [a, b]);
  divide = (a: Value, b: Value): Value => this.op('Div', [a, b]);
  product = (a: Value, b: Value): Value => this.op('MatMul', [a, b]);
  negative = (a: Value): Value => this.op('Neg', [a]);
  sigmoid = (a: Value): Value => this.op('Sigmoid', [a]);
  softplus = (a: Value): Value => this.op('Softplus', [a]);
  relu = (a: Value): Value => this.op('Relu', [a]);
  elu = (a: Value): Value => this.op('Elu', [a], { alpha: { float: 1 } });
  cast = (a: Value, type: ElementType): Value => this.op('Cast', [a], { to: ELEMENT[type] });
  where = (condition: Value, a: Value, b: Value): Value => this.op('Where', [condition, a, b]);
  gather = (a: Value, places: Value, axis: number): Value => this.op('Gather', [a, places], { axis });
  transpose = (a: Value, ...perm: readonly number[]): Value => this.op('Transpose', [a], { perm });
  reshape = (a: Value, ...shape: readonly number[]): Value =>
    this.op('Reshape', [a, this.integers(...shape)]);
  join = (all: readonly Value[], axis: number): Value => this.op('Concat', all, { axis });
  withAxis = (a: Value, axis: number): Value => this.op('Unsqueeze', [a, this.integers(axis)]);
  withoutAxis = (a: Value, axis: number): Value => this.op('Squeeze', [a, this.integers(axis)]);
  sum = (a: Value, axis: number): Value => this.op('ReduceSum', [a, this.integers(axis)], { keepdims: 0 });
  clip = (a: Value, limit: number): Value => this.op('Clip', [a, this.scalar(-limit), this.scalar(limit)]);

  /** log(sum exp) along the last axis, without overflow. */
  logSumExp(a: Value): Value {
    const most = this.op('ReduceMax', [a], { axes: [-1], keepdims: 1 });
    const sum = this.sum(this.op('Exp', [this.subtract(a, most)]), -1);
    return this.add(this.withoutAxis(most, -1), this.op('Log', [sum]));
  }

  /** The constant `a` once for every image of `x`: [batch, ...shape], `shape` being that of `a`. */
  forEveryImage(a: Value, x: Value, shape: readonly number[]): Value {
    const batch = this.op('Shape', [x], { start: 0, end: 1 });
    return this.op('Expand', [a, this.join([batch, this.integers(...shape)], 0)]);
  }

  /** The final states, then the outputs. */
  scan({ states, inputs, outputs, step }: ScanRequest): Value[] {
    const inner = new Graph(this);
    const name = (kind: string) => `${kind}_${this.#shared.names++}` as Value;
    const stateNames = states.map(() => name('state'));
    const sliceNames = inputs.map(() => name('slice'));
    const made = step(inner, stateNames, sliceNames);
    // An output of the step may be no input of it, and each needs a node of its own.
    const named = [...made.states, ...made.outputs].map((value) => inner.op('Identity', [value]));
    const typed = [...states, ...outputs];
    const body: GraphProto = {
      name: name('step'),
      nodes: inner.#nodes,
      constants: [],
      inputs: [...states, ...inputs].map(({ type, shape }, at) => ({
        name: [...stateNames, ...sliceNames][at],
        type,
        shape,
      })),
      outputs: named.map((value, at) => ({ name: value, type: typed[at].type, shape: typed[at].shape })),
    };
    const results = typed.map(() => name('scan'));
    this.#nodes.push({
      operator: 'Scan',
      inputs: [...states, ...inputs].map(({ value }) => value),
      outputs: results,
      attributes: {
        body,
        num_scan_inputs: inputs.length,
        ...(outputs.length > 0 && { scan_output_axes: outputs.map(({ axis }) => axis) }),
      },
    });
    return results;
  }

  /** The graph with these inputs and outputs. */
  finish(name: string, inputs: GraphProto['inputs'], outputs: GraphProto['outputs']): GraphProto {
    return { name, nodes: this.#nodes, constants: this.#shared.constants, inputs, outputs };
  }
}
