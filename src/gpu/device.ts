import { wordsOf } from '../data/error-words.ts';
import type { Result } from '../data/result.ts';
import { fail, ok } from '../data/result.ts';
import { type AdapterDescription, describe, requestAdapter, SUBGROUPS } from './adapter.ts';
import { Arena } from './arena.ts';
import { TIMESTAMPS } from './clock.ts';
import { Connection } from './connection.ts';
import { type Kernel, type Overrides, type Source, compileKernel, overridden, readKernel } from './kernel.ts';
import { Readback } from './readback.ts';
import { Scheduler } from './scheduler.ts';
import { shaderSources } from './shaders.ts';
import type { ShaderSources } from './wgsl.ts';

export interface DeviceOptions {
  /** Replaces the repository's WGSL: tests plant errors in it. */
  readonly sources?: ShaderSources;
  /** Takes the adapter for one of this vendor: tests run the kernels of other devices. */
  readonly vendor?: string;
  /** Whether kernels may use subgroups where the adapter has them: true unless given. */
  readonly subgroups?: boolean;
}

const OPTIONAL_FEATURES = [TIMESTAMPS, SUBGROUPS] as const;

/**
 * Opens a device: of `navigator.gpu` in a browser or worker, of Dawn in Node. No feature is required (those of
 * OPTIONAL_FEATURES are used where they are) and no limit above the default asked for. Fails with a sentence where there is no adapter or it gives no device.
 */
export async function openDevice(gpu: GPU | undefined, options: DeviceOptions = {}): Promise<Result<Device>> {
  const adapter = await requestAdapter(gpu);
  if (!adapter.ok) return adapter;
  try {
    const requiredFeatures = OPTIONAL_FEATURES.filter((feature) => adapter.value.features.has(feature));
    const raw = await adapter.value.requestDevice({ label: 'inkling', requiredFeatures });
    const described = describe(adapter.value);
    const vendor = options.vendor ?? described.vendor;
    const subgroup = (options.subgroups ?? true) && raw.features.has(SUBGROUPS) ? described.subgroup : null;
    return ok(new Device(raw, { ...described, vendor, subgroup }, options.sources ?? shaderSources));
  } catch (error) {
    return fail(`WebGPU: the adapter gave no device (${wordsOf(error)}).`);
  }
}

/** One GPUDevice with everything allocated on it. Once lost it stays lost: open another. */
export class Device extends Connection {
  readonly scheduler: Scheduler;
  readonly readback: Readback;
  readonly #arenas = new Set<Arena>();
  readonly #read = new Map<string, Source>();
  readonly #kernels = new Map<string, Promise<Kernel>>();
  readonly #compiled: Kernel[] = [];

  constructor(
    raw: GPUDevice,
    readonly adapter: AdapterDescription,
    private readonly sources: ShaderSources,
  ) {
    super(raw);
    const own = this.arena('inkling');
    this.scheduler = new Scheduler(this, own);
    this.readback = new Readback(this, this.scheduler, own);
    this.onLost((error) => {
      this.scheduler.stop(error);
      for (const arena of this.#arenas) arena.destroy();
    });
  }

  /** Memory that is freed by its own `destroy()`, or by the device's. */
  arena(name: string): Arena {
    this.throwIfLost();
    const arena = new Arena(this, name, () => this.#arenas.delete(arena));
    this.#arenas.add(arena);
    return arena;
  }

  /**
   * Compiles `shaders/<path>` once per device and values of its overrides; after a failure the next call compiles again. Rejects with file
   * and line where the WGSL is wrong. Where subgroups may be used and there is a `<path>-subgroup`, that is compiled instead: it has the same
   * interface, and workgroups of one subgroup.
   */
  async kernel(path: string, overrides: Overrides = {}): Promise<Kernel> {
    this.throwIfLost();
    const { subgroup } = this.adapter;
    const variant = subgroupVariant(path);
    const source =
      subgroup !== null && this.sources.has(variant)
        ? overridden(this.#readOnce(variant), { ...overrides, threads: subgroup })
        : overridden(this.#readOnce(path), overrides);
    let kernel = this.#kernels.get(source.label);
    if (!kernel) {
      kernel = compileKernel(this, this.scheduler.uploads, source);
      this.#kernels.set(source.label, kernel);
      // A failure may be temporary: the next call compiles again. This call rejects.
      kernel.then(
        (compiled) => this.#compiled.push(compiled),
        () => this.#kernels.delete(source.label),
      );
    }
    return await kernel;
  }

  #readOnce(path: string): Source {
    let read = this.#read.get(path);
    if (!read) this.#read.set(path, (read = readKernel(path, this.sources)));
    return read;
  }

  /** Kernels, submits and memory so far. Times are in milliseconds; of a submit, from its start to its completion. */
  debug() {
    const { submits, times } = this.scheduler.statistics();
    const sorted = [...times].sort((a, b) => a - b);
    return {
      adapter: this.adapter.name,
      kernels: this.#compiled.map(({ label, compiledMs, dispatches }) => ({ label, compiledMs, dispatches })),
      submits,
      lastMs: times.at(-1) ?? null,
      medianMs: sorted.at(sorted.length >> 1) ?? null,
      liveBytes: this.liveBytes,
      peakBytes: this.peakBytes,
    };
  }

  /** Compiles all of them side by side; the kernels by their path. */
  async kernels(paths: readonly string[], overrides?: Overrides): Promise<ReadonlyMap<string, Kernel>> {
    const kernels = await Promise.all(paths.map((path) => this.kernel(path, overrides)));
    return new Map(paths.map((path, index) => [path, kernels[index]]));
  }
}

/** Where the variant of `shaders/<path>` for devices with subgroups lies, if there is one. */
export function subgroupVariant(path: string): string {
  return path.replace(/\.wgsl$/, '-subgroup.wgsl');
}
