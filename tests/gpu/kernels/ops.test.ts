import { permutePixels, randomOrder } from '../../../src/data/orders.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Binarisation } from '../../../src/data/binarisation.ts';
import { binariseRows } from '../../../src/data/binarise.ts';
import { getPixel, type Grid } from '../../../src/data/images.ts';
import { softTargets } from '../../../src/data/soft-targets.ts';
import { adam } from '../../../src/engine/backends/adam.ts';
import { BINARISE, Batches } from '../../../src/engine/backends/webgpu/batches.ts';
import { openScope } from '../../../src/engine/backends/webgpu/scope.ts';
import type { Device } from '../../../src/gpu/device.ts';
import type { TargetKind } from '../../../src/models/runs.ts';
import { openTestDevice, randomSource, rowOf, sizesAround, worst } from '../setup.ts';

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

const random = randomSource(21);
const normals = (length: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length }, () => 4 * (random() + random() + random() - 1.5));

describe('ops/adam.wgsl against f64', () => {
  it.each(sizesAround(256))('%i parameters, three steps', async (count) => {
    const kernel = await device.kernel('ops/adam.wgsl');
    const arena = device.arena('test');
    const state = [normals(count), normals(count).fill(0), normals(count).fill(0)];
    const [theta, first_moment, second_moment] = state.map((values, i) => arena.filled(`state ${i}`, values));
    const average = normals(count);
    const averages = arena.filled('averages', average);
    const clip = arena.filled('clip', Float32Array.of(0.5, 0));
    for (let step = 1; step <= 3; step++) {
      const g = normals(count);
      const gradient = arena.filled(`gradient ${step}`, g);
      const bound = kernel.bind({ gradient, first_moment, second_moment, theta, clip, averages });
      const params = {
        count,
        rate: 0.01,
        beta_1: 0.9,
        beta_2: 0.999,
        gain_1: 0.1,
        gain_2: 0.001,
        correction_1: 1 / (1 - 0.9 ** step),
        correction_2: 1 / (1 - 0.999 ** step),
        epsilon: 1e-8,
        averaged: 1,
        average_gain: 0.25,
      };
      await device.scheduler.run([bound.dispatch(params, [Math.ceil(count / kernel.constant('threads'))])]);
      adam(state[0], g, state[1], state[2], step, 0.01, 0.5);
      average.forEach((value, i) => (average[i] = value + 0.25 * (state[0][i] - value)));
    }
    expect(worst(await device.readback.floats(theta, count), state[0])).toBeLessThan(1e-6);
    expect(worst(await device.readback.floats(first_moment, count), state[1])).toBeLessThan(1e-6);
    expect(worst(await device.readback.floats(second_moment, count), state[2])).toBeLessThan(1e-7);
    expect(worst(await device.readback.floats(averages, count), average)).toBeLessThan(1e-6);
    arena.destroy();
  });
});

describe('arrays side by side in one buffer', () => {
  it('begin where a binding may, with zeros between them, and are freed together', async () => {
    const arena = device.arena('test');
    const arrays = { a: normals(3), empty: new Float32Array(0), b: normals(70) };
    const { whole, count, parts } = arena.filledTogether('all', arrays);
    expect(Object.keys(parts)).toEqual(['a', 'empty', 'b']);
    expect(Object.values(parts).map(({ offset }) => offset)).toEqual([0, 256, 512]);
    expect(count).toBe(256);
    const all = await device.readback.floats(whole, count);
    expect([...all]).toEqual([...arrays.a, ...new Float32Array(125), ...arrays.b, ...new Float32Array(58)]);
    expect(await device.readback.floats(parts.b, 70)).toEqual(arrays.b);
    // As a binding, as the target of an upload and as the source and target of copies.
    const out = arena.storage('out', 4);
    const sum = (await device.kernel('ops/sum.wgsl')).bind({ values: parts.b, out });
    const dispatch = sum.dispatch({ count: 70, slot: 0 }, [1]);
    const back = {
      kind: 'copy',
      source: out,
      sourceOffset: 0,
      target: parts.b,
      targetOffset: 8,
      bytes: 4,
    } as const;
    const upload = { kind: 'upload', target: parts.b, offset: 4, data: Uint32Array.of(7) } as const;
    const found = await device.readback.floats(parts.b, 3, [dispatch, back, upload]);
    expect(new Uint32Array(found.buffer)[1]).toBe(7);
    const exact = arrays.b.reduce((total, value) => total + value, 0);
    expect(Math.abs(found[2] - exact)).toBeLessThan(1e-4);
    arena.destroy();
    expect(() => parts.b.raw).toThrow(/used after it was destroyed/);
  });
});

