import { describe, expect, it } from 'vitest';
import { MNIST_GRID, pixelCount, sliceImages, unpackImage } from '../../../src/data/images.ts';
import type { Grid, PackedImages } from '../../../src/data/images.ts';
import { inverseOrder, randomOrder, rasterOrder } from '../../../src/data/orders.ts';
import { indexRange, randomWords, Stream, streamKey, uniform } from '../../../src/data/rng.ts';
import { ensembleOrders, unitDegrees, unitsBelow } from '../../../src/models/made/masks.ts';
import { openOrders } from '../../../src/models/made/orders.ts';
import { definition, logitsIn, logLikelihoodIn, reference } from '../../../src/models/made/reference.ts';
import { families } from '../../../src/models/made/spec.ts';
import { orderNumberOf } from '../../../src/models/made/sampler.ts';
import { logBernoulli, sigmoid } from '../../../src/models/shared/math.ts';
import type { Hyper, Model, Tensors } from '../../../src/models/model.ts';
import { rowScores } from '../../../src/models/made/row-scores.ts';
import { fused, simd } from '../simd/implementations.ts';
import { allImages, numbers, plainSample, randomImages } from './families.ts';

const [spec] = families;
const SMALL = { width: 3, height: 3 };

function randomModel(grid: Grid, hyper: Hyper, scale = 1, seed = 1): Model {
  const next = numbers(seed);
  const tensors: Tensors = Object.fromEntries(
    spec.tensors(grid, hyper).map(({ name, shape }) => {
      const length = shape.reduce((product, side) => product * side, 1);
      return [name, Float32Array.from({ length }, () => (2 * next() - 1) * scale)];
    }),
  );
  return { family: 'made', grid, hyper, tensors };
}

function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, value) => total + value, 0);
}

function total(model: Model): number {
  return sum(
    reference
      .open(model)
      .logLikelihood(allImages(model.grid))
      .map((nats) => Math.exp(nats)),
  );
}

describe('spec', () => {
  it.each([
    [MNIST_GRID, { hidden: 500, layers: 1, orders: 2 }, 2 * 784 * 500 + 500 + 784],
    [SMALL, { hidden: 5, layers: 3, orders: 1 }, 2 * 45 + 5 + 9 + 2 * 30],
    [SMALL, { hidden: 5, layers: 1, orders: 2, direct: 1 }, 2 * 45 + 5 + 9 + 81],
  ])('counts what its tensors hold', (grid, hyper, count) => {
    expect(spec.parameterCount(grid, hyper)).toBe(count);
    expect(sum(spec.tensors(grid, hyper).map(({ shape }) => shape.reduce((a, b) => a * b, 1)))).toBe(count);
  });

  it('names raster and as many shuffles as it says', () => {
    const orders = spec.orders!(randomModel(SMALL, { hidden: 2, layers: 1, orders: 3 }));
    expect(orders).toEqual([rasterOrder(SMALL), randomOrder(SMALL, 1), randomOrder(SMALL, 2)]);
  });

  it('refuses what no buffer holds', () => {
    const hyper = { hidden: 1000, layers: 3, orders: 8 };
    expect(spec.refuses!({ width: 160, height: 160 }, hyper)).toMatch(/^hidden: 1000 units/);
    expect(spec.refuses!(MNIST_GRID, hyper)).toBeNull();
  });
});

describe('masks', () => {
  it.each([
    [1, 4],
    [2, 3],
    [9, 1],
    [9, 8],
    [9, 100],
    [784, 500],
  ])('%i pixels, %i units: degrees 0 to n - 2, rising, none twice while another is free', (n, hidden) => {
    const degrees = [...unitDegrees(n, hidden)];
    expect(degrees).toEqual([...degrees].sort((a, b) => a - b));
    expect(degrees[0]).toBeGreaterThanOrEqual(0);
    expect(degrees[hidden - 1]).toBeLessThanOrEqual(Math.max(0, n - 2));
    if (n > 1) expect(new Set(degrees).size).toBe(Math.min(hidden, n - 1));
    const below = unitsBelow(Int32Array.from(degrees), n);
    expect([...below]).toEqual(
      Array.from({ length: n + 1 }, (_, t) => degrees.filter((degree) => degree < t).length),
    );
  });
});

