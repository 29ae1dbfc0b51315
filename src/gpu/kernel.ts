import type { GpuBuffer } from './arena.ts';
import type { Connection } from './connection.ts';
import { GpuError, MissingBindingError } from './errors.ts';
import {
  assemble,
  parseKernel,
  type AssembledShader,
  type KernelInterface,
  type ShaderSources,
} from './wgsl.ts';

/** Values of a kernel's `Params` by field name. */
export type Params = Readonly<Record<string, number>>;

type Buffers = Readonly<Record<string, GpuBuffer>>;

/** Values of `override` declarations by name. */
export type Overrides = Readonly<Record<string, number>>;

/** Workgroups along x, y and z. */
export type Workgroups = readonly [x: number, y?: number, z?: number];

/** One run of a kernel over its grid, waiting for the scheduler. */
export interface Dispatch {
  readonly kind: 'dispatch';
  readonly kernel: Kernel;
  readonly bound: BoundKernel;
  readonly group: GPUBindGroup;
  readonly params: Params;
  readonly workgroups: Workgroups;
  /** Relative cost of one workgroup of this run, for example pixels or images. Not 0. */
  readonly work: number;
  /** Of a grid that the device chooses (counted.ts): `params` and `workgroups` are then those of the largest. */
  readonly indirect?: Indirect;
}

/** Whether its grid may be cut along x; one that the device chooses is submitted as a whole. */
export function isSplittable({ kernel, indirect }: Dispatch): boolean {
  return kernel.splittable && !indirect;
}

/** Where a dispatch finds its params and its workgroups, in bytes. */
export interface Indirect {
  readonly slots: GpuBuffer;
  readonly params: number;
  readonly grid: number;
}

/** The scheduler fills this field itself; a kernel that has it may be split along x. */
export const SPLIT_FIELD = 'first_workgroup';

/** A compiled compute shader, run by the names of its bindings. */
export class Kernel {
  /** How often it was recorded into a submit. */
  dispatches = 0;

  constructor(
    private readonly device: Connection,
    /** The buffer into which the scheduler writes the params. */
    private readonly uploads: GpuBuffer,
    /** For example "fvsbn.score". */
    readonly label: string,
    readonly pipeline: GPUComputePipeline,
    readonly layout: GPUBindGroupLayout,
    readonly face: KernelInterface,
    /** Milliseconds from the request to the pipeline. */
    readonly compiledMs: number,
  ) {}

  get splittable(): boolean {
    return this.face.params?.fields.some((field) => field.name === SPLIT_FIELD) ?? false;
  }

  /** A whole-number `const` or `override` of the WGSL: a tile size. Throws where there is none of this name. */
  constant(name: string): number {
    const value = this.face.constants.get(name);
    if (value === undefined) throw new GpuError(`${this.label}: no constant ${name}`);
    return value;
  }

  /** Buffers for all its bindings. Throws `MissingBindingError` where the names differ from those declared. */
  bind(buffers: Buffers): BoundKernel {
    const names = this.face.bindings.map((declared) => declared.name);
    if (names.some((name) => !(name in buffers)) || Object.keys(buffers).length !== names.length)
      throw new MissingBindingError(this.label, 'binding', names, Object.keys(buffers));
    return new BoundKernel(this, this.groupOf(buffers, this.uploads), buffers);
  }

  /** The bind group of `buffers`, with params out of `source`. */
  groupOf(buffers: Buffers, source: GpuBuffer): GPUBindGroup {
    const { bindings, params } = this.face;
    const entries: GPUBindGroupEntry[] = bindings.map(({ name, binding }) => {
      const { raw, offset, bytes } = buffers[name];
      return { binding, resource: { buffer: raw, offset, size: bytes } };
    });
    if (params) entries.push({ binding: params.index, resource: { buffer: source.raw, size: params.bytes } });
    return this.device.raw.createBindGroup({ label: this.label, layout: this.layout, entries });
  }
}

/** A kernel with its buffers: made once, run often. */
export class BoundKernel {
  readonly #others = new Map<GpuBuffer, GPUBindGroup>();

  constructor(
    readonly kernel: Kernel,
    private readonly group: GPUBindGroup,
    private readonly buffers: Buffers,
  ) {}

  /** Its bind group with params out of another buffer than the scheduler's. */
  groupWith(params: GpuBuffer): GPUBindGroup {
    let group = this.#others.get(params);
    if (!group) this.#others.set(params, (group = this.kernel.groupOf(this.buffers, params)));
    return group;
  }

  constant(name: string): number {
    return this.kernel.constant(name);
  }

