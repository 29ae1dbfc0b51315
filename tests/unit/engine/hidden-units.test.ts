import { describe, expect, it } from 'vitest';
import { CLASSES, type PackedImages, pixelCount, sliceImages } from '../../../src/data/images.ts';
import { orderOf } from '../../../src/models/shared/order.ts';
import { permutePixels } from '../../../src/data/orders.ts';
import { principalPlane, project } from '../../../src/stats/principal-components.ts';
import { halves, probe } from '../../../src/stats/probe.ts';
import { moments, type Rows } from '../../../src/stats/rows.ts';
import { openCpuModels } from '../../../src/engine/queries/loaded-models.ts';
import { EngineSession } from '../../../src/engine/session.ts';
import type { Model } from '../../../src/models/model.ts';
import { engineWithoutWebGpu } from './host-without-webgpu.ts';
import { numbers, randomImages, randomModel } from '../models/families.ts';

/** Rows that vary along `spread.length` random directions, by so much each. */
function cloud(count: number, width: number, spread: readonly number[], seed = 3): Rows {
  const next = numbers(seed);
  const axes = spread.map(() => Float64Array.from({ length: width }, () => next() - 0.5));
  const values = new Float32Array(count * width);
  for (let m = 0; m < count; m++) {
    const along = spread.map((s) => s * (next() + next() + next() - 1.5));
    for (let k = 0; k < width; k++) {
      values[m * width + k] = 2 + along.reduce((sum, a, j) => sum + a * axes[j][k], 0) + 0.01 * next();
    }
  }
  return { count, width, values };
}

/** The covariance matrix, which the iteration never forms. */
function covariance({ count, width, values }: Rows): Float64Array[] {
  const { means } = moments({ count, width, values });
  const table = Array.from({ length: width }, () => new Float64Array(width));
  for (let m = 0; m < count; m++) {
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) {
        table[i][j] += ((values[m * width + i] - means[i]) * (values[m * width + j] - means[j])) / count;
      }
    }
  }
  return table;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, x, k) => sum + x * b[k], 0);

describe('principal plane', () => {
  it.each([
    ['many directions', cloud(200, 30, [9, 6, 5, 4, 3, 2, 1, 1, 0.5])],
    ['close variances', cloud(300, 12, [3, 3, 3, 3, 3, 3, 3, 3, 3, 3])],
    ['more columns than rows', cloud(12, 40, [4, 3, 2])],
    [
      'a single direction',
      {
        count: 50,
        width: 3,
        values: Float32Array.from({ length: 150 }, (_, at) => Math.floor(at / 3) * [1, -2, 0.5][at % 3]),
      },
    ],
    ['two columns', cloud(40, 2, [3, 1])],
  ])('solves C v = lambda v with the two largest lambdas: %s', async (_, rows) => {
    const { width } = rows;
    const found = await principalPlane(rows);
    const table = covariance(rows);
    const trace = table.reduce((sum, row, i) => sum + row[i], 0);
    const [u, v] = [found.directions.subarray(0, width), found.directions.subarray(width)];
    expect(dot(u, u)).toBeCloseTo(1, 10);
    expect(dot(v, v)).toBeCloseTo(1, 10);
    expect(dot(u, v)).toBeCloseTo(0, 10);
    expect(found.total / trace).toBeCloseTo(1, 8);
    [u, v].forEach((w, j) => {
      const lambda = found.variances[j];
      const residual = table.map((row, i) => dot(row, w) - lambda * w[i]);
      expect(Math.sqrt(dot(residual, residual)) / found.variances[0]).toBeLessThan(1e-6);
      // The sign makes the largest entry positive.
      const largest = Array.from(w).reduce((a, b) => (Math.abs(b) > Math.abs(a) * (1 + 1e-6) ? b : a), 0);
      expect(largest).toBeGreaterThan(0);
    });
    // The remainder has no direction of more variance than the second: power iteration on C - l1 uu' - l2 vv'.
    const rest = (x: number[]) =>
      table.map(
        (row, i) =>
          dot(row, x) - found.variances[0] * dot(u, x) * u[i] - found.variances[1] * dot(v, x) * v[i],
      );
    let x = Array.from({ length: width }, (_, k) => Math.sin(k + 1));
    let third = 0;
    for (let turn = 0; turn < 200; turn++) {
      const next = rest(x);
      third = Math.sqrt(dot(next, next));
      x = next.map((value) => value / (third || 1));
    }
    expect(third).toBeLessThan(found.variances[1] + 1e-6 * found.variances[0]);
    expect(found.variances[0] + found.variances[1] + third).toBeLessThan(trace * (1 + 1e-6));
    expect(found.variances[0]).toBeGreaterThanOrEqual(found.variances[1]);
    // Points have these variances.
    const points = project(rows, found);
    const spread = moments({ count: rows.count, width: 2, values: points });
    expect(spread.deviations[0] ** 2 / found.variances[0]).toBeCloseTo(1, 4);
    expect(Math.abs(spread.deviations[1] ** 2 - found.variances[1])).toBeLessThan(1e-4 * found.variances[0]);
  });

  it('has no variance where all rows are alike', async () => {
    const found = await principalPlane({ count: 5, width: 4, values: new Float32Array(20).fill(3) });
    expect([found.total, ...found.variances]).toEqual([0, 0, 0]);
  });

  it('has one direction where there is one column', async () => {
    const rows = { count: 4, width: 1, values: Float32Array.of(1, 2, 3, 4) };
    const found = await principalPlane(rows);
    expect(found.variances).toEqual([1.25, 0]);
    expect([...project(rows, found)]).toEqual([-1.5, 0, -0.5, 0, 0.5, 0, 1.5, 0]);
  });
});