/** Fewer units than pixels and more, a block and one, and sizes that are no multiple of anything. */
const CASES: readonly (readonly [string, Grid, Hyper])[] = [
  ['1x1', { width: 1, height: 1 }, { hidden: 3, layers: 2, orders: 2 }],
  ['3x3, wide', SMALL, { hidden: 70, layers: 2, orders: 3 }],
  ['13x5', { width: 13, height: 5 }, { hidden: 65, layers: 1, orders: 2 }],
  ['13x9, deep', { width: 13, height: 9 }, { hidden: 31, layers: 3, orders: 4 }],
  ['28x28', MNIST_GRID, { hidden: 100, layers: 1, orders: 2 }],
  ['13x5, direct', { width: 13, height: 5 }, { hidden: 21, layers: 1, orders: 2, direct: 1 }],
  ['13x9, deep and direct', { width: 13, height: 9 }, { hidden: 31, layers: 2, orders: 3, direct: 1 }],
  ['28x28, direct', MNIST_GRID, { hidden: 50, layers: 1, orders: 1, direct: 1 }],
];

/** How the twin computes, and how near its f64 or f32 comes to the plain loops: in nats an image, and relative to the loss. */
const METHODS = [
  { how: 'typed arrays', by: null, nats: 1e-6, loss: 1e-7 },
  { how: simd.description, by: simd, nats: 2e-5, loss: 2e-7 },
  { how: fused.description, by: fused, nats: 2e-5, loss: 2e-7 },
] as const;

describe.each(
  METHODS.flatMap((method) => CASES.map(([name, ...each]) => [name, method.how, method, ...each] as const)),
)('%s, by %s', (_name, __, method, grid, hyper) => {
  const n = pixelCount(grid);
  const model = randomModel(grid, hyper, n > 200 ? 0.2 : 0.5);
  const images = randomImages(grid, 140, 0.25);
  const opened = reference.open(model, method.by);

  it('scores as the plain loops do', () => {
    const fast = opened.logLikelihood(images);
    for (const m of [0, 1, 63, 64, 127, 128, 139]) {
      const plain = definition.logLikelihood(model, unpackImage(images, m));
      expect(Math.abs(fast[m] - plain)).toBeLessThan(method.nats);
      expect(opened.logLikelihood(sliceImages(images, m, 1))[0]).toBe(fast[m]);
    }
  });

  it('reads the logits of the likeliest order', () => {
    const some = sliceImages(images, 0, 8);
    const fast = opened.conditionalLogits(some);
    for (let m = 0; m < 8; m++) {
      const plain = definition.logits(model, unpackImage(some, m));
      plain.forEach((z, i) => expect(Math.abs(fast[m * n + i] - z)).toBeLessThan(1e-5));
    }
  });

  it.each([false, true])('has the gradient of the plain loops, soft targets: %s', (soft) => {
    const descent = reference.openGradient!(model, method.by);
    const next = numbers(3);
    for (const count of n > 200 ? [1, 13] : [1, 13, 131]) {
      const batch = sliceImages(images, 3, count);
      const targets = soft ? { soft: Float32Array.from({ length: count * n }, next) } : {};
      const fast = zeros(model.tensors, 7);
      const plain = zeros(model.tensors, 7);
      const loss = descent.gradient(batch, fast, targets);
      expect(Math.abs(loss / definition.gradient!(model, batch, plain, targets) - 1)).toBeLessThan(
        method.loss,
      );
      for (const [name, exact] of Object.entries(plain)) {
        const largest = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
        const worst = exact.reduce((most, value, at) => Math.max(most, Math.abs(value - fast[name][at])), 0);
        expect(worst / largest, name).toBeLessThan(1e-5);
      }
    }
  });

  it('follows weights that change between two calls', () => {
    const moved = { ...model, tensors: structuredClone(model.tensors) };
    const descent = reference.openGradient!(moved, method.by);
    const batch = sliceImages(images, 0, 9);
    const [first, again, fresh] = [0, 1, 2].map(() => zeros(model.tensors, 0));
    descent.gradient(batch, first);
    for (const tensor of Object.values(moved.tensors)) tensor.forEach((w, at) => (tensor[at] = w / 2));
    descent.gradient(batch, again);
    reference.openGradient!(moved, method.by).gradient(batch, fresh);
    expect(again).toEqual(fresh);
    expect(again).not.toEqual(first);
  });

  it('samples what the plain loops would, however the work is cut', () => {
    const request = { seed: 9, indices: Uint32Array.of(4, 900, 17, 5), temperature: 0.8 };
    const sampler = opened.sampler(request);
    for (let done = 0; done < n; done += 30) sampler.advance(30);
    expect(sampler.position).toBe(n);
    request.indices.forEach((index, m) => {
      if (n > 200 && m > 1) return;
      const order = ensembleOrders(grid, hyper)[orderNumberOf(9, index, hyper.orders)];
      // By place: what plainSample decides t-th is the pixel that comes t-th.
      const byPlace = plainSample(
        (decided) => {
          const x = new Uint8Array(n);
          decided.forEach((value, t) => (x[order[t]] = value));
          const z = logitsIn(model, order, x);
          return Float64Array.from(order, (pixel) => z[pixel]);
        },
        Math.min(n, 80),
        9,
        index,
        0.8,
      );
      const drawn = unpackImage(sampler.images, m);
      expect(Array.from(order.subarray(0, byPlace.length), (pixel) => drawn[pixel])).toEqual(byPlace);
    });
  });
});

