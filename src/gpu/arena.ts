import type { Connection } from './connection.ts';
import { GpuError } from './errors.ts';

/** A named piece of device memory: a buffer, or a part of one. Using it after its arena was destroyed throws. */
export class GpuBuffer {
  #retired = false;

  constructor(
    readonly label: string,
    readonly bytes: number,
    /** Only for the scheduler, whose queue may hold work that was queued before the arena was destroyed. */
    readonly native: GPUBuffer,
    /** In bytes, of a part; freed with `whole`. */
    readonly offset = 0,
    private readonly whole: GpuBuffer | null = null,
  ) {}

  /** The WebGPU object. Throws after the arena was destroyed. */
  get raw(): GPUBuffer {
    this.throwIfRetired();
    return this.native;
  }

  throwIfRetired(): void {
    if (this.#retired) throw new GpuError(`${this.label}: used after it was destroyed`);
    this.whole?.throwIfRetired();
  }

  /** A part of it. A dispatch may not read one part and write another: to WebGPU they are one buffer. */
  part(name: string, offset: number, bytes: number): GpuBuffer {
    return new GpuBuffer(`${this.label}.${name}`, bytes, this.native, this.offset + offset, this);
  }

  retire(): void {
    this.#retired = true;
  }
}

/** Several arrays of f32 in one buffer. */
export interface Together {
  readonly whole: GpuBuffer;
  /** Floats of `whole`, those between the arrays included. */
  readonly count: number;
  readonly parts: Readonly<Record<string, GpuBuffer>>;
}

/** Owns buffers that are freed together. Sizes are in bytes; every buffer is zero at first. */
export class Arena {
  readonly #buffers = new Set<GpuBuffer>();
  #destroyed = false;

  constructor(
    private readonly device: Connection,
    /** First part of every label, for example the family. */
    readonly name: string,
    private readonly onDestroy: () => void,
  ) {}

  /** Memory that kernels read and write. Throws where it exceeds the device's limit of a binding. */
  storage(name: string, bytes: number): GpuBuffer {
    const limit = this.device.limits.maxStorageBufferBindingSize;
    if (bytes > limit)
      throw new GpuError(`${this.name}.${name}: ${bytes} bytes exceed the device's limit of ${limit}`);
    return this.#create(name, bytes, STORAGE | COPY_SRC | COPY_DST);
  }

  /** Memory with initial contents. Views of 1-byte elements must be a multiple of 4 long. */
  filled(name: string, data: ArrayBufferView<ArrayBuffer>): GpuBuffer {
    const buffer = this.storage(name, data.byteLength);
    if (data.byteLength > 0) this.device.raw.queue.writeBuffer(buffer.raw, 0, data);
    return buffer;
  }

  /**
   * Memory for several arrays of f32 side by side, so that one dispatch or copy can take all of them. Each begins where a binding
   * may; what lies between them is 0.
   */
  together(name: string, lengths: Readonly<Record<string, number>>): Together {
    const unit = this.device.limits.minStorageBufferOffsetAlignment;
    let bytes = 0;
    const places = Object.entries(lengths).map(([part, length]) => {
      const at = bytes;
      // Never empty, as below.
      bytes += Math.ceil(Math.max(length * 4, 16) / unit) * unit;
      return { part, at, length };
    });
    const whole = this.storage(name, bytes);
    const parts = places.map(
      ({ part, at, length }) => [part, whole.part(part, at, Math.max(16, length * 4))] as const,
    );
    return { whole, count: bytes / 4, parts: Object.fromEntries(parts) };
  }

  /** The same with initial contents. */
  filledTogether(name: string, arrays: Readonly<Record<string, Float32Array<ArrayBuffer>>>): Together {
    const lengths = Object.entries(arrays).map(([part, { length }]) => [part, length] as const);
    const together = this.together(name, Object.fromEntries(lengths));
    const all = new Float32Array(together.count);
    for (const [part, values] of Object.entries(arrays)) all.set(values, together.parts[part].offset / 4);
    this.device.raw.queue.writeBuffer(together.whole.raw, 0, all);
    return together;
  }

  /** Memory for the params of kernels and the source of uploads. */
  uploads(name: string, bytes: number): GpuBuffer {
    return this.#create(name, bytes, UNIFORM | COPY_SRC | COPY_DST);
  }

  /** Memory that answers of queries are resolved into. */
  queries(name: string, bytes: number): GpuBuffer {
    return this.#create(name, bytes, QUERY_RESOLVE | COPY_SRC);
  }

  /** Memory that the host maps for reading. */
  staging(name: string, bytes: number): GpuBuffer {
    return this.#create(name, bytes, MAP_READ | COPY_DST);
  }

  /** Frees one buffer before the others. */
  free(buffer: GpuBuffer): void {
    if (!this.#buffers.delete(buffer)) return;
    buffer.retire();
    this.device.afterQueue(() => {
      buffer.native.destroy();
      this.device.countBytes(-buffer.bytes);
    });
  }

  /** Frees everything once work that is already queued has been submitted. A second call does nothing. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    for (const buffer of this.#buffers) this.free(buffer);
    this.onDestroy();
  }

  #create(name: string, wanted: number, usage: number): GpuBuffer {
    const label = `${this.name}.${name}`;
    if (this.#destroyed) throw new GpuError(`${label}: its arena was destroyed`);
    // Never empty: an empty buffer cannot be bound.
    const bytes = Math.max(16, Math.ceil(wanted / 4) * 4);
    const buffer = new GpuBuffer(label, bytes, this.device.raw.createBuffer({ label, size: bytes, usage }));
    this.#buffers.add(buffer);
    this.device.countBytes(bytes);
    return buffer;
  }
}

// GPUBufferUsage is a global of browsers only; the values are fixed by the WebGPU specification.
const MAP_READ = 0x1;
const COPY_SRC = 0x4;
const COPY_DST = 0x8;
const UNIFORM = 0x40;
const STORAGE = 0x80;
const QUERY_RESOLVE = 0x200;
