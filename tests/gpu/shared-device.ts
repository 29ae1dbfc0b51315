/**
 * One GPUDevice for all tests of a page, or for all checks of a script. Compiling is most of what the software adapter does in these tests, and a device with one
 * planted error differs from the others in one kernel: with the device shared, only that kernel is compiled.
 */

/** `target` with some members replaced; its own methods are called on `target` itself. */
function overriding<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get(_, key) {
      if (Object.hasOwn(members, key)) return members[key as keyof T];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** What makes two pipelines the same: the layouts follow from the code. */
const codes = new WeakMap<GPUShaderModule, string>();

/** Compiles a code once. What failed is compiled, and reported, again. */
function compilingOnce(raw: GPUDevice): Partial<GPUDevice> {
  const pipelines = new Map<string, Promise<GPUComputePipeline>>();
  return {
    createShaderModule(descriptor) {
      const module = raw.createShaderModule(descriptor);
      codes.set(module, descriptor.code);
      return module;
    },
    createComputePipelineAsync(descriptor) {
      const code = codes.get(descriptor.compute.module);
      if (code === undefined) throw new Error(`${String(descriptor.label)}: a module of another device`);
      const known = pipelines.get(code);
      if (known) return known;
      const pipeline = raw.createComputePipelineAsync(descriptor);
      pipelines.set(code, pipeline);
      pipeline.catch(() => pipelines.delete(code));
      return pipeline;
    },
  };
}

/** A handle on the device that is lost when it is destroyed, and with the device. */
function handleOf(raw: GPUDevice, members: Partial<GPUDevice>): GPUDevice {
  let lose: (info: GPUDeviceLostInfo) => void = () => undefined;
  const destroyed = new Promise<GPUDeviceLostInfo>((resolve) => (lose = resolve));
  return overriding(raw, {
    ...members,
    lost: Promise.race([destroyed, raw.lost]),
    destroy(): undefined {
      lose({ reason: 'destroyed', message: 'The handle was destroyed.' } as GPUDeviceLostInfo);
    },
  });
}

async function openShared(adapter: GPUAdapter, descriptor?: GPUDeviceDescriptor) {
  const raw = await adapter.requestDevice(descriptor);
  const members = compilingOnce(raw);
  return () => handleOf(raw, members);
}

/**
 * `gpu`, of which every adapter gives a handle on one device. A lost device makes all later handles lost. All handles get what the first
 * one asked for, so all must ask for the same.
 */
export function shareDevice(gpu: GPU): GPU {
  let shared: ReturnType<typeof openShared> | undefined;
  let asked: string | undefined;
  return overriding(gpu, {
    async requestAdapter(options) {
      const adapter = await gpu.requestAdapter(options);
      if (!adapter) return null;
      return overriding(adapter, {
        async requestDevice(descriptor) {
          shared ??= openShared(adapter, descriptor);
          asked ??= JSON.stringify(descriptor);
          if (JSON.stringify(descriptor) !== asked)
            throw new Error(`the shared device was opened with ${asked}: open one of the test's own`);
          return (await shared)();
        },
      });
    },
  });
}
