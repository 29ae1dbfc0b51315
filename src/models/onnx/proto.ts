/** ONNX models as bytes: the messages of onnx.proto (ONNX 1.12) as far as the graphs of the families need them. */
import { PbfWriter } from 'pbf';

/** Of an axis: a number, or a name where it may be of any length. */
export type Dimension = number | string;

/** Types of elements by their number in TensorProto.DataType. */
export const ELEMENT = { float: 1, int32: 6, int64: 7, bool: 9, double: 11 } as const;
export type ElementType = keyof typeof ELEMENT;

/** A constant; `values` has as many numbers as the product of the shape. */
export interface TensorProto {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | Int32Array | BigInt64Array;
}

export type Attribute = number | readonly number[] | { readonly float: number } | GraphProto;

export interface NodeProto {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** An input or output of a graph. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

export interface GraphProto {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  readonly constants: readonly TensorProto[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

export interface ModelProto {
  readonly graph: GraphProto;
  readonly opset: number;
  readonly producer: string;
  readonly version: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Version of the messages: the one of opset 17. */
const IR_VERSION = 8;

/** The file's bytes. Equal models give equal bytes. */
export function encodeOnnx(model: ModelProto): Uint8Array<ArrayBuffer> {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, IR_VERSION);
  pbf.writeStringField(2, model.producer);
  pbf.writeStringField(3, model.version);
  pbf.writeStringField(6, model.description);
  pbf.writeMessage(7, writeGraph, model.graph);
  pbf.writeMessage(8, writeOpset, model.opset);
  for (const entry of Object.entries(model.metadata)) pbf.writeMessage(14, writeEntry, entry);
  return new Uint8Array(pbf.finish());
}

function writeOpset(version: number, pbf: PbfWriter): void {
  // The operators of ONNX itself have no name.
  pbf.writeStringField(1, '');
  pbf.writeVarintField(2, version);
}

function writeEntry([key, value]: readonly [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}

function writeGraph(graph: GraphProto, pbf: PbfWriter): void {
  for (const node of graph.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, graph.name);
  for (const constant of graph.constants) pbf.writeMessage(5, writeTensor, constant);
  for (const value of graph.inputs) pbf.writeMessage(11, writeValue, value);
  for (const value of graph.outputs) pbf.writeMessage(12, writeValue, value);
}

function writeNode({ operator, inputs, outputs, attributes }: NodeProto, pbf: PbfWriter): void {
  for (const name of inputs) pbf.writeStringField(1, name);
  for (const name of outputs) pbf.writeStringField(2, name);
  pbf.writeStringField(4, operator);
  for (const entry of Object.entries(attributes)) pbf.writeMessage(5, writeAttribute, entry);
}

function writeAttribute([name, value]: readonly [string, Attribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  // The last field is the type: FLOAT, INT, GRAPH or INTS.
  if (typeof value === 'number') {
    pbf.writeVarintField(3, value);
    pbf.writeVarintField(20, 2);
  } else if ('float' in value) {
    pbf.writeFloatField(2, value.float);
    pbf.writeVarintField(20, 1);
  } else if ('nodes' in value) {
    pbf.writeMessage(6, writeGraph, value);
    pbf.writeVarintField(20, 5);
  } else {
    for (const each of value) pbf.writeVarintField(8, each);
    pbf.writeVarintField(20, 7);
  }
}

function writeTensor({ name, shape, values }: TensorProto, pbf: PbfWriter): void {
  for (const length of shape) pbf.writeVarintField(1, length);
  pbf.writeVarintField(2, ELEMENT[elementOf(values)]);
  pbf.writeStringField(8, name);
  // Little-endian, as all platforms of browsers and Node are.
  pbf.writeBytesField(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

export function elementOf(values: TensorProto['values']): ElementType {
  if (values instanceof Float32Array) return 'float';
  if (values instanceof Float64Array) return 'double';
  return values instanceof Int32Array ? 'int32' : 'int64';
}

function writeValue({ name, type, shape }: ValueInfo, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeMessage(2, writeType, { type, shape });
}

type TypeInfo = Pick<ValueInfo, 'type' | 'shape'>;

function writeType(info: TypeInfo, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, info);
}

function writeTensorType({ type, shape }: TypeInfo, pbf: PbfWriter): void {
  pbf.writeVarintField(1, ELEMENT[type]);
  pbf.writeMessage(2, writeShape, shape);
}

function writeShape(shape: readonly Dimension[], pbf: PbfWriter): void {
  for (const length of shape) pbf.writeMessage(1, writeDimension, length);
}

function writeDimension(length: Dimension, pbf: PbfWriter): void {
  if (typeof length === 'number') pbf.writeVarintField(1, length);
  else pbf.writeStringField(2, length);
}
