import { wordsOf } from '../data/error-words.ts';
import { fail, ok, type Result } from '../data/result.ts';

export interface AdapterDescription {
  readonly vendor: string;
  readonly architecture: string;
  /** To be shown; it also says when the browser gives no name, and when it computes in software. */
  readonly name: string;
  /** Whether it computes on the CPU. */
  readonly isFallback: boolean;
  /** Threads of a subgroup, where kernels may use subgroups and all of them have as many; else null. */
  readonly subgroup: number | null;
}

/** Lets kernels add and compare over the threads of a subgroup without a barrier. */
export const SUBGROUPS = 'subgroups';
/** Fewest threads of a subgroup that kernels are written for. */
const LEAST_SUBGROUP = 4;

/** Describes the adapter without opening a device. Fails with a sentence where there is none. */
export async function describeAdapter(gpu: GPU | undefined): Promise<Result<AdapterDescription>> {
  const adapter = await requestAdapter(gpu);
  return adapter.ok ? ok(describe(adapter.value)) : adapter;
}

/** The faster adapter of several. Fails with a sentence where there is none. */
export async function requestAdapter(gpu: GPU | undefined): Promise<Result<GPUAdapter>> {
  if (!gpu) return fail('WebGPU: this browser has none.');
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    return adapter ? ok(adapter) : fail('WebGPU: the browser has it, but no adapter is available now.');
  } catch (error) {
    return fail(`WebGPU: asking for an adapter failed (${wordsOf(error)}).`);
  }
}

/** What an adapter says of itself. */
export function describe(adapter: GPUAdapter): AdapterDescription {
  // Some browsers leave all fields empty; older ones have no `info`, and the flag on the adapter itself.
  const { info, isFallbackAdapter } = adapter as Partial<Pick<GPUAdapter, 'info'>> & {
    isFallbackAdapter?: boolean;
  };
  const { vendor = '', architecture = '', description = '', device = '' } = info ?? {};
  const { subgroupMinSize = 0, subgroupMaxSize = 0 } = info ?? {};
  const isFixed = subgroupMinSize === subgroupMaxSize && subgroupMaxSize >= LEAST_SUBGROUP;
  const given = description || [vendor, architecture, device].filter((part) => part !== '').join(' ');
  const isFallback =
    (info?.isFallbackAdapter ?? false) ||
    (isFallbackAdapter ?? false) ||
    /swiftshader|llvmpipe|lavapipe/i.test(given);
  const name = given || `${isFallback ? 'an' : 'a graphics'} adapter that the browser does not name`;
  return {
    vendor,
    architecture,
    name: isFallback ? `${name} (computed in software)` : name,
    isFallback,
    subgroup: isFixed && adapter.features.has(SUBGROUPS) ? subgroupMaxSize : null,
  };
}
