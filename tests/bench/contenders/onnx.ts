/**
 * ONNX models as bytes, as onnx.proto3 of ONNX 1.16 defines them, as far as it is needed here: 60 lines instead of a package that generates
 * the whole schema.
 */

type Bytes = readonly number[] | Uint8Array;

/** A message under construction: pieces of bytes. */
export class Message {
  readonly #pieces: Bytes[] = [];

  get bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  /** A field of integers, enumerations and flags. */
  integer(field: number, value: number): this {
    this.#pieces.push([...varint(field << 3), ...varint(value)]);
    return this;
  }

  float(field: number, value: number): this {
    this.#pieces.push(varint((field << 3) | 5), new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  /** A field of text, bytes or another message. */
  part(field: number, value: string | Uint8Array | Message): this {
    const bytes =
      value instanceof Message
        ? value.bytes
        : typeof value === 'string'
          ? new TextEncoder().encode(value)
          : value;
    this.#pieces.push(varint((field << 3) | 2), varint(bytes.length), bytes);
    return this;
  }
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  // Negative numbers are stored in 64 bits.
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return bytes;
}

export type Dimension = number | string;
export type ElementType = 'float' | 'int64';
const ELEMENT: Readonly<Record<ElementType, number>> = { float: 1, int64: 7 };

/** TensorProto. */
export function tensor(
  name: string,
  shape: readonly number[],
  values: Float32Array | BigInt64Array,
): Message {
  const message = new Message();
  for (const length of shape) message.integer(1, length);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return message
    .integer(2, values instanceof Float32Array ? ELEMENT.float : ELEMENT.int64)
    .part(8, name)
    .part(9, bytes);
}

/** ValueInfoProto; a dimension with a name may be of any length. */
export function value(name: string, shape: readonly Dimension[], type: ElementType = 'float'): Message {
  const dimensions = new Message();
  for (const length of shape) {
    const own = new Message();
    dimensions.part(1, typeof length === 'number' ? own.integer(1, length) : own.part(2, length));
  }
  const tensorType = new Message().integer(1, ELEMENT[type]).part(2, dimensions);
  return new Message().part(1, name).part(2, new Message().part(1, tensorType));
}

export type Attribute = number | readonly number[] | { readonly float: number } | Message;

/** AttributeProto: an integer, integers, a number or a graph. */
function attribute(name: string, own: Attribute): Message {
  const message = new Message().part(1, name);
  if (own instanceof Message) return message.part(6, own).integer(20, 5);
  if (typeof own === 'number') return message.integer(3, own).integer(20, 2);
  if ('float' in own) return message.float(2, own.float).integer(20, 1);
  for (const one of own) message.integer(8, one);
  return message.integer(20, 7);
}

/** NodeProto. */
export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Message {
  const message = new Message();
  for (const name of inputs) message.part(1, name);
  for (const name of outputs) message.part(2, name);
  message.part(4, operator);
  for (const [name, own] of Object.entries(attributes)) message.part(5, attribute(name, own));
  return message;
}

export interface Graph {
  readonly nodes: readonly Message[];
  readonly initializers?: readonly Message[];
  readonly inputs: readonly Message[];
  readonly outputs: readonly Message[];
}

/** GraphProto. */
export function graph({ nodes, initializers = [], inputs, outputs }: Graph): Message {
  const message = new Message();
  for (const one of nodes) message.part(1, one);
  message.part(2, 'graph');
  for (const one of initializers) message.part(5, one);
  for (const one of inputs) message.part(11, one);
  for (const one of outputs) message.part(12, one);
  return message;
}

/** ModelProto with the operators of version 17. */
export function model(main: Message): Uint8Array<ArrayBuffer> {
  const operators = new Message().part(1, '').integer(2, 17);
  return new Message().integer(1, 8).part(7, main).part(8, operators).bytes;
}