describe('sums in a fixed order', () => {
  it.each(sizesAround(256))('ops/sum.wgsl: %i values', async (count) => {
    const kernel = await device.kernel('ops/sum.wgsl');
    const arena = device.arena('test');
    const values = normals(count);
    const out = arena.storage('out', 5 * 4);
    const bound = kernel.bind({ values: arena.filled('values', values), out });
    const found = await device.readback.floats(out, 5, [bound.dispatch({ count, slot: 3 }, [1])]);
    const exact = values.reduce((sum, value) => sum + value, 0);
    expect(Math.abs(found[3] - exact)).toBeLessThan(1e-4);
    expect([...found.slice(0, 3), found[4]]).toEqual([0, 0, 0, 0]);
    arena.destroy();
  });
});

describe('ops/binarise.wgsl, bit for bit as on the cpu', () => {
  const binarisations: Binarisation[] = [
    { kind: 'threshold' },
    { kind: 'none' },
    { kind: 'stochastic', seed: 0 },
    { kind: 'dynamic', seed: 4_294_967_295 },
  ];

  async function compare(
    grid: Grid,
    count: number,
    b: Binarisation,
    epoch: number,
    order: Uint32Array<ArrayBuffer> | null = null,
    targets: TargetKind = 'sampled',
  ): Promise<void> {
    const n = grid.width * grid.height;
    const levels = b.kind === 'none' ? [0, 1, 255] : Array.from({ length: 256 }, (_, i) => i);
    const pixels = Uint8Array.from({ length: 300 * n }, () => levels[Math.floor(random() * levels.length)]);
    const grey = { grid, count: 300, pixels, labels: null };
    const scope = await openScope(device, { family: 'independent', grid, hyper: {} }, {}, [BINARISE]);
    const plan = { grey, binarisation: b, targets, batchSize: count, order, labelled: false };
    const batches = new Batches(scope, plan);
    const indices = Uint32Array.from({ length: count }, () => random() * 300);
    const drawn = binariseRows(grey, indices, b, epoch);
    const expected = order ? permutePixels(drawn, order) : drawn;
    const found = await device.readback.words(
      batches.images,
      expected.words.length,
      batches.make(indices, epoch),
    );
    expect(found).toEqual(expected.words);
    const ink =
      targets === 'soft'
        ? softTargets(grey, indices, order).map((share) => Math.round(share * 255))
        : Float32Array.from(
            { length: count * n },
            (_, at) => 255 * getPixel(expected, Math.floor(at / n), at % n),
          );
    const words = await device.readback.words(batches.targets, count * Math.ceil(n / 4));
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    const stride = Math.ceil(n / 4) * 4;
    expect(Float32Array.from(ink, (_, at) => bytes[Math.floor(at / n) * stride + (at % n)])).toEqual(ink);
    expect(() => batches.make(Uint32Array.of(300), 0)).toThrow(/indices: 300/);
    scope.arena.destroy();
  }

  it.each(binarisations)('$kind, 28 x 28, 128 images', (b) => compare({ width: 28, height: 28 }, 128, b, 7));
  it.each(sizesAround(32))('%i pixels, 5 images', (n) =>
    compare(rowOf(n), 5, { kind: 'stochastic', seed: 12 }, 3),
  );
  it('in another order of the pixels, with the bits that each pixel has in raster', () => {
    const grid = { width: 7, height: 5 };
    return compare(grid, 20, { kind: 'dynamic', seed: 5 }, 4, randomOrder(grid, 2));
  });
  it.each(sizesAround(32))('%i pixels with their grey levels as targets', (n) =>
    compare(rowOf(n), 5, { kind: 'dynamic', seed: 12 }, 3, null, 'soft'),
  );
  it('puts the grey levels in the order of the pixels too', () => {
    const grid = { width: 7, height: 5 };
    return compare(grid, 20, { kind: 'dynamic', seed: 5 }, 4, randomOrder(grid, 2), 'soft');
  });
  it.each(sizesAround(64))('%i images of 9 pixels', (m) =>
    compare({ width: 3, height: 3 }, m, { kind: 'dynamic', seed: 1 }, 2),
  );
});
