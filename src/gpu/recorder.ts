import type { GpuBuffer } from './arena.ts';
import type { Timing } from './clock.ts';
import { encodeParams, type Dispatch } from './kernel.ts';
import type { Copy, Upload, Work } from './work.ts';

/** One command buffer being encoded, with the host data uploaded before it. */
export class Recorder {
  /** Bytes of `uploads` in use. */
  used = 0;
  #pass: GPUComputePassEncoder | null = null;

  constructor(
    private readonly encoder: GPUCommandEncoder,
    private readonly uploads: GpuBuffer,
    private readonly alignment: number,
    private readonly capacity: number,
    private readonly timing: Timing | null,
  ) {}

  hasRoom(work: Work): boolean {
    const bytes =
      work.kind === 'upload'
        ? work.data.byteLength
        : work.kind === 'dispatch'
          ? (work.kernel.face.params?.bytes ?? 0)
          : 0;
    return this.#aligned() + bytes <= this.capacity;
  }

  dispatch(work: Dispatch, first: number, columns: number, view: DataView): void {
    this.#pass ??= this.encoder.beginComputePass({ label: work.kernel.label, ...this.timing?.writes() });
    const pass = this.#pass;
    pass.setPipeline(work.kernel.pipeline);
    const { params } = work.kernel.face;
    if (params) {
      const at = this.#aligned();
      encodeParams(work.kernel, work.params, first, view, at);
      this.used = at + params.bytes;
      pass.setBindGroup(0, work.group, [at]);
    } else pass.setBindGroup(0, work.group);
    const [, y = 1, z = 1] = work.workgroups;
    pass.dispatchWorkgroups(columns, y, z);
  }

  upload(work: Upload, host: ArrayBuffer): void {
    this.end();
    const at = this.#aligned();
    new Uint32Array(host, at, work.data.length).set(work.data);
    this.used = at + work.data.byteLength;
    this.encoder.copyBufferToBuffer(
      this.uploads.native,
      at,
      work.target.native,
      work.target.offset + work.offset,
      work.data.byteLength,
    );
  }

  copy(work: Copy): void {
    if (work.bytes === 0) return;
    this.end();
    this.encoder.copyBufferToBuffer(
      work.source.native,
      work.source.offset + work.sourceOffset,
      work.target.native,
      work.target.offset + work.targetOffset,
      work.bytes,
    );
  }

  end(): void {
    this.#pass?.end();
    this.#pass = null;
  }

  #aligned(): number {
    return Math.ceil(this.used / this.alignment) * this.alignment;
  }
}
