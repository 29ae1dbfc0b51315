/** What is opened on a device is freed once, in whichever order opening, using and closing overlap. */
import { describe, expect, it } from 'vitest';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import { indexRange } from '../../../src/data/rng.ts';
import type { Backend } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { BackendHost } from '../../../src/engine/backend-host.ts';
import { withClassModels } from '../../../src/engine/backends/class-conditional/class-models.ts';
import { EngineSession } from '../../../src/engine/session.ts';
import { randomImages, randomModel } from '../models/families.ts';
import { type DeviceLike, deviceLike } from './device-like.ts';

const GRID = { width: 5, height: 4 };
const REQUEST = { seed: 3, indices: indexRange(0, 6), temperature: 1 };
const MODEL = randomModel('fvsbn', GRID, 1, 1);
const OTHER = randomModel('fvsbn', GRID, 1, 2);
const IMAGES = randomImages(GRID, 3, 0.4);

/** A session with MODEL under the name "model" on the first of `devices`; after a loss the next one is used, after the last one typed arrays. */
async function sessionOn(...devices: DeviceLike[]): Promise<EngineSession> {
  const left = [...devices];
  const next = (): Result<Backend> => {
    const device = left.shift();
    return device ? ok(device) : fail('no device');
  };
  const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
  let clock = 0;
  const host = new BackendHost({
    createCpu: createCpuBackend,
    createWebGpu: () => Promise.resolve(next()),
    isSoftware: () => Promise.resolve(ok(false)),
    sleep: async (milliseconds) => {
      clock += milliseconds;
      await turn();
    },
    now: () => clock,
  });
  await host.ready();
  const session = new EngineSession(host, turn);
  valueOf(await session.load('model', MODEL));
  return session;
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

describe('an evaluator', () => {
  it.each(['unload', 'load'] as const)('outlives a score during which %s is called', async (change) => {
    const device = deviceLike();
    const session = await sessionOn(device);
    const held = device.hold('logLikelihood');
    const score = session.score('model', IMAGES);
    await held.arrived;
    if (change === 'unload') await session.unload('model');
    else valueOf(await session.load('model', OTHER));
    // The chunk under way is scored by the model that was loaded when it began.
    held.release();
    const expected = await (await createCpuBackend().open(MODEL)).logLikelihood(IMAGES);
    expect(valueOf(await score)).toEqual(expected);
    await session.unload('model');
    expect([...device.live]).toEqual([]);
  });

  it('is destroyed after the last of the calls that use it, not the first', async () => {
    const device = deviceLike();
    const session = await sessionOn(device);
    const first = device.hold('conditionalLogits');
    const second = device.hold('conditionalLogits');
    const calls = [session.read('model', IMAGES), session.read('model', IMAGES)];
    await Promise.all([first.arrived, second.arrived]);
    await session.unload('model');
    first.release();
    valueOf(await calls[0]);
    expect([...device.live]).toEqual(['evaluator 1']);
    second.release();
    valueOf(await calls[1]);
    expect([...device.live]).toEqual([]);
  });

  it('is destroyed when its model is unloaded while it opens', async () => {
    const device = deviceLike();
    const session = await sessionOn(device);
    const held = device.hold('open');
    const reading = session.read('model', IMAGES);
    await held.arrived;
    await session.unload('model');
    held.release();
    valueOf(await reading);
    expect([...device.live]).toEqual([]);
  });

  it('that a call reopens after a loss is destroyed with the call if its model was unloaded meanwhile', async () => {
    const [device, next] = [deviceLike(), deviceLike()];
    const session = await sessionOn(device, next);
    const held = device.hold('conditionalLogits');
    const reading = session.read('model', IMAGES);
    await held.arrived;
    await session.unload('model');
    device.destroy();
    valueOf(await reading);
    expect([...next.live]).toEqual([]);
  });

  it('is reopened after opening failed', async () => {
    const device = deviceLike();
    const session = await sessionOn(device);
    device.failNext('open', new Error('out of memory'));
    await expect(session.read('model', IMAGES)).rejects.toThrow('out of memory');
    expect((await session.read('model', IMAGES)).ok).toBe(true);
  });
});

describe('a sampler', () => {
  it('that is closed while it opens leaves nothing open', async () => {
    const device = deviceLike();
    const session = await sessionOn(device);
    const held = device.hold('sampler');
    const opening = session.openSampler('samples', 'model', REQUEST);
    await held.arrived;
    const closing = session.closeSampler('samples');
    held.release();
    expect(await opening).toEqual(fail('sampler: "samples" is not open'));
    await closing;
    expect([...device.live]).toEqual(['evaluator 1']);
    expect(await session.advanceSampler('samples', 1)).toEqual(fail('sampler: "samples" is not open'));
  });

  it('that is opened twice at once leaves the second open', async () => {
    const device = deviceLike();
    const session = await sessionOn(device);
    const held = device.hold('sampler');
    const first = session.openSampler('samples', 'model', REQUEST);
    await held.arrived;
    const second = session.openSampler('samples', 'model', { ...REQUEST, seed: 4 });
    valueOf(await second);
    held.release();
    expect(await first).toEqual(fail('sampler: "samples" is not open'));
    expect([...device.live].filter((name) => name.startsWith('sampler'))).toHaveLength(1);
    const frame = valueOf(await session.advanceSampler('samples', 20));
    expect(frame.images).toEqual(await drawn(20, 4));
    await session.closeSampler('samples');
    expect([...device.live]).toEqual(['evaluator 1']);
  });

  it('that is closed while it advances is freed after that', async () => {
    const device = deviceLike();
    const session = await sessionOn(device);
    valueOf(await session.openSampler('samples', 'model', REQUEST));
    const held = device.hold('advance');
    const advance = session.advanceSampler('samples', 5);
    await held.arrived;
    const closing = session.closeSampler('samples');
    expect(device.live.has('sampler 1')).toBe(true);
    held.release();
    expect(await advance).toEqual(fail('sampler: "samples" is not open'));
    await closing;
    expect([...device.live]).toEqual(['evaluator 1']);
  });

  it('whose first images cannot be read is not open, and leaves nothing open', async () => {
    const device = deviceLike();
    const session = await sessionOn(device);
    device.failNext('images', new Error('planted'));
    await expect(session.openSampler('samples', 'model', REQUEST)).rejects.toThrow('planted');
    expect([...device.live]).toEqual(['evaluator 1']);
    expect((await session.advanceSampler('samples', 1)).ok).toBe(false);
  });

  it('of a model that was unloaded fails with the reason, and opens nothing', async () => {
    const device = deviceLike();
    const session = await sessionOn(device);
    valueOf(await session.openSampler('samples', 'model', REQUEST));
    await session.unload('model');
    const advanced = await session.advanceSampler('samples', 1);
    expect(advanced.ok ? '' : advanced.reason).toMatch(/^sampler: the model "model" is not loaded any more/);
    await session.closeSampler('samples');
    expect(device.opened.get('evaluator')).toBe(1);
  });

  it('returns positions and images that belong together, however many advances overlap', async () => {
    const session = await sessionOn(deviceLike());
    valueOf(await session.openSampler('samples', 'model', REQUEST));
    const frames = await Promise.all([3, 4, 5].map((pixels) => session.advanceSampler('samples', pixels)));
    expect(frames.map((frame) => valueOf(frame).position)).toEqual([3, 7, 12]);
    for (const frame of frames)
      expect(valueOf(frame).images).toEqual(await drawn(valueOf(frame).position, REQUEST.seed));
  });

  it.each(['advance', 'images'] as const)(
    'continues from its last frame after a loss during %s, twice in a row',
    async (operation) => {
      const devices = [deviceLike(), deviceLike(), deviceLike()];
      const session = await sessionOn(...devices);
      valueOf(await session.openSampler('samples', 'model', REQUEST));
      valueOf(await session.advanceSampler('samples', 6));
      for (const [device, position] of [
        [devices[0], 10],
        [devices[1], 14],
      ] as const) {
        const held = device.hold(operation);
        const advance = session.advanceSampler('samples', 4);
        await held.arrived;
        device.destroy();
        expect(valueOf(await advance)).toEqual({ position, images: await drawn(position, REQUEST.seed) });
        // The next device replaces the typed arrays.
        await session.prefer('webgpu');
        await expect.poll(async () => (await session.status()).kind, { interval: 1 }).toBe('webgpu');
      }
    },
  );
});

describe('a sampler of a class-conditional model', () => {
  it('counts no pixel of a call in which one class model failed', async () => {
    const model = randomModel('chain', GRID, 1, 3, { 'class-conditional': 1 });
    const device = deviceLike();
    const alone = { 'class-conditional': 0 };
    const { open } = withClassModels({
      ...device,
      open: (classModel) => device.open({ ...classModel, hyper: alone }),
    });
    const sampler = await (await open(model)).sampler(REQUEST);
    await sampler.advance(3);
    device.failNext('advance', new Error('planted'));
    await expect(sampler.advance(4)).rejects.toThrow('planted');
    expect(sampler.position).toBe(3);
    await Promise.all([sampler.advance(4), sampler.advance(5)]);
    expect(sampler.position).toBe(12);
    expect(await sampler.images()).toEqual(await drawn(12, REQUEST.seed, model));
  });
});

describe('a method run', () => {
  const start = (session: EngineSession, seed = REQUEST.seed) =>
    session.sampling.start('run', 'model', 'ancestral', { ...REQUEST, seed });

  it('that ends while it starts leaves nothing open', async () => {
    const device = deviceLike();
    const session = await sessionOn(device);
    const held = device.hold('iterativeSampler');
    const starting = start(session);
    await held.arrived;
    const ending = session.sampling.end('run');
    held.release();
    expect(await starting).toEqual(fail('sampling: "run" has not started'));
    await ending;
    expect([...device.live]).toEqual(['evaluator 1']);
  });

  it('that starts twice at once leaves the second open', async () => {
    const device = deviceLike();
    const session = await sessionOn(device);
    const held = device.hold('iterativeSampler');
    const first = start(session);
    await held.arrived;
    valueOf(await start(session, 4));
    held.release();
    expect(await first).toEqual(fail('sampling: "run" has not started'));
    expect([...device.live].filter((name) => name.startsWith('iterative sampler'))).toHaveLength(1);
    expect(valueOf(await session.sampling.advance('run', 20)).images).toEqual(await drawn(20, 4));
  });

  it.each(['advance', 'images'] as const)(
    'counts no iteration twice after a loss during %s',
    async (operation) => {
      const device = deviceLike();
      const session = await sessionOn(device);
      valueOf(await start(session));
      valueOf(await session.sampling.advance('run', 6));
      const held = device.hold(operation);
      const advance = session.sampling.advance('run', 4);
      await held.arrived;
      device.destroy();
      expect(valueOf(await advance)).toMatchObject({ iterations: 10, images: await drawn(10, REQUEST.seed) });
    },
  );
});

/** The images of REQUEST from a sampler on typed arrays after `pixels` pixels. */
async function drawn(pixels: number, seed: number, model = MODEL) {
  const sampler = await (await createCpuBackend().open(model)).sampler({ ...REQUEST, seed });
  await sampler.advance(pixels);
  return await sampler.images();
}
