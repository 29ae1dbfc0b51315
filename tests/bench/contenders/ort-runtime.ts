/** The part of onnxruntime-web that is used here; its builds for wasm and for WebGPU have the same. */

export interface Tensor {
  readonly data: Float32Array;
  dispose(): void;
}

export interface Session {
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

export interface Runtime {
  readonly Tensor: new (type: 'float32', values: Float32Array, shape: readonly number[]) => Tensor;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: { executionProviders: readonly string[]; graphOptimizationLevel: 'all' },
    ): Promise<Session>;
  };
  readonly env: { readonly wasm: { numThreads: number }; logLevel: string };
}
