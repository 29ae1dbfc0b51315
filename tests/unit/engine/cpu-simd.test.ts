import { describe, expect, it, vi } from 'vitest';
import type { BackendStatus } from '../../../src/engine/api.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { initialState } from '../../../src/engine/backends/references.ts';
import { reference } from '../../../src/models/pixelcnn/reference.ts';
import { hostWithoutWebGpu } from './host-without-webgpu.ts';
import { randomImages, randomModel } from '../models/families.ts';
import { simd } from '../simd/implementations.ts';
import { settle } from './fake-machine.ts';

const grid = { width: 5, height: 4 };
const model = randomModel('pixelcnn', grid, 0.3, 1, { blocks: 2 });
const images = randomImages(grid, 3, 0.4);

describe('the cpu backend', () => {
  it('loads SIMD with the first model that uses it, and then says so', async () => {
    const load = vi.fn(() => Promise.resolve(simd));
    const backend = createCpuBackend(load);
    await backend.open(randomModel('mixture', grid, 0.3));
    expect(load).not.toHaveBeenCalled();
    expect(backend.description).toBe('typed arrays');
    const evaluator = await backend.open(model);
    expect(load).toHaveBeenCalledOnce();
    await backend.descriptionChanged;
    expect(backend.description).toBe('wasm SIMD');
    expect(await evaluator.logLikelihood(images)).toEqual(reference.open(model, simd).logLikelihood(images));
  });

  it('trains with it', async () => {
    const hyper = { blocks: 2, 'class-conditional': 0 };
    const mean = new Float64Array(20).fill(0.3);
    const state = initialState({ family: 'pixelcnn', grid, hyper }, [mean], [9], 1);
    const pixels = new Uint8Array(9 * 20).map((_, at) => (at % 3) * 100);
    const request = {
      family: 'pixelcnn',
      grid,
      hyper,
      images: { grid, count: 9, pixels, labels: null },
      binarisation: { kind: 'threshold', threshold: 128 },
      batchSize: 9,
      state,
    } as const;
    const weights = await Promise.all(
      [simd, null].map(async (own) => {
        const learner = await createCpuBackend(() => Promise.resolve(own)).learner(request);
        await learner.step(
          Uint32Array.from({ length: 9 }, (_, i) => i),
          0,
          1e-2,
        );
        expect((await learner.logLikelihood(images, null)).every(Number.isFinite)).toBe(true);
        return (await learner.state()).tensors.up;
      }),
    );
    expect(weights[0]).not.toEqual(weights[1]);
    weights[0].forEach((weight, at) => expect(Math.abs(weight - weights[1][at])).toBeLessThan(1e-4));
  });

  it('trains on the same bits, whatever draws them', async () => {
    const hyper = { blocks: 1, 'class-conditional': 0 };
    const state = initialState({ family: 'pixelcnn', grid, hyper }, [new Float64Array(20).fill(0.3)], [9], 1);
    const pixels = new Uint8Array(9 * 20).map((_, at) => (at % 3) * 100);
    const request = {
      family: 'pixelcnn',
      grid,
      hyper,
      images: { grid, count: 9, pixels, labels: null },
      binarisation: { kind: 'dynamic', seed: 5 },
      batchSize: 6,
      state,
    } as const;
    const drawn = simd.random()!;
    const random = { ...drawn, bits: vi.fn((...of: Parameters<typeof drawn.bits>) => drawn.bits(...of)) };
    const weights = await Promise.all(
      [random, null].map(async (own) => {
        const load = () => Promise.resolve({ ...simd, random: () => own });
        const learner = await createCpuBackend(load).learner(request);
        for (const epoch of [1, 2]) await learner.step(Uint32Array.of(8, 3, 0, 4, 4, 7), epoch, 1e-2);
        return (await learner.state()).tensors;
      }),
    );
    expect(weights[0]).toEqual(weights[1]);
    expect(random.bits).toHaveBeenCalledTimes(12);
  });

  it('goes on with typed arrays where nothing could be loaded', async () => {
    const backend = createCpuBackend(() => Promise.resolve(null));
    const evaluator = await backend.open(model);
    expect(backend.description).toBe('typed arrays');
    expect(await evaluator.logLikelihood(images)).toEqual(reference.open(model).logLikelihood(images));
  });
});

it('the host announces what computes once that has changed', async () => {
  const host = hostWithoutWebGpu({ createCpu: () => createCpuBackend(() => Promise.resolve(simd)) });
  await host.ready();
  const seen: BackendStatus[] = [];
  host.watch((status) => seen.push(status));
  await host.now().open(model);
  await settle();
  expect(seen.map(({ description }) => description)).toEqual(['typed arrays', 'wasm SIMD']);
});
