import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { type PackedImages, pixelCount, unpackImage } from '../../../../src/data/images.ts';

// The wasm build on one thread: no file of it is fetched after the installation.
env.wasm.numThreads = 1;
env.logLevel = 'error';

/** The outputs of a graph for these images by name, as onnxruntime computes them. */
export async function runOnnx(
  bytes: Uint8Array,
  images: PackedImages,
): Promise<Readonly<Record<string, Float32Array>>> {
  const session = await InferenceSession.create(bytes, { graphOptimizationLevel: 'all' });
  const n = pixelCount(images.grid);
  const x = new Float32Array(images.count * n);
  for (let m = 0; m < images.count; m++) x.set(unpackImage(images, m), m * n);
  const results = await session.run({ x: new Tensor('float32', x, [images.count, n]) });
  const outputs = Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]),
  );
  await session.release();
  return outputs;
}
