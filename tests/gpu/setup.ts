import { blankImages, pixelCount, type Grid, type PackedImages } from '../../src/data/images.ts';
import { threefry2x32 } from '../../src/data/rng.ts';
import { createWebGpuBackend, type WebGpuBackend } from '../../src/engine/backends/webgpu/backend.ts';
import { openDevice, type Device, type DeviceOptions } from '../../src/gpu/device.ts';
import { shaderSources } from '../../src/gpu/shaders.ts';
import type { ShaderSources } from '../../src/gpu/wgsl.ts';
import { completeHyper, findFamily } from '../../src/models/registry.ts';
import type { Hyper, Model } from '../../src/models/types.ts';
import { sharedGpu } from './shared-device.ts';

/** A handle on the device that all tests of the page share. No adapter is a failure, never a reason to skip. */
export function openTestDevice(options: DeviceOptions = {}): Promise<Device> {
  return deviceOf(sharedGpu, options);
}

/** A backend on the device that all tests of the page share. */
export function openTestBackend(options: DeviceOptions = {}): Promise<WebGpuBackend> {
  return backendOf(sharedGpu, options);
}

/** What `use` resolves with on a handle of the shared device that is destroyed after it, with other WGSL where `sources` are given. */
export async function withDevice<T>(
  sources: ShaderSources | undefined,
  use: (device: Device) => Promise<T>,
): Promise<T> {
  return await thenDestroyed(await openTestDevice(sources ? { sources } : {}), use);
}

/** The same on a backend. */
export async function withBackend<T>(
  sources: ShaderSources | undefined,
  use: (backend: WebGpuBackend) => Promise<T>,
): Promise<T> {
  return await thenDestroyed(await openTestBackend(sources ? { sources } : {}), use);
}

async function thenDestroyed<Opened extends { destroy(): void }, T>(
  opened: Opened,
  use: (opened: Opened) => Promise<T>,
): Promise<T> {
  try {
    return await use(opened);
  } finally {
    opened.destroy();
  }
}

const own: { destroy(): void }[] = [];

/** For `afterEach`: destroys what `openOwnDevice` and `openOwnBackend` have opened since its last call. */
export function destroyOwn(): void {
  for (const one of own.splice(0)) one.destroy();
}

/** For tests of devices: one that can be lost and compiles its kernels itself. The file calls `afterEach(destroyOwn)`. */
export async function openOwnDevice(options: DeviceOptions = {}): Promise<Device> {
  const device = await deviceOf(navigator.gpu, options);
  own.push(device);
  return device;
}

/** A backend on a device of its own. The file calls `afterEach(destroyOwn)`. */
export async function openOwnBackend(): Promise<WebGpuBackend> {
  const backend = await backendOf(navigator.gpu, {});
  own.push(backend);
  return backend;
}

async function deviceOf(gpu: GPU, options: DeviceOptions): Promise<Device> {
  const opened = await openDevice(gpu, options);
  if (!opened.ok) throw new Error(opened.reason);
  return opened.value;
}

async function backendOf(gpu: GPU, options: DeviceOptions): Promise<WebGpuBackend> {
  const created = await createWebGpuBackend(gpu, options);
  if (!created.ok) throw new Error(created.reason);
  return created.value;
}

/** The repository's WGSL with one text replaced by another. Throws where the text is not there exactly once. */
export function mutate(file: string, text: string, replacement: string): ShaderSources {
  const source = shaderSources.get(file);
  if (source?.split(text).length !== 2) throw new Error(`${file} does not hold "${text}" exactly once`);
  return new Map(shaderSources).set(file, source.replace(text, replacement));
}

/** The repository's WGSL with a further file. */
export function withShader(file: string, source: string): ShaderSources {
  return new Map(shaderSources).set(file, source);
}

/** Numbers in [0, 1) that are the same in every run. */
export function randomSource(seed: number): () => number {
  const pair = new Uint32Array(2);
  let counter = 0;
  return () => {
    threefry2x32(seed, 77, counter++, 0, pair);
    return pair[0] / 4294967296;
  };
}

/** Images of which each pixel is on with probability `ink`. */
export function randomImages(grid: Grid, count: number, seed: number, ink = 0.3): PackedImages {
  const random = randomSource(seed);
  const images = blankImages(grid, count);
  const words = images.words.length / Math.max(count, 1);
  for (let image = 0; image < count; image++) {
    for (let i = 0; i < pixelCount(grid); i++) {
      if (random() < ink) images.words[image * words + (i >> 5)] |= 1 << (i & 31);
    }
  }
  return images;
}

/** A model of any family with random numbers within `scale` of `centre`; the parents of a tree are earlier pixels. */
export function randomModel(
  id: string,
  grid: Grid,
  given: Hyper,
  seed: number,
  scale = 1,
  centre = -0.5,
): Model {
  const spec = findFamily(id);
  if (!spec) throw new Error(`family: ${id}`);
  const hyper = completeHyper(spec, given);
  const random = randomSource(seed);
  const tensors = Object.fromEntries(
    spec.tensors(grid, hyper).map(({ name, shape }) => {
      const length = shape.reduce((product, side) => product * side, 1);
      const draw = (at: number) => {
        if (name !== 'parent') return centre + scale * (2 * random() - 1);
        const pixel = at % pixelCount(grid);
        return pixel === 0 ? -1 : Math.floor(random() * pixel);
      };
      return [name, Float32Array.from({ length }, (_, at) => draw(at))];
    }),
  );
  return { family: id, grid, hyper, tensors };
}

/** A grid of one row: as many pixels as wanted. */
export function rowOf(pixels: number): Grid {
  return { width: pixels, height: 1 };
}

/** Sizes around a natural size of a kernel, where tiles are empty, full, or hold one more. */
export function sizesAround(size: number): number[] {
  return [1, size - 1, size, size + 1, 3 * size + 5];
}

export function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    // A NaN must not pass for a small difference.
    if (!(difference <= most)) most = Number.isNaN(difference) ? Infinity : difference;
  }
  return most;
}
