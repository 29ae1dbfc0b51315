/** What is opened on a device is freed whatever fails or overlaps, and a destroyed buffer fails only the call that uses it. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ok } from '../../../src/data/result.ts';
import { indexRange } from '../../../src/data/rng.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { BackendHost } from '../../../src/engine/backend-host.ts';
import { EngineSession } from '../../../src/engine/session.ts';
import { openScope } from '../../../src/engine/backends/webgpu/scope.ts';
import { openSampler } from '../../../src/engine/backends/webgpu/sampler.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import { Costs } from '../../../src/gpu/costs.ts';
import { GpuLostError } from '../../../src/gpu/errors.ts';
import type { Model } from '../../../src/models/model.ts';
import {
  destroyOwn,
  openOwnBackend,
  openOwnDevice,
  randomImages,
  randomModel,
  readbacksOf,
  withShader,
} from '../setup.ts';

const SMALL = { width: 9, height: 9 };
const REQUEST = { seed: 1, indices: indexRange(0, 20), temperature: 1 };
const CHAIN = randomModel('chain', SMALL, {}, 2);
const BY_CLASS = randomModel('chain', SMALL, { 'class-conditional': 1 }, 3);

afterEach(() => {
  vi.restoreAllMocks();
  destroyOwn();
});

/** A session with models under the names "chain" and "by class", on `first` and on fresh devices after it. */
async function sessionOn(first: WebGpuBackend): Promise<EngineSession> {
  let next: WebGpuBackend | null = first;
  const host = new BackendHost({
    createCpu: createCpuBackend,
    createWebGpu: async () => {
      const backend = next ?? (await openOwnBackend());
      next = null;
      return ok(backend);
    },
    isSoftware: () => Promise.resolve(ok(false)),
    sleep: () => new Promise((resolve) => setTimeout(resolve, 0)),
    now: () => performance.now(),
  });
  await host.ready();
  const session = new EngineSession(host, () => new Promise((resolve) => setTimeout(resolve, 0)));
  await session.load('chain', CHAIN);
  await session.load('by class', BY_CLASS);
  return session;
}

async function drawn(model: Model, pixels: number) {
  const sampler = await (await createCpuBackend().open(model)).sampler(REQUEST);
  await sampler.advance(pixels);
  return await sampler.images();
}

describe('memory', () => {
  it.each(['sampler', 'iterative sampler'] as const)(
    'of %s that opens while its evaluator is destroyed',
    async (what) => {
      const backend = await openOwnBackend();
      const idle = backend.liveBytes();
      const evaluator = await backend.open(CHAIN);
      const opening =
        what === 'sampler' ? evaluator.sampler(REQUEST) : evaluator.iterativeSampler('fixed-point', REQUEST);
      const rejected = expect(opening).rejects.toThrow(/destroyed/);
      evaluator.destroy();
      await rejected;
      expect(backend.liveBytes()).toBe(idle);
    },
  );

  it('of an iterative ancestral sampler whose first images cannot be read', async () => {
    const backend = await openOwnBackend();
    const evaluator = await backend.open(CHAIN);
    const opened = backend.liveBytes();
    vi.spyOn(GPUBuffer.prototype, 'mapAsync').mockRejectedValueOnce(new Error('planted'));
    await expect(evaluator.iterativeSampler('ancestral', REQUEST)).rejects.toThrow('planted');
    expect(backend.liveBytes()).toBe(opened);
  });

  it('of a readback that fails', async () => {
    const device = await openOwnDevice();
    const buffer = device.arena('test').storage('data', 1024);
    const idle = device.liveBytes;
    vi.spyOn(GPUBuffer.prototype, 'mapAsync').mockRejectedValueOnce(new Error('planted'));
    await expect(device.readback.words(buffer, 256)).rejects.toThrow('planted');
    expect(device.liveBytes).toBe(idle);
  });

  it('of a model that is unloaded while it scores', async () => {
    const backend = await openOwnBackend();
    const session = await sessionOn(backend);
    const images = randomImages(SMALL, 400, 4);
    await session.score('chain', images);
    const score = session.score('chain', images);
    await session.unload('chain');
    const expected = await (await createCpuBackend().open(CHAIN)).logLikelihood(images);
    const found = await score;
    if (!found.ok) throw new Error(found.reason);
    found.value.forEach((nats, m) => expect(nats).toBeCloseTo(expected[m], 3));
    await session.read('by class', images);
    await session.unload('by class');
    const left = backend.liveBytes();
    await session.load('chain', CHAIN);
    await session.score('chain', images);
    await session.unload('chain');
    expect(backend.liveBytes()).toBe(left);
  });
});

