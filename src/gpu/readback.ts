import type { Arena, GpuBuffer } from './arena.ts';
import type { Connection } from './connection.ts';
import type { Scheduler } from './scheduler.ts';
import type { Work } from './work.ts';

/** Larger staging buffers are freed after use instead of kept. */
const KEEP_BYTES = 8 * 2 ** 20;

/** Floats or words of a buffer, from element `offset` on. */
export interface Piece {
  readonly source: GpuBuffer;
  readonly count: number;
  readonly offset?: number;
}

/** Brings device memory to the host. Staging buffers are kept for the next time. */
export class Readback {
  readonly #free: GpuBuffer[] = [];

  constructor(
    private readonly device: Connection,
    private readonly scheduler: Scheduler,
    private readonly arena: Arena,
  ) {}

  /**
   * All pieces as they are right after `work`, which runs after all work scheduled before. Rejects with `GpuLostError` or the driver's
   * error; what could not be read is never returned as zeros.
   */
  async read(pieces: readonly Piece[], work: readonly Work[] = []): Promise<ArrayBuffer[]> {
    this.device.throwIfLost();
    const stagings = pieces.map(({ count }) => this.#take(count * 4));
    const copies = pieces.map(({ source, count, offset = 0 }, index): Work => {
      const target = stagings[index];
      return { kind: 'copy', source, sourceOffset: offset * 4, target, targetOffset: 0, bytes: count * 4 };
    });
    await this.scheduler.run([...work, ...copies]);
    await this.scheduler.submitted();
    return Promise.all(pieces.map(({ count }, index) => this.#map(stagings[index], count * 4)));
  }

  /** The first `count` floats of a buffer, right after `work`. */
  async floats(
    source: GpuBuffer,
    count: number,
    work: readonly Work[] = [],
  ): Promise<Float32Array<ArrayBuffer>> {
    const [bytes] = await this.read([{ source, count }], work);
    return new Float32Array(bytes);
  }

  /** The first `count` words of a buffer, right after `work`. */
  async words(
    source: GpuBuffer,
    count: number,
    work: readonly Work[] = [],
  ): Promise<Uint32Array<ArrayBuffer>> {
    const [bytes] = await this.read([{ source, count }], work);
    return new Uint32Array(bytes);
  }

  async #map(staging: GpuBuffer, bytes: number): Promise<ArrayBuffer> {
    if (bytes === 0) return new ArrayBuffer(0);
    const raw = staging.raw;
    await this.device.orLost(raw.mapAsync(0x1, 0, bytes)); // GPUMapMode.READ, a global of browsers only
    this.device.throwIfLost();
    const copy = raw.getMappedRange(0, bytes).slice(0);
    raw.unmap();
    if (staging.bytes > KEEP_BYTES) this.arena.free(staging);
    else this.#free.push(staging);
    return copy;
  }

  #take(bytes: number): GpuBuffer {
    const at = this.#free.findIndex((buffer) => buffer.bytes >= bytes);
    if (at >= 0) return this.#free.splice(at, 1)[0];
    // Powers of two, so that slightly larger requests find it again.
    const size = bytes > KEEP_BYTES ? bytes : 2 ** Math.ceil(Math.log2(Math.max(bytes, 4096)));
    return this.arena.staging('staging', size);
  }
}