describe('linear probe', () => {
  const count = 400;
  const next = numbers(5);
  const labels = Uint8Array.from({ length: count }, (_, m) => m % CLASSES);

  it('splits the digits into two disjoint halves', () => {
    const { trained, tested } = halves(401, 0);
    expect([trained.length, tested.length]).toEqual([200, 201]);
    expect(new Set([...trained, ...tested]).size).toBe(401);
  });

  it('learns linearly separable classes, whatever the scale of the columns', async () => {
    const width = 13;
    const values = Float32Array.from({ length: count * width }, (_, at) => {
      const [m, k] = [Math.floor(at / width), at % width];
      if (k === 12) return 7;
      return 10 ** (k - 6) * (Number(k === labels[m]) + 0.3 * next()) + 5 * 10 ** (k - 6);
    });
    const seen: number[] = [];
    const rows = { count, width, values };
    const options = { onProgress: (done: number) => seen.push(done) };
    expect(await probe(rows, labels, halves(count, 0), options)).toBe(1);
    expect(seen.at(-1)).toBe(1);
  });

  it('is at chance for random labels', async () => {
    const values = Float32Array.from({ length: count * 8 }, () => next());
    const shuffled = labels.map(() => Math.floor(CLASSES * next()));
    const right = await probe({ count, width: 8, values }, shuffled, halves(count, 0));
    // 10 % of 200, standard deviation 2.1 %.
    expect(right).toBeGreaterThan(0.02);
    expect(right).toBeLessThan(0.19);
  });
});