describe('a buffer that was destroyed', () => {
  it('fails the call that reads or fills it, and no other call', async () => {
    const device = await openOwnDevice();
    const [gone, there] = [device.arena('gone'), device.arena('there')];
    const source = gone.storage('data', 64);
    const other = there.filled('data', new Uint32Array(16).fill(7));
    gone.destroy();
    const data = new Uint32Array(16);
    const idle = device.liveBytes;
    await Promise.all([
      expect(device.readback.words(source, 16)).rejects.toThrow(/gone.data: used after it was destroyed/),
      expect(device.readback.words(other, 16)).resolves.toEqual(new Uint32Array(16).fill(7)),
      expect(device.scheduler.run([{ kind: 'upload', target: source, offset: 0, data }])).rejects.toThrow(
        /gone.data: used after it was destroyed/,
      ),
    ]);
    expect(await device.readback.words(other, 16)).toEqual(new Uint32Array(16).fill(7));
    expect(device.liveBytes - idle).toBeLessThan(2 ** 17);
  });

  it('is that of a sampler whose images are read after it was destroyed', async () => {
    const backend = await openOwnBackend();
    const evaluator = await backend.open(CHAIN);
    const sampler = await evaluator.sampler(REQUEST);
    sampler.destroy();
    await expect(sampler.images()).rejects.toThrow(/used after it was destroyed/);
    expect(await evaluator.logLikelihood(randomImages(SMALL, 3, 5))).toHaveLength(3);
  });
});

describe('a submit', () => {
  it('that cannot be encoded fails all calls that wait for it', async () => {
    const device = await openOwnDevice();
    const buffer = device.arena('test').storage('data', 64);
    vi.spyOn(device.raw, 'createCommandEncoder').mockImplementationOnce(() => {
      throw new Error('planted');
    });
    await expect(device.readback.words(buffer, 16)).rejects.toThrow('planted');
    await expect(device.scheduler.done()).rejects.toThrow('planted');
  });
});

describe('a position', () => {
  it('counts the pixels handed to the device, not those that it refused', async () => {
    const device = await openOwnDevice();
    const sampler = await openSampler(await openScope(device, CHAIN, CHAIN.tensors), REQUEST);
    await sampler.advance(30);
    const run = vi.spyOn(device.scheduler, 'run').mockRejectedValueOnce(new GpuLostError('planted'));
    await expect(sampler.advance(10)).rejects.toThrow('planted');
    run.mockRestore();
    expect(sampler.position).toBe(30);
    await Promise.all([sampler.advance(11), sampler.advance(12)]);
    expect(sampler.position).toBe(53);
    expect(await sampler.images()).toEqual(await drawn(CHAIN, 53));
  });

  it.each([
    ['chain', CHAIN],
    ['by class', BY_CLASS],
  ])(
    'of a sampler continues from the last frame, whatever the lost device had done: %s',
    async (name, model) => {
      const session = await sessionOn(await openOwnBackend());
      await session.openSampler('samples', name, REQUEST);
      await session.advanceSampler('samples', 30);
      for (const position of [50, 70]) {
        const advance = session.advanceSampler('samples', 20);
        await Promise.resolve();
        await session.loseDevice();
        expect(await advance).toEqual(ok({ position, images: await drawn(model, position) }));
        // After a device that lived for a moment only, the next one is asked for a second later.
        await expect.poll(async () => (await session.status()).kind, { timeout: 20_000 }).toBe('webgpu');
      }
    },
  );
});

