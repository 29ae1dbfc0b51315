import { indexRange } from '../../../src/data/rng.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MNIST_GRID } from '../../../src/data/images.ts';
import { zerosLike } from '../../../src/engine/backends/references.ts';
import { DeviceLostError, type LearnerRequest } from '../../../src/engine/backends/backend.ts';
import { createWebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import { openDevice } from '../../../src/gpu/device.ts';
import { GpuLostError, MissingBindingError } from '../../../src/gpu/errors.ts';
import { uploads } from '../../../src/gpu/work.ts';
import {
  destroyOwn,
  openOwnBackend,
  openOwnDevice,
  randomImages,
  randomModel,
  randomSource,
  withShader,
} from '../setup.ts';

const SMALL = { width: 9, height: 9 };

afterEach(destroyOwn);

function learnerRequest(): LearnerRequest {
  const random = randomSource(1);
  const model = randomModel('fvsbn', SMALL, {}, 1, 0.1);
  const images = {
    grid: SMALL,
    count: 200,
    labels: null,
    pixels: Uint8Array.from({ length: 200 * 81 }, () => random() * 256),
  };
  const state = {
    step: 0,
    tensors: model.tensors,
    firstMoments: zerosLike(model.tensors),
    secondMoments: zerosLike(model.tensors),
  };
  return { ...model, images, binarisation: { kind: 'dynamic', seed: 1 }, batchSize: 32, state };
}

describe('memory', () => {
  it('is given back by every destroy', async () => {
    const backend = await openOwnBackend();
    const idle = backend.liveBytes();
    const model = randomModel('fvsbn', SMALL, {}, 2);
    const evaluator = await backend.open(model);
    const opened = backend.liveBytes();
    expect(opened).toBeGreaterThan(idle);
    const sampler = await evaluator.sampler({ seed: 1, indices: indexRange(0, 50), temperature: 1 });
    expect(backend.liveBytes()).toBeGreaterThan(opened);
    await sampler.advance(81);
    await sampler.images();
    sampler.destroy();
    const learner = await backend.learner(learnerRequest());
    await learner.step(Uint32Array.of(1, 2, 3), 0, 0.01);
    await learner.takeLoss();
    learner.destroy();
    const counter = await backend.counter('neighbours', SMALL, { k: 4, strength: 1, prior: 0 });
    await counter.add(randomImages(SMALL, 10, 3), null);
    await counter.finish();
    counter.destroy();
    const images = randomImages(SMALL, 10, 3);
    await evaluator.logLikelihood(images);
    // A sampler ends with the evaluator whose weights it reads.
    await evaluator.sampler({ seed: 1, indices: indexRange(0, 50), temperature: 1 });
    const staging = backend.liveBytes();
    evaluator.destroy();
    evaluator.destroy();
    expect(backend.liveBytes()).toBeLessThan(staging);
    const left = backend.liveBytes();
    for (let i = 0; i < 3; i++) {
      const again = await backend.open(model);
      await again.logLikelihood(images);
      again.destroy();
    }
    expect(backend.liveBytes()).toBe(left);
    await backend.open(model);
    backend.destroy();
    expect(backend.liveBytes()).toBe(0);
  });

  it('is not used after it was given back', async () => {
    const backend = await openOwnBackend();
    const evaluator = await backend.open(randomModel('neighbours', SMALL, {}, 4));
    const sampler = await evaluator.sampler({ seed: 1, indices: indexRange(0, 2), temperature: 1 });
    evaluator.destroy();
    await expect(evaluator.logLikelihood(randomImages(SMALL, 1, 5))).rejects.toThrow(
      /used after it was destroyed/,
    );
    await expect(sampler.advance(3)).rejects.toThrow(/used after it was destroyed/);
    // No other call fails.
    const other = await backend.open(randomModel('independent', SMALL, {}, 4));
    expect(await other.logLikelihood(randomImages(SMALL, 3, 5))).toHaveLength(3);
  });

  it('may be given back while work is queued', async () => {
    const backend = await openOwnBackend();
    const other = await backend.open(randomModel('neighbours', SMALL, {}, 4));
    const evaluator = await backend.open(randomModel('neighbours', SMALL, {}, 4));
    const pending = evaluator.logLikelihood(randomImages(SMALL, 100, 5));
    evaluator.destroy();
    expect(await pending).toHaveLength(100);
    expect(await other.logLikelihood(randomImages(SMALL, 3, 5))).toHaveLength(3);
  });
});

describe('a lost device', () => {
  it('rejects what is pending and what comes later, whatever it is', async () => {
    const backend = await openOwnBackend();
    const model = randomModel('fvsbn', SMALL, {}, 6);
    const evaluator = await backend.open(model);
    const sampler = await evaluator.sampler({ seed: 1, indices: indexRange(0, 200), temperature: 1 });
    const learner = await backend.learner(learnerRequest());
    const counter = await backend.counter('neighbours', SMALL, { k: 4, strength: 1, prior: 0 });
    const images = randomImages(SMALL, 500, 7);
    const calls: Record<string, () => Promise<unknown>> = {
      score: () => evaluator.logLikelihood(images),
      logits: () => evaluator.conditionalLogits(images),
      sample: () => sampler.advance(81).then(() => sampler.images()),
      step: async () => {
        for (;;) await learner.step(Uint32Array.of(1, 2, 3), 0, 0.01);
      },
      loss: () => learner.step(Uint32Array.of(1, 2, 3), 0, 0.01).then(() => learner.takeLoss()),
      state: () => learner.state(),
      count: () => counter.add(images, null).then(() => counter.finish()),
      open: () => backend.open({ ...model, family: 'neighbours', hyper: { k: 4 } }),
    };
    const expectAllLost = (when: string) =>
      Promise.all(
        Object.entries(calls).map(([name, call]) =>
          expect(call(), `${name}, ${when}`).rejects.toBeInstanceOf(DeviceLostError),
        ),
      );
    const pending = expectAllLost('pending');
    await Promise.resolve();
    backend.destroy();
    await pending;
    expect(await backend.lost).toMatch(/destroyed/);
    await expectAllLost('later');
    expect(backend.liveBytes()).toBe(0);
  });

  it('is noticed when other code destroys it', async () => {
    const device = await openOwnDevice();
    const buffer = device.arena('test').storage('data', 1024);
    const pending = expect(device.readback.words(buffer, 256)).rejects.toBeInstanceOf(GpuLostError);
    device.raw.destroy();
    await pending;
    await device.lost;
    await expect(device.readback.words(buffer, 256)).rejects.toBeInstanceOf(GpuLostError);
    await expect(device.scheduler.done()).rejects.toBeInstanceOf(GpuLostError);
    expect(() => device.arena('more')).toThrow(GpuLostError);
    expect(device.liveBytes).toBe(0);
  });

  it('a failed readback is an error, never zeros', async () => {
    const device = await openOwnDevice();
    const arena = device.arena('test');
    const buffer = arena.filled('data', new Uint32Array(256).fill(7));
    const map = vi.spyOn(GPUBuffer.prototype, 'mapAsync').mockRejectedValueOnce(new Error('planted'));
    await expect(device.readback.words(buffer, 256)).rejects.toThrow('planted');
    map.mockRestore();
    expect(await device.readback.words(buffer, 256)).toEqual(new Uint32Array(256).fill(7));
  });

  it('other work goes on after a new backend was made', async () => {
    const first = await openOwnBackend();
    first.destroy();
    const second = await openOwnBackend();
    const evaluator = await second.open(randomModel('neighbours', SMALL, {}, 8));
    expect(await evaluator.logLikelihood(randomImages(SMALL, 3, 9))).toHaveLength(3);
  });
});

describe('no device', () => {
  it.each([
    ['no WebGPU', undefined, /has none/],
    ['no adapter', { requestAdapter: () => Promise.resolve(null) }, /no adapter/],
    ['a failing adapter', { requestAdapter: () => Promise.reject(new Error('planted')) }, /planted/],
  ])('%s is a sentence', async (_, gpu, reason) => {
    const created = await createWebGpuBackend(gpu as GPU | undefined);
    expect(created.ok ? '' : created.reason).toMatch(reason);
    const opened = await openDevice(gpu as GPU | undefined);
    expect(opened.ok).toBe(false);
  });

  it('nor an adapter that gives none', async () => {
    const adapter = await navigator.gpu.requestAdapter();
    if (!adapter) throw new Error('no adapter');
    vi.spyOn(adapter, 'requestDevice').mockRejectedValue(new Error('planted'));
    const opened = await openDevice({ requestAdapter: () => Promise.resolve(adapter) } as unknown as GPU);
    expect(opened.ok ? '' : opened.reason).toMatch(/no device.*planted/);
  });
});

describe('kernels are run by name', () => {
  it('and say which names are missing or unknown', async () => {
    const device = await openOwnDevice();
    const kernel = await device.kernel('ops/sum.wgsl');
    const arena = device.arena('test');
    const values = arena.storage('values', 64);
    expect(() => kernel.bind({ values })).toThrow(MissingBindingError);
    expect(() => kernel.bind({ values, ouut: values })).toThrow(
      /missing bindings: out; unknown bindings: ouut/,
    );
    const bound = kernel.bind({ values, out: arena.storage('out', 64) });
    expect(() => bound.dispatch({ count: 3 }, [1])).toThrow(/missing parameters: slot/);
    expect(() => bound.dispatch({ count: 3, slot: 0, slott: 1 }, [1])).toThrow(/unknown parameters: slott/);
  });

  it('and compiled once', async () => {
    const device = await openOwnDevice();
    expect(await device.kernel('ops/sum.wgsl')).toBe(await device.kernel('ops/sum.wgsl'));
  });

  it('a buffer too large for the device is refused before it is made', async () => {
    const device = await openOwnDevice();
    expect(() => device.arena('test').storage('huge', 2 ** 40)).toThrow(
      /test\.huge: 1099511627776 bytes exceed/,
    );
  });
});

describe('submits', () => {
  /** Marks every workgroup that ran, after `rounds` turns of busy work. */
  const MARK = `
struct Params { rounds: u32, first_workgroup: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> marks: array<u32>;
@compute @workgroup_size(1)
fn mark(@builtin(workgroup_id) workgroup: vec3<u32>) {
  var x = params.rounds;
  for (var i = 0u; i < params.rounds; i++) {
    x = x * 1664525u + 1013904223u;
  }
  marks[workgroup.x + params.first_workgroup] += select(1u, 2u, x == 12345u);
}`;

  it('cut large grids into pieces, run every workgroup once and learn the price', async () => {
    const device = await openOwnDevice({ sources: withShader('test/mark.wgsl', MARK) });
    const kernel = await device.kernel('test/mark.wgsl');
    const groups = 150_000; // more than one dispatch can have
    const marks = device.arena('test').storage('marks', groups * 4);
    const bound = kernel.bind({ marks });
    await device.scheduler.run([
      bound.dispatch({ rounds: 1000 }, [groups]),
      bound.dispatch({ rounds: 1000 }, [groups]),
    ]);
    const found = await device.readback.words(marks, groups);
    expect(found.every((mark) => mark === 2)).toBe(true);
    expect(device.scheduler.costs.of('test.mark')).toBeGreaterThan(0);
    const { submits, dispatches } = device.scheduler.statistics();
    // Two at least for the limit of 65,535, and the first ones small, as nothing is known yet.
    expect(dispatches).toBeGreaterThan(6);
    expect(submits).toBeGreaterThan(4);
  });

  it('hold one workgroup each where already one takes longer than the aim', async () => {
    const device = await openOwnDevice({ sources: withShader('test/mark.wgsl', MARK) });
    const kernel = await device.kernel('test/mark.wgsl');
    const marks = device.arena('test').storage('marks', 40);
    const before = device.scheduler.statistics();
    device.scheduler.costs.learn(new Map([[kernel.label, 1]]), 1e6);
    await device.scheduler.run([kernel.bind({ marks }).dispatch({ rounds: 1 }, [10])]);
    await device.scheduler.done();
    const after = device.scheduler.statistics();
    expect(after.dispatches - before.dispatches).toBe(10);
    expect(after.submits - before.submits).toBe(10);
  });

  it('run a grid that cannot be cut whole, however long it is expected to take', async () => {
    const whole = MARK.replace(', first_workgroup: u32', '').replace(' + params.first_workgroup', '');
    const device = await openOwnDevice({ sources: withShader('test/whole.wgsl', whole) });
    const kernel = await device.kernel('test/whole.wgsl');
    const marks = device.arena('test').storage('marks', 40);
    device.scheduler.costs.learn(new Map([[kernel.label, 1]]), 1e6);
    const work = kernel.bind({ marks }).dispatch({ rounds: 1 }, [10]);
    expect(await device.readback.words(marks, 10, [work])).toEqual(new Uint32Array(10).fill(1));
  });

  it('keep uploads, dispatches and copies in order', async () => {
    const device = await openOwnDevice({ sources: withShader('test/mark.wgsl', MARK) });
    const kernel = await device.kernel('test/mark.wgsl');
    const marks = device.arena('test').storage('marks', 40);
    const bound = kernel.bind({ marks });
    const seen: Promise<Uint32Array>[] = [];
    for (let i = 0; i < 50; i++) {
      const data = new Uint32Array(10).fill(i * 10);
      seen.push(
        device.readback.words(marks, 10, [...uploads(marks, data), bound.dispatch({ rounds: 1 }, [10])]),
      );
      data.fill(0);
    }
    (await Promise.all(seen)).forEach((found, i) =>
      expect(found).toEqual(new Uint32Array(10).fill(i * 10 + 1)),
    );
  });

  it('carry what is larger than one upload', async () => {
    const device = await openOwnDevice();
    const data = Uint32Array.from({ length: 1_500_000 }, (_, i) => Math.imul(i, 2_654_435_761));
    const target = device.arena('test').storage('data', data.byteLength);
    expect(await device.readback.words(target, data.length, uploads(target, data))).toEqual(data);
  });

  it('report what the driver refuses', async () => {
    const device = await openOwnDevice({ sources: withShader('test/mark.wgsl', MARK) });
    const kernel = await device.kernel('test/mark.wgsl');
    const arena = device.arena('test');
    const marks = arena.storage('marks', 40);
    const dispatch = kernel.bind({ marks }).dispatch({ rounds: 1 }, [10]);
    marks.native.destroy();
    await expect(device.readback.words(arena.storage('other', 40), 10, [dispatch])).rejects.toThrow(/marks/);
  });

  it('score 28 x 28 in several', async () => {
    const backend = await openOwnBackend();
    const evaluator = await backend.open(randomModel('fvsbn', MNIST_GRID, {}, 10, 0.05));
    await evaluator.logLikelihood(randomImages(MNIST_GRID, 700, 11));
    const { times, submits } = backend.statistics();
    expect(submits).toBeGreaterThan(1);
    expect(times.every((time) => time >= 0)).toBe(true);
  });
});