describe('autoregressive', () => {
  const grid = { width: 13, height: 9 };
  it.each([
    [1, 200, 0],
    [2, 31, 0],
    [3, 50, 0],
    [1, 31, 1],
  ])(
    '%i layers: flipping later pixels leaves a conditional as it is, bit for bit, in every order (%i units, direct: %i)',
    (layers, hidden, direct) => {
      const model = randomModel(grid, { hidden, layers, orders: 3, direct });
      const n = pixelCount(grid);
      const images = randomImages(grid, n, 0.4);
      const others = randomImages(grid, n, 0.4, 9);
      const all = [openOrders(model), rowScores(model, simd)!, rowScores(model, fused)!].flatMap((orders) =>
        orders.map((each, o) => ({ each, o })),
      );
      expect(all.length).toBe(9);
      all.forEach(({ each, o }) => {
        const order = ensembleOrders(grid, model.hyper)[o];
        const place = inverseOrder(order);
        // Image t keeps the pixels that come before place t; those from there on are drawn anew.
        const mixed = mix(images, others, (t, i) => place[i] >= t);
        const before = each.logits(images);
        const after = each.logits(mixed);
        let changed = 0;
        for (let t = 0; t < n; t++) {
          for (let s = 0; s <= t; s++)
            expect(after[t * n + order[s]] === before[t * n + order[s]]).toBe(true);
          for (let s = t + 1; s < n; s++)
            changed += Number(after[t * n + order[s]] !== before[t * n + order[s]]);
        }
        expect(changed).toBeGreaterThan((n * n) / 8);
        // The definition too.
        for (const t of [0, 1, 40, n - 1]) {
          const [a, b] = [images, mixed].map((all) => logitsIn(model, order, unpackImage(all, t)));
          for (let s = 0; s <= t; s++) expect(a[order[s]]).toBe(b[order[s]]);
        }
      });
    },
  );
});