describe('a kernel', () => {
  it('that could not be compiled is compiled again for the next call', async () => {
    const device = await openOwnDevice();
    vi.spyOn(device.raw, 'createComputePipelineAsync').mockRejectedValueOnce(new Error('planted'));
    await expect(device.kernel('ops/sum.wgsl')).rejects.toThrow('planted');
    const kernel = await device.kernel('ops/sum.wgsl');
    expect(kernel.label).toBe('ops.sum');
    expect(await device.kernel('ops/sum.wgsl')).toBe(kernel);
  });
});

describe('a device kept busy', () => {
  const ADD = `
@group(0) @binding(0) var<storage, read_write> data: array<u32>;
@compute @workgroup_size(1)
fn add() {
  data[0] += 1u;
}`;

  it('submits a readback and frees memory though more work is queued behind them', async () => {
    const device = await openOwnDevice({ sources: withShader('test/add.wgsl', ADD) });
    const [arena, freed] = [device.arena('test'), device.arena('freed')];
    const bound = (await device.kernel('test/add.wgsl')).bind({ data: arena.storage('data', 16) });
    const other = arena.filled('other', new Uint32Array(16).fill(5));
    freed.storage('data', 2 ** 20);
    // One dispatch fills a submit.
    vi.spyOn(Costs.prototype, 'of').mockReturnValue(6);
    const more = (count: number) =>
      device.scheduler.run(Array.from({ length: count }, () => bound.dispatch({}, [1])));
    const full = device.liveBytes;
    const before = more(20);
    freed.destroy();
    const reading = device.readback.words(other, 16);
    const submitted = device.scheduler.submitted();
    const after = more(400);
    expect(device.liveBytes).toBeGreaterThanOrEqual(full);
    await submitted;
    // The copy, and what was queued before it.
    expect(device.scheduler.statistics().submits).toBeLessThan(25);
    expect(device.liveBytes).toBeLessThan(full);
    expect(await reading).toEqual(new Uint32Array(16).fill(5));
    await Promise.all([before, after]);
  });
});

describe('round trips', () => {
  /** Submits and readbacks of `work` on a device that takes no time for any of it. */
  async function tripsOf(backend: WebGpuBackend, work: () => Promise<unknown>) {
    // Every kernel is measured once before it shares a submit.
    await work();
    vi.spyOn(Costs.prototype, 'of').mockReturnValue(1e-9);
    vi.spyOn(Costs.prototype, 'largest').mockReturnValue(2 ** 30);
    const before = backend.statistics().submits;
    const readbacks = await readbacksOf(work);
    return { submits: backend.statistics().submits - before, readbacks };
  }

  it('of a reading of a class-conditional model: one, for the density and the class together', async () => {
    const backend = await openOwnBackend();
    const session = await sessionOn(backend);
    const image = randomImages(SMALL, 1, 6);
    expect(await tripsOf(backend, () => session.read('by class', image))).toEqual({
      submits: 1,
      readbacks: 1,
    });
  });

  it('of a score in several pieces: one', async () => {
    const backend = await openOwnBackend();
    const evaluator = await backend.open(CHAIN);
    const images = randomImages(SMALL, 300, 7);
    const work = async () => {
      const all = { ...images, count: 9_000, words: new Uint32Array(27_000) };
      for (let at = 0; at < 27_000; at += 900)
        all.words.set(images.words.subarray(0, Math.min(900, 27_000 - at)), at);
      const nats = await evaluator.logLikelihood(all);
      expect(nats[8_999]).toBe(nats[8_999 % 300]);
    };
    expect((await tripsOf(backend, work)).submits).toBe(1);
  });
});
