import { vi } from 'vitest';
import { createWebGpuBackend, type WebGpuBackend } from '../../src/engine/backends/webgpu/backend.ts';
import { openDevice, type Device, type DeviceOptions } from '../../src/gpu/device.ts';
import type { ShaderSources } from '../../src/gpu/wgsl.ts';
import { shareDevice } from './shared-device.ts';

export * from './mutate.ts';
export * from './random-models.ts';
export { worst } from '../worst.ts';

/** `navigator.gpu` with one device for all tests of the page. */
export const sharedGpu = shareDevice(navigator.gpu);

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
  options: Omit<DeviceOptions, 'sources'> = {},
): Promise<T> {
  return await thenDestroyed(await openTestDevice(sources ? { ...options, sources } : options), use);
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

/** How often memory of the device is mapped during `work`, timings of submits not counted. */
export async function readbacksOf(work: () => Promise<unknown>): Promise<number> {
  const map = vi.spyOn(GPUBuffer.prototype, 'mapAsync');
  await work();
  return map.mock.contexts.filter((buffer) => (buffer as GPUBuffer).label.endsWith('.staging')).length;
}
