/** Other kernels that do the same work on one device: samplers without subgroups, and samplers of halves. */
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import { subgroupVariant } from '../../../src/gpu/device.ts';
import { shaderSources } from '../../../src/gpu/shaders.ts';
import { folderOf } from '../../../src/models/registry.ts';

/** Whether a backend draws a family's samples in subgroups. */
export function drawsInSubgroups({ adapter }: Pick<WebGpuBackend, 'adapter'>, family: string): boolean {
  return adapter.subgroup !== null && shaderSources.has(subgroupVariant(samplerOf(family)));
}

/** Whether a family's sampler reads weights as halves where they are halves. */
export function readsHalves(family: string): boolean {
  const pending = [samplerOf(family)];
  const seen = new Set<string>();
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const source = shaderSources.get(path);
    if (source === undefined || seen.has(path)) continue;
    seen.add(path);
    if (/\boverride halves\b/.test(source)) return true;
    pending.push(...[...source.matchAll(/#include "([^"]+)"/g)].map(([, included]) => included));
  }
  return false;
}

function samplerOf(family: string): string {
  return `${folderOf(family)}/sample.wgsl`;
}