describe('a distribution', () => {
  it.each([
    [SMALL, { hidden: 7, layers: 1, orders: 1 }],
    [SMALL, { hidden: 20, layers: 2, orders: 3 }],
    [SMALL, { hidden: 20, layers: 3, orders: 8 }],
    [SMALL, { hidden: 7, layers: 1, orders: 3, direct: 1 }],
    [
      { width: 4, height: 4 },
      { hidden: 9, layers: 1, orders: 2 },
    ],
    [
      { width: 4, height: 4 },
      { hidden: 12, layers: 2, orders: 4 },
    ],
  ])('all images of a small grid have a probability of 1 together', (grid, hyper) => {
    expect(Math.abs(total(randomModel(grid, hyper, 1.5)) - 1)).toBeLessThan(1e-9);
  });

  it('is none where logits are averaged instead', () => {
    const model = randomModel(SMALL, { hidden: 20, layers: 1, orders: 3 }, 1.5);
    const orders = ensembleOrders(SMALL, model.hyper);
    const images = allImages(SMALL);
    let planted = 0;
    for (let m = 0; m < images.count; m++) {
      const x = unpackImage(images, m);
      const each = orders.map((order) => logitsIn(model, order, x));
      planted += Math.exp(
        sum(Array.from(x, (xi, i) => logBernoulli(xi, sum(each.map((z) => z[i])) / orders.length))),
      );
    }
    expect(Math.abs(planted - 1)).toBeGreaterThan(1e-3);
  });

  it('survives extreme weights', () => {
    const model = randomModel(SMALL, { hidden: 30, layers: 3, orders: 3 }, 100);
    for (const by of [null, simd, fused])
      for (const nats of reference.open(model, by).logLikelihood(allImages(SMALL))) {
        expect(Number.isFinite(nats)).toBe(true);
        expect(nats).toBeLessThanOrEqual(0);
      }
  });
});

describe('gradient', () => {
  it.each([
    [1, 1, 0],
    [1, 2, 0],
    [3, 1, 0],
    [3, 2, 0],
    [1, 1, 1],
    [3, 2, 1],
  ])('%i orders, %i layers, direct %i: what central differences find', (orders, layers, direct) => {
    const model = randomModel(SMALL, { hidden: 11, layers, orders, direct }, 1, 5);
    const batch = randomImages(SMALL, 5, 0.5);
    const gradients = zeros(model.tensors, 0);
    const loss = definition.gradient!(model, batch, gradients);
    const nats = () =>
      -sum(Array.from({ length: 5 }, (_, m) => definition.logLikelihood(model, unpackImage(batch, m)))) / 5;
    expect(loss / 5).toBeCloseTo(nats(), 9);
    let differences = 0;
    for (const [name, tensor] of Object.entries(model.tensors)) {
      tensor.forEach((value, at) => {
        const [up, down] = [1e-3, -1e-3].map((delta) => {
          tensor[at] = value + delta;
          return { at: tensor[at], nats: nats() };
        });
        tensor[at] = value;
        const slope = (up.nats - down.nats) / (up.at - down.at);
        // A rectified unit that turns within the step has two slopes there: rare, and counted.
        if (Math.abs(gradients[name][at] - slope) > 1e-5) differences++;
      });
    }
    expect(differences).toBeLessThanOrEqual(2);
  });
});

