/** What a test of the engine, or of what asks it, runs on where there is no WebGPU: typed arrays, and time that stands still. */
import { fail } from '../../../src/data/result.ts';
import { BackendHost, type Machine } from '../../../src/engine/backend-host.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { EngineSession } from '../../../src/engine/session.ts';

/** A turn of the event loop. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A host without WebGPU, where `changes` of its machine say nothing else. */
export function hostWithoutWebGpu(changes: Partial<Machine> = {}): BackendHost {
  return new BackendHost({
    createCpu: createCpuBackend,
    createWebGpu: () => Promise.resolve(fail('none')),
    isSoftware: () => Promise.resolve(fail('none')),
    sleep: () => Promise.resolve(),
    now: () => 0,
    ...changes,
  });
}

/** An engine on such a host, which lets the event loop take a turn between slices of work. */
export function engineWithoutWebGpu(changes: Partial<Machine> = {}): EngineSession {
  return new EngineSession(hostWithoutWebGpu(changes), nextTurn);
}
