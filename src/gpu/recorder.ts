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
    /** What is to be written to the start of `uploads`. */
    private readonly host: DataView<ArrayBuffer>,
    private readonly alignment: number,
    private readonly timing: Timing | null,
  ) {}

  hasRoom(work: Work): boolean {
    const bytes =
      work.kind === 'upload' ? work.data.byteLength : work.kind === 'dispatch' ? ownParams(work) : 0;
    return this.#aligned() + bytes <= this.host.byteLength;
  }

  dispatch(work: Dispatch, first: number, columns: number): void {
    this.#pass ??= this.encoder.beginComputePass({ label: work.kernel.label, ...this.timing?.writes() });
    const pass = this.#pass;
    pass.setPipeline(work.kernel.pipeline);
    const { params } = work.kernel.face;
    const { indirect } = work;
    if (indirect) {
      pass.setBindGroup(0, work.group, params ? [indirect.params] : []);
      pass.dispatchWorkgroupsIndirect(indirect.slots.native, indirect.grid);
      return;
    }
    if (params) {
      const at = this.#aligned();
      encodeParams(work.kernel, work.params, first, this.host, at);
      this.used = at + params.bytes;
      pass.setBindGroup(0, work.group, [at]);
    } else pass.setBindGroup(0, work.group);
    const [, y = 1, z = 1] = work.workgroups;
    pass.dispatchWorkgroups(columns, y, z);
  }

  upload(work: Upload): void {
    this.end();
    const at = this.#aligned();
    new Uint32Array(this.host.buffer, at, work.data.length).set(work.data);
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

/** Bytes of a dispatch's params among the uploads. */
function ownParams({ kernel, indirect }: Dispatch): number {
  return indirect ? 0 : (kernel.face.params?.bytes ?? 0);
}
