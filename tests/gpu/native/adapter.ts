/** What the adapter and the machine say of themselves. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import process from 'node:process';
import { describe } from '../../../src/gpu/adapter.ts';
import type { AdapterReport, MachineReport } from './report.ts';

export function describeMachine(): MachineReport {
  return {
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    processor: cpus().at(0)?.model.trim() ?? '',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    cpu: 'not used',
  };
}

export function describeAdapter(adapter: GPUAdapter): AdapterReport {
  const { vendor, architecture, name, isFallback } = describe(adapter);
  const { device, description, subgroupMinSize, subgroupMaxSize } = adapter.info;
  const features = [...adapter.features].sort();
  return {
    ...{ vendor, architecture, device, description, name },
    software: isFallback,
    features,
    subgroups: features.includes('subgroups'),
    subgroupSizes: subgroupMaxSize > 0 ? [subgroupMinSize, subgroupMaxSize] : null,
    shaderF16: features.includes('shader-f16'),
    timestampQuery: features.includes('timestamp-query'),
    limits: limitsOf(adapter.limits),
  };
}

/** The limits lie on the prototype. */
function limitsOf(limits: GPUSupportedLimits): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name in limits) {
    const value = limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') found[name] = value;
  }
  return found;
}

/** Lines for the terminal. */
export function adapterLines(adapter: AdapterReport): string[] {
  const { vendor, architecture, features, subgroupSizes, limits } = adapter;
  const has = (name: string, there: boolean) => `${name} ${there ? 'yes' : 'no'}`;
  const sizes = subgroupSizes ? ` (${subgroupSizes.join(' to ')} threads)` : '';
  return [
    `adapter: ${adapter.name}`,
    `  vendor ${vendor || '-'}, architecture ${architecture || '-'}, device ${adapter.device || '-'}`,
    `  ${has('subgroups', adapter.subgroups)}${sizes}, ${has('shader-f16', adapter.shaderF16)}, ${has('timestamp-query', adapter.timestampQuery)}; ${features.length} features`,
    `  workgroup memory ${limits.maxComputeWorkgroupStorageSize} B, threads ${limits.maxComputeInvocationsPerWorkgroup}, storage binding ${Math.round(limits.maxStorageBufferBindingSize / 2 ** 20)} MiB`,
  ];
}
