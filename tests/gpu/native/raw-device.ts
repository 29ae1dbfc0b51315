/** A device without the engine's scheduler: only what measuring the machine itself needs. */

const STORAGE = 0x80;
const UNIFORM = 0x40;
const COPY_SRC = 0x4;
const COPY_DST = 0x8;
const MAP_READ = 0x1;

export class RawDevice {
  constructor(readonly device: GPUDevice) {}

  storage(bytes: number): GPUBuffer {
    return this.device.createBuffer({ size: bytes, usage: STORAGE | COPY_SRC | COPY_DST });
  }

  filled(data: Float32Array<ArrayBuffer>): GPUBuffer {
    const buffer = this.storage(data.byteLength);
    // In pieces: an upload of a whole large matrix would need staging memory of its size.
    const most = 2 ** 22;
    for (let at = 0; at < data.length; at += most)
      this.device.queue.writeBuffer(buffer, at * 4, data, at, Math.min(most, data.length - at));
    return buffer;
  }

  uniform(words: readonly number[]): GPUBuffer {
    const buffer = this.device.createBuffer({ size: 16, usage: UNIFORM | COPY_DST });
    this.device.queue.writeBuffer(buffer, 0, Uint32Array.from(words));
    return buffer;
  }

  pipeline(code: string): Promise<GPUComputePipeline> {
    const module = this.device.createShaderModule({ code });
    return this.device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  }

  group(pipeline: GPUComputePipeline, buffers: readonly GPUBuffer[]): GPUBindGroup {
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    return this.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  }

  /** Runs all of them in one submit; resolves when they have run. */
  async run(
    pipeline: GPUComputePipeline,
    groups: readonly GPUBindGroup[],
    workgroups: readonly [number, number],
    repeats: number,
  ): Promise<void> {
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    for (let i = 0; i < repeats; i++) {
      pass.setBindGroup(0, groups[i % groups.length]);
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
    this.device.queue.submit([encoder.finish()]);
    await this.device.queue.onSubmittedWorkDone();
  }

  /** `count` floats from float `from` on. */
  async floats(source: GPUBuffer, from: number, count: number): Promise<Float32Array> {
    const staging = this.device.createBuffer({ size: count * 4, usage: MAP_READ | COPY_DST });
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, from * 4, staging, 0, count * 4);
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(MAP_READ);
    const read = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return read;
  }
}