describe('the map of hidden units', () => {
  const grid = { width: 5, height: 4 };
  const n = pixelCount(grid);
  const digits = randomImages(grid, 60, 0.4);
  const labels = Uint8Array.from({ length: 60 }, (_, m) => m % CLASSES);

  async function loaded(model: Model, engine = engineWithoutWebGpu()): Promise<EngineSession> {
    await engine.status();
    expect(await engine.load('m', model)).toEqual({ ok: true, value: null });
    return engine;
  }

  async function mapOf(engine: EngineSession, images: PackedImages = digits) {
    const answer = await engine.hiddenUnits.map('m', images, labels, () => undefined);
    if (!answer.ok) throw new Error(answer.reason);
    return answer.value;
  }

  it.each([0, 1, 3])(
    'has pictures in raster order and the statistics of the activations, order %i',
    async (order) => {
      const model = randomModel('nade', grid, 1.5, 1, { hidden: 6, order });
      const map = await mapOf(await loaded(model));
      const places = orderOf(grid, model.hyper);
      const { features } = openCpuModels(model).models[0];
      for (let k = 0; k < 6; k++) {
        for (let t = 0; t < n; t++)
          expect(map.pictures[k * n + places[t]]).toBe(model.tensors.input[t * 6 + k]);
      }
      const activations = features!.activations(permutePixels(digits, places));
      const { deviations } = moments({ count: 60, width: 6, values: activations });
      map.deviations.forEach((deviation, k) => expect(deviation).toBeCloseTo(deviations[k], 6));
      map.largest.forEach((largest, k) => {
        const own = activations.filter((_, at) => at % 6 === k);
        expect(largest).toBe(Math.max(...own));
      });
      expect([map.mappedValues, map.units, map.probe.trained, map.probe.tested]).toEqual([
        'activations',
        6,
        30,
        30,
      ]);
      expect(map.variance[0]).toBeGreaterThanOrEqual(map.variance[1]);
      expect(map.variance[0] + map.variance[1]).toBeLessThanOrEqual(1);
    },
  );

  it.each([
    ['nade', { hidden: 6, order: 1 }],
    ['made', { hidden: 9, layers: 1, orders: 2 }],
    ['mixture', { components: 4 }],
    ['tree-mixture', { components: 3 }],
  ])('%s: places an image of the map on its own point', async (family, hyper) => {
    const engine = await loaded(randomModel(family, grid, 1.5, 1, hyper));
    const map = await mapOf(engine);
    const mixes = family.endsWith('mixture');
    expect(map.mappedValues).toBe(mixes ? 'log-ratios' : 'activations');
    expect(map.components !== null).toBe(mixes);
    expect(map.components?.trees?.parents.length ?? null).toBe(family === 'tree-mixture' ? 3 * n : null);
    for (const m of [0, 17, 59]) {
      const placed = await engine.hiddenUnits.place('m', sliceImages(digits, m, 1));
      if (!placed.ok) throw new Error(placed.reason);
      expect(placed.value.point[0]).toBeCloseTo(map.points[2 * m], 4);
      expect(placed.value.point[1]).toBeCloseTo(map.points[2 * m + 1], 4);
      expect(placed.value.activations.length).toBe(map.units);
      expect(placed.value.logJoint?.length ?? null).toBe(mixes ? map.units : null);
    }
  });

  it('refuses models without units, with a reason', async () => {
    const reasonOf = async (family: string, hyper = {}) => {
      const engine = await loaded(randomModel(family, grid, 1, 1, hyper));
      const answer = await engine.hiddenUnits.map('m', digits, labels, () => undefined);
      return answer.ok ? '' : answer.reason;
    };
    expect(await reasonOf('chain')).toMatch(/no hidden units/);
    expect(await reasonOf('logistic-regression')).toMatch(/classifier/);
    expect(await reasonOf('mixture', { components: 2, 'class-conditional': 1 })).toMatch(
      /one model for each digit/,
    );
  });

  it('refuses a position before the map is computed, and for another model under the same name', async () => {
    const engine = await loaded(randomModel('nade', grid, 1, 1, { hidden: 3 }));
    expect((await engine.hiddenUnits.place('m', digits)).ok).toBe(false);
    await mapOf(engine);
    expect((await engine.hiddenUnits.place('m', digits)).ok).toBe(true);
    await loaded(randomModel('nade', grid, 1, 2, { hidden: 3 }), engine);
    expect((await engine.hiddenUnits.place('m', digits)).ok).toBe(false);
  });

  it('ends where its signal is aborted', async () => {
    const engine = await loaded(randomModel('nade', grid, 1, 1, { hidden: 3 }));
    const older = new AbortController();
    const unwanted = engine.hiddenUnits.map('m', digits, labels, () => undefined, older.signal);
    const newer = engine.hiddenUnits.map('m', digits, labels, () => undefined);
    older.abort();
    await expect(unwanted).rejects.toBe(older.signal.reason);
    expect((await newer).ok).toBe(true);
    // The position is of the map that was computed.
    expect((await engine.hiddenUnits.place('m', digits)).ok).toBe(true);
  });
});
