/** What tests that share a device rely on. */
import { expect, it } from 'vitest';
import type { Device } from '../../../src/gpu/device.ts';
import { openTestDevice, sharedGpu, withDevice } from '../setup.ts';

function pipelineOf(device: Device, size: number): Promise<GPUComputePipeline> {
  const code = `@compute @workgroup_size(${size}) fn nothing() {}`;
  const module = device.raw.createShaderModule({ code });
  return device.raw.createComputePipelineAsync({ layout: 'auto', compute: { module } });
}

it('a handle that is destroyed is lost alone, and what was compiled on it serves the next one', async () => {
  const first = await openTestDevice();
  const compiled = await pipelineOf(first, 3);
  first.destroy();
  expect(first.lostReason).not.toBeNull();
  await withDevice(undefined, async (second) => {
    expect(await pipelineOf(second, 3)).toBe(compiled);
    expect(await pipelineOf(second, 5)).not.toBe(compiled);
    expect(second.lostReason).toBeNull();
  });
});

it('another device than the first one asked for is refused', async () => {
  await withDevice(undefined, async () => {
    const adapter = await sharedGpu.requestAdapter();
    await expect(adapter?.requestDevice({ requiredFeatures: ['timestamp-query'] })).rejects.toThrow(
      /open one of the test's own/,
    );
  });
});