describe('sampling', () => {
  it('draws 3x3 images as often as it scores them likely, over three orders', () => {
    const count = 60_000;
    const model = randomModel(SMALL, { hidden: 24, layers: 2, orders: 3 }, 1);
    const opened = reference.open(model);
    const sampler = opened.sampler({ seed: 5, indices: indexRange(0, count), temperature: 1 });
    sampler.advance(9);
    const histogram = new Float64Array(512);
    for (const word of sampler.images.words) histogram[word]++;
    const images = allImages(SMALL);
    const expected = opened.logLikelihood(images).map((nats) => count * Math.exp(nats));
    expect(excess(histogram, expected)).toBeLessThan(5);
    // And the check would see samples drawn in raster order alone.
    const raster = Float64Array.from(
      { length: 512 },
      (_, m) => count * Math.exp(logLikelihoodIn(model, rasterOrder(SMALL), unpackImage(images, m))),
    );
    expect(excess(histogram, raster)).toBeGreaterThan(50);
  });

  it('draws in the order that the stream of orders names, place t by uniform number t', () => {
    const hyper = { hidden: 24, layers: 1, orders: 3 };
    const model = randomModel(SMALL, hyper);
    const indices = indexRange(1_000, 300);
    const sampler = reference.open(model).sampler({ seed: 11, indices, temperature: 1 });
    sampler.advance(9);
    const used = new Set<number>();
    indices.forEach((index, m) => {
      const [word] = words(streamKey(Stream.order), 11, index, 1);
      const o = Math.floor(uniform(word) * 3);
      used.add(o);
      const order = ensembleOrders(SMALL, hyper)[o];
      const x = unpackImage(sampler.images, m);
      const z = logitsIn(model, order, x);
      words(streamKey(Stream.sample), 11, index, 9).forEach((drawn, t) => {
        const p = sigmoid(z[order[t]]);
        if (Math.abs(p - uniform(drawn)) > 1e-9) expect(x[order[t]]).toBe(Number(uniform(drawn) < p));
      });
    });
    expect([...used].sort()).toEqual([0, 1, 2]);
  });
});

describe('initialise', () => {
  it('is the independent model, its means kept off 0 and 1, in every order', () => {
    const grid = { width: 2, height: 2 };
    const hyper = { hidden: 6, layers: 2, orders: 2, direct: 1 };
    const means = Float64Array.of(0, 0.25, 0.5, 1);
    const tensors = reference.initialise!(grid, hyper, means, 3);
    const z = definition.logits({ family: 'made', grid, hyper, tensors }, [1, 0, 1, 1]);
    expect([...z].map(sigmoid)).toEqual([
      expect.closeTo(1e-4, 8),
      expect.closeTo(0.25, 7),
      expect.closeTo(0.5, 7),
      expect.closeTo(1 - 1e-4, 7),
    ]);
    expect(tensors.weight_2.some((w) => w !== 0)).toBe(true);
    expect(reference.initialise!(grid, hyper, means, 3)).toEqual(tensors);
    expect(reference.initialise!(grid, hyper, means, 4)).not.toEqual(tensors);
  });
});

function zeros(tensors: Tensors, value: number): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => [name, new Float32Array(t.length).fill(value)]),
  );
}

/** Pixel i of image m from `b` where `takes(m, i)`, else from `a`. */
function mix(a: PackedImages, b: PackedImages, takes: (m: number, i: number) => boolean): PackedImages {
  const words = a.words.slice();
  const stride = words.length / a.count;
  for (let m = 0; m < a.count; m++) {
    for (let i = 0; i < pixelCount(a.grid); i++) {
      if (!takes(m, i)) continue;
      const at = m * stride + (i >> 5);
      words[at] = (words[at] & ~(1 << (i & 31))) | (b.words[at] & (1 << (i & 31)));
    }
  }
  return { ...a, words };
}

function words(key: number, seed: number, index: number, count: number): Uint32Array {
  const drawn = new Uint32Array(count);
  randomWords(seed, key, index, drawn);
  return drawn;
}

/** How many standard deviations Pearson's statistic lies above its mean; cells that expect fewer than 10 are left out. */
function excess(observed: Float64Array, expected: Float64Array): number {
  let statistic = 0;
  let cells = 0;
  expected.forEach((count, cell) => {
    if (count < 10) return;
    statistic += (observed[cell] - count) ** 2 / count;
    cells++;
  });
  return (statistic - cells) / Math.sqrt(2 * cells);
}
