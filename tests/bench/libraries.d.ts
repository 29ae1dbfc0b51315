/**
 * The parts of the other libraries that are used here. They are declared by hand because the libraries are installed by `npm run bench` alone, and
 * the types have to be checked without them.
 */
declare module '@tensorflow/tfjs-core' {
  export interface Tensor {
    readonly shape: number[];
    data(): Promise<Float32Array>;
    dispose(): void;
  }
  export interface Variable extends Tensor {
    readonly name: string;
  }
  export interface Optimizer {
    applyGradients(gradients: Record<string, Tensor>): void;
    dispose(): void;
  }
  export const train: {
    adam(rate: number, beta1: number, beta2: number, epsilon: number): Optimizer;
  };
  export function setBackend(name: string): Promise<boolean>;
  export function ready(): Promise<void>;
  export function getBackend(): string;
  export function tensor(values: Float32Array, shape: readonly number[]): Tensor;
  export function tensor1d(values: readonly number[], dtype: 'int32'): Tensor;
  export function scalar(value: number): Tensor;
  export function variable(value: Tensor, trainable: boolean, name: string): Variable;
  export function tidy<R>(work: () => R): R;
  export function keep(value: Tensor): Tensor;
  export function dispose(values: readonly Tensor[]): void;
  export function add(a: Tensor, b: Tensor): Tensor;
  export function addN(values: readonly Tensor[]): Tensor;
  export function sub(a: Tensor, b: Tensor): Tensor;
  export function mul(a: Tensor, b: Tensor): Tensor;
  export function div(a: Tensor, b: Tensor): Tensor;
  export function matMul(a: Tensor, b: Tensor): Tensor;
  export function sigmoid(a: Tensor): Tensor;
  export function softplus(a: Tensor): Tensor;
  export function relu(a: Tensor): Tensor;
  export function elu(a: Tensor): Tensor;
  export function sqrt(a: Tensor): Tensor;
  export function less(a: Tensor, b: Tensor): Tensor;
  export function cast(a: Tensor, dtype: 'float32'): Tensor;
  export function sum(a: Tensor, axis?: number, keepDims?: boolean): Tensor;
  export function mean(a: Tensor, axis: number, keepDims: boolean): Tensor;
  export function cumsum(a: Tensor, axis: number, exclusive: boolean): Tensor;
  export function transpose(a: Tensor, order: readonly number[]): Tensor;
  export function reshape(a: Tensor, shape: readonly number[]): Tensor;
  export function gather(a: Tensor, places: Tensor, axis: number): Tensor;
  export function slice(a: Tensor, begin: readonly number[], size: readonly number[]): Tensor;
  export function concat(values: readonly Tensor[], axis: number): Tensor;
  export function pad(a: Tensor, padding: readonly (readonly [number, number])[]): Tensor;
  export function conv2d(
    a: Tensor,
    kernel: Tensor,
    strides: number,
    padding: readonly (readonly [number, number])[],
    format: 'NHWC',
    dilation: number,
  ): Tensor;
  export function variableGrads(
    loss: () => Tensor,
    variables: readonly Variable[],
  ): { readonly value: Tensor; readonly grads: Record<string, Tensor> };
}
declare module '@tensorflow/tfjs-backend-wasm' {
  export function setWasmPaths(paths: Readonly<Record<string, string>>): void;
}
declare module '@tensorflow/tfjs-backend-webgpu' {}
declare module '@tensorflow/tfjs-core/dist/register_all_gradients.js' {}
declare module '@jax-js/jax' {
  export class Array {
    readonly shape: number[];
    /** The same array, to be used once more. */
    readonly ref: Array;
    dispose(): void;
    data(): Promise<Float32Array | Int32Array>;
    blockUntilReady(): Promise<Array>;
    add(other: Array | number): Array;
    sub(other: Array | number): Array;
    mul(other: Array | number): Array;
    div(other: Array | number): Array;
    reshape(shape: readonly number[]): Array;
    transpose(order?: readonly number[]): Array;
    astype(dtype: string): Array;
    sum(axis?: number): Array;
  }
  export type Device = 'wasm' | 'webgpu';
  export function init(...devices: Device[]): Promise<Device[]>;
  export function defaultDevice(device: Device): Device;
  type Tree = Array | readonly Tree[] | { readonly [name: string]: Tree };
  type Owned<F> = F & { dispose(): void };
  export function jit<A extends readonly Tree[], R extends Tree>(
    f: (...args: A) => R,
  ): Owned<(...args: A) => R>;
  export function valueAndGrad<P extends Tree, A extends readonly Tree[]>(
    f: (parameters: P, ...args: A) => Array,
  ): (parameters: P, ...args: A) => [Array, P];
  export function blockUntilReady(value: Tree): Promise<unknown>;
  export const numpy: {
    array(values: Float32Array | Int32Array, options?: { shape?: readonly number[]; dtype?: string }): Array;
    readonly float32: string;
    zeros(shape: readonly number[]): Array;
    matmul(a: Array, b: Array): Array;
    less(a: Array, b: Array): Array;
    greater(a: Array, b: number): Array;
    sqrt(a: Array): Array;
    cumsum(a: Array, axis: number): Array;
    take(a: Array, places: Array, axis: number): Array;
    mean(a: Array, axis: number, options: { keepdims: boolean }): Array;
    sum(a: Array, axis: number, options: { keepdims: boolean }): Array;
    concatenate(values: Array[], axis: number): Array;
  };
  export const nn: {
    sigmoid(a: Array): Array;
    softplus(a: Array): Array;
    relu(a: Array): Array;
    elu(a: Array): Array;
  };
  export const lax: {
    convGeneralDilated(
      a: Array,
      kernel: Array,
      strides: readonly number[],
      padding: readonly (readonly [number, number])[],
      options: { rhsDilation: readonly number[] },
    ): Array;
  };
  export const tree: { dispose(value: Tree): void; ref<T extends Tree>(value: T): T };
}
declare module 'onnxruntime-web/wasm' {
  export const Tensor: import('./contenders/ort-runtime.ts').Runtime['Tensor'];
  export const InferenceSession: import('./contenders/ort-runtime.ts').Runtime['InferenceSession'];
  export const env: import('./contenders/ort-runtime.ts').Runtime['env'];
}
declare module 'onnxruntime-web/webgpu' {
  export const Tensor: import('./contenders/ort-runtime.ts').Runtime['Tensor'];
  export const InferenceSession: import('./contenders/ort-runtime.ts').Runtime['InferenceSession'];
  export const env: import('./contenders/ort-runtime.ts').Runtime['env'];
}