  /** Workgroups over `count` things, of which each takes as many as the constant `per` says. */
  groups(count: number, per = 'threads'): number {
    return Math.ceil(count / this.constant(per));
  }

  /**
   * Throws `MissingBindingError` where the names of `params` differ from the fields of the WGSL's struct, and where a buffer
   * was destroyed.
   */
  dispatch(params: Params, workgroups: Workgroups, work = 1): Dispatch {
    const fields = (this.kernel.face.params?.fields ?? [])
      .map((f) => f.name)
      .filter((name) => name !== SPLIT_FIELD);
    if (fields.some((name) => !(name in params)) || Object.keys(params).length !== fields.length)
      throw new MissingBindingError(this.kernel.label, 'parameter', fields, Object.keys(params));
    for (const buffer of Object.values(this.buffers)) buffer.throwIfRetired();
    return {
      kind: 'dispatch',
      kernel: this.kernel,
      bound: this,
      group: this.group,
      params,
      workgroups,
      work,
    };
  }
}

/** Writes `params` at the offsets of the WGSL's struct. */
export function encodeParams(
  kernel: Kernel,
  params: Params,
  firstWorkgroup: number,
  view: DataView,
  at: number,
): void {
  for (const { name, type, offset } of kernel.face.params?.fields ?? []) {
    const value = name === SPLIT_FIELD ? firstWorkgroup : params[name];
    if (type === 'f32') view.setFloat32(at + offset, value, true);
    else view.setUint32(at + offset, value >>> 0, true);
  }
}

/** A kernel's WGSL, read and not yet compiled. */
export interface Source {
  /** For example "fvsbn.score". */
  readonly label: string;
  readonly shader: AssembledShader;
  readonly face: KernelInterface;
}

/** Reads shaders/<path> and what it includes. Throws, naming the file, where a file is missing or uses unsupported WGSL. */
export function readKernel(path: string, sources: ShaderSources): Source {
  const shader = assemble(path, sources);
  return {
    label: path.replace(/\.wgsl$/, '').replaceAll('/', '.'),
    shader,
    face: parseKernel(shader.code, path),
  };
}

/** The same with other values of its overrides, which are part of the label: their costs differ. What it does not declare is ignored. */
export function overridden({ label, shader, face }: Source, overrides: Overrides): Source {
  const own = Object.entries(overrides).filter(
    ([name, value]) => face.overrides.has(name) && face.constants.get(name) !== value,
  );
  if (own.length === 0) return { label, shader, face };
  const constants = new Map([...face.constants, ...own]);
  const said = own.map(([name, value]) => `${name} ${value}`).join(', ');
  return { label: `${label} (${said})`, shader, face: { ...face, constants } };
}

/** Compiles with an explicit layout. Throws `GpuError` with file and line of every message. */
export async function compileKernel(
  device: Connection,
  uploads: GpuBuffer,
  { label, shader, face }: Source,
): Promise<Kernel> {
  let compilation: Promise<GPUCompilationInfo> | undefined;
  const begun = performance.now();
  const constants = Object.fromEntries([...face.overrides].map((name) => [name, face.constants.get(name)!]));
  try {
    return await device.guard(label, async () => {
      const module = device.raw.createShaderModule({ label, code: shader.code });
      compilation = module.getCompilationInfo();
      const layout = device.raw.createBindGroupLayout({ label, entries: layoutEntries(face) });
      const pipeline = device.raw.createComputePipelineAsync({
        label,
        layout: device.raw.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: face.entryPoint, constants },
      });
      const compiled = await pipeline;
      return new Kernel(device, uploads, label, compiled, layout, face, performance.now() - begun);
    });
  } catch (error) {
    device.throwIfLost();
    const problems = compilation ? describeProblems(await device.orLost(compilation), shader) : '';
    throw problems === '' ? error : new GpuError(problems);
  }
}

function layoutEntries(face: KernelInterface): GPUBindGroupLayoutEntry[] {
  const visibility = 0x4; // GPUShaderStage.COMPUTE, a global of browsers only
  const entries: GPUBindGroupLayoutEntry[] = face.bindings.map(({ binding, kind }) => ({
    binding,
    visibility,
    buffer: { type: kind },
  }));
  if (face.params) {
    const { index, bytes } = face.params;
    entries.push({
      binding: index,
      visibility,
      buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: bytes },
    });
  }
  return entries;
}

function describeProblems(info: GPUCompilationInfo, shader: AssembledShader): string {
  return info.messages
    .filter((message) => message.type === 'error')
    .map((message) => {
      const { file, line } = shader.origin(message.lineNum);
      return `${file}:${line}:${message.linePos}: ${message.message}`;
    })
    .join('\n');
}
