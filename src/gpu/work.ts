import type { GpuBuffer } from './arena.ts';
import type { Dispatch } from './kernel.ts';

/** Bytes of host data of one submit: params and uploads. */
export const UPLOAD_BYTES = 2 * 2 ** 20;

/** Writes host data into a buffer, in order with the dispatches. At most `UPLOAD_BYTES / 2`. */
export interface Upload {
  readonly kind: 'upload';
  readonly target: GpuBuffer;
  /** In bytes. */
  readonly offset: number;
  readonly data: Uint32Array<ArrayBuffer>;
}

/** Copies device memory to device memory; offsets and size in bytes. */
export interface Copy {
  readonly kind: 'copy';
  readonly source: GpuBuffer;
  readonly sourceOffset: number;
  readonly target: GpuBuffer;
  readonly targetOffset: number;
  readonly bytes: number;
}

export type Work = Dispatch | Upload | Copy;

/** Writes `data` to the start of `target`, in pieces small enough for the scheduler. */
export function uploads(target: GpuBuffer, data: Uint32Array<ArrayBuffer>): Upload[] {
  const most = UPLOAD_BYTES / 8;
  return Array.from({ length: Math.ceil(data.length / most) }, (_, i) => ({
    kind: 'upload',
    target,
    offset: i * most * 4,
    // A copy, because the caller may overwrite its array while the work waits in the queue.
    data: data.slice(i * most, (i + 1) * most),
  }));
}
