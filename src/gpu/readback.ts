import type { Arena, GpuBuffer } from './arena.ts';
import type { Connection } from './connection.ts';
import type { Scheduler } from './scheduler.ts';
import type { Work } from './work.ts';

/** Larger staging buffers are freed after use instead of kept. */
const KEEP_BYTES = 8 * 2 ** 20;
/** Size of a staging buffer that readbacks of one task share; a larger readback has a larger one. */
const BATCH_BYTES = 64 * 2 ** 10;

/** Floats or words of a buffer, from element `offset` on. */
export interface Piece {
  readonly source: GpuBuffer;
  readonly count: number;
  readonly offset?: number;
}

/** A staging buffer that the readbacks of one task share, so that one mapping answers all of them. */
interface Batch {
  readonly staging: GpuBuffer;
  /** Bytes taken so far. */
  used: number;
  /** The bytes of every piece, in the order in which they were taken. */
  readonly ranges: { readonly at: number; readonly bytes: number }[];
  readonly contents: Promise<readonly ArrayBuffer[]>;
}

/** Reads device memory back to the host. Staging buffers are reused. */
export class Readback {
  readonly #free: GpuBuffer[] = [];
  /** The batch that further readbacks of this task join. */
  #batch: Batch | null = null;

  constructor(
    private readonly device: Connection,
    private readonly scheduler: Scheduler,
    private readonly arena: Arena,
  ) {}

  /**
   * All pieces as they are right after `work`, which runs after all work scheduled before. Rejects with `GpuLostError` or the driver's
   * error; a failed read never returns zeros.
   */
  async read(pieces: readonly Piece[], work: readonly Work[] = []): Promise<ArrayBuffer[]> {
    this.device.throwIfLost();
    const batch = this.#batchFor(pieces.reduce((sum, { count }) => sum + count * 4, 0));
    const { staging, ranges } = batch;
    const first = ranges.length;
    const copies = pieces.map(({ source, count, offset = 0 }): Work => {
      const at = batch.used;
      const bytes = count * 4;
      ranges.push({ at, bytes });
      batch.used += bytes;
      return { kind: 'copy', source, sourceOffset: offset * 4, target: staging, targetOffset: at, bytes };
    });
    const queued = new Promise<void>((resolve) => {
      this.scheduler.queue([...work, ...copies]);
      resolve();
    });
    const [contents] = await Promise.all([batch.contents, queued]);
    return contents.slice(first, first + pieces.length);
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

  /** A batch with room for `bytes`. */
  #batchFor(bytes: number): Batch {
    const open = this.#batch;
    if (open && open.used + bytes <= open.staging.bytes) return open;
    const empty = { staging: this.#take(Math.max(bytes, BATCH_BYTES)), used: 0, ranges: [] };
    this.#batch = Object.assign(empty, { contents: this.#contentsOf(empty) });
    return this.#batch;
  }

  async #contentsOf(batch: Omit<Batch, 'contents'>): Promise<readonly ArrayBuffer[]> {
    // Readbacks of the same task join the batch; then it is closed, before any of their work is submitted.
    await Promise.resolve();
    if (this.#batch === batch) this.#batch = null;
    const { staging, used, ranges } = batch;
    try {
      await this.scheduler.submitted();
      const contents =
        used > 0 ? await this.#map(staging, used, ranges) : ranges.map(() => new ArrayBuffer(0));
      if (staging.bytes > KEEP_BYTES) this.arena.free(staging);
      else this.#free.push(staging);
      return contents;
    } catch (error) {
      // The buffer may be mapped or about to be: it cannot be reused.
      this.arena.free(staging);
      throw error;
    }
  }

  async #map({ raw }: GpuBuffer, used: number, ranges: Batch['ranges']): Promise<ArrayBuffer[]> {
    await this.device.orLost(raw.mapAsync(0x1, 0, used)); // GPUMapMode.READ, a global of browsers only
    this.device.throwIfLost();
    const mapped = raw.getMappedRange(0, used);
    const contents = ranges.map(({ at, bytes }) => mapped.slice(at, at + bytes));
    raw.unmap();
    return contents;
  }

  #take(bytes: number): GpuBuffer {
    const at = this.#free.findIndex((buffer) => buffer.bytes >= bytes);
    if (at >= 0) return this.#free.splice(at, 1)[0];
    // Powers of two, so that slightly larger requests can reuse it.
    const size = bytes > KEEP_BYTES ? bytes : 2 ** Math.ceil(Math.log2(bytes));
    return this.arena.staging('staging', size);
  }
}
