import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChapterTools } from '../../../src/app/learn/chapter-tools.ts';
import { type GreyImages, MNIST_GRID } from '../../../src/data/images.ts';
import { ok } from '../../../src/data/result.ts';
import { Descent } from '../../../src/learn/08-distance/descent.ts';
import { type Distance, DISTANCES, distanceOf, slopeOf } from '../../../src/learn/08-distance/distances.ts';
import { exercises, reverseMode, toFairCoins } from '../../../src/learn/08-distance/exercises.ts';
import {
  chancesOf,
  independentPixels,
  type LogitFamily,
  logitsOf,
  twoProducts,
} from '../../../src/learn/08-distance/families.ts';
import { pairOf, reverseMinimum } from '../../../src/learn/08-distance/pair.ts';
import { Distances, params } from '../../../src/learn/08-distance/state.svelte.ts';
import { surfaceOf } from '../../../src/learn/08-distance/surface.ts';
import type { Instance } from '../../../src/learn/exercises/exercise.ts';
import { judge } from '../../../src/learn/exercises/judge.ts';
import { randomOf } from '../../../src/learn/exercises/random.ts';
import { readValues } from '../../../src/learn/state/params.ts';
import { klDivergence, marginalsOf, productOf, totalCorrelation } from '../../../src/stats/divergences.ts';
import { openChapter } from './open-chapter.ts';

/** The pair of the lecture's exercise. */
const ALIKE = pairOf(0.01, 0.5);

const instanceOf = (id: keyof typeof exercises, seed: number): Instance =>
  exercises[id].instance(randomOf(`distance/${id}`, seed));

/** Where the descent of a distance ends. */
function endOf(distance: Distance, family: LogitFamily, p: ArrayLike<number>, start: readonly number[]) {
  const descent = new Descent(distance, family, p, logitsOf(start), 1);
  const place = descent.at(2000);
  return { value: place.value, chances: chancesOf(place.logits) };
}

/** Positive tables [2^n]: no kink of total variation lies at them by chance. */
const tables = (n: number) =>
  fc
    .array(fc.double({ min: 0.05, max: 1, noNaN: true }), { minLength: 2 ** n, maxLength: 2 ** n })
    .map((weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return Float64Array.from(weights, (weight) => weight / total);
    });
const logits = (count: number) =>
  fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: count, maxLength: count });

describe.each([
  ['independent pixels', independentPixels, (n: number) => n],
  ['two products', twoProducts, (n: number) => 1 + 2 * n],
] as const)('%s', (_, familyOf, parameters) => {
  const given = fc
    .integer({ min: 1, max: 3 })
    .chain((n) => fc.tuple(fc.constant(n), tables(n), logits(parameters(n))));

  it('have tables that sum to one', () => {
    fc.assert(
      fc.property(given, ([n, , z]) => {
        expect(
          familyOf(n)
            .table(z)
            .reduce((sum, q) => sum + q, 0),
        ).toBeCloseTo(1, 13);
      }),
    );
  });

  it.each(DISTANCES)('have the gradient of %s that finite differences have', (distance) => {
    const STEP = 1e-5;
    fc.assert(
      fc.property(given, ([n, p, z]) => {
        const family = familyOf(n);
        const q = family.table(z);
        // Near an edge of total variation the difference goes over it.
        fc.pre(distance !== 'variation' || q.every((value, m) => Math.abs(value - p[m]) > 1e-4));
        const gradient = family.gradient(z, slopeOf(distance, p, q));
        expect(gradient.length).toBe(z.length);
        const at = (k: number, by: number) =>
          distanceOf(distance, p, family.table(z.map((value, i) => (i === k ? value + by : value))));
        gradient.forEach((slope, k) => {
          expect(slope).toBeCloseTo((at(k, STEP) - at(k, -STEP)) / (2 * STEP), 7);
        });
      }),
    );
  });
});

describe('two products', () => {
  it('are the mixture written out', () => {
    const q = twoProducts(2).table(logitsOf([0.3, 0.1, 0.2, 0.8, 0.6]));
    const [first, second] = [productOf([0.1, 0.2]), productOf([0.8, 0.6])];
    q.forEach((value, m) => expect(value).toBeCloseTo(0.3 * first[m] + 0.7 * second[m], 13));
  });
});

describe('a descent', () => {
  it('never goes up, and ends forward at the marginals', () => {
    fc.assert(
      fc.property(tables(2), fc.constantFrom(...DISTANCES), logits(2), (p, distance, z) => {
        const trace = new Descent(distance, independentPixels(2), p, Float64Array.from(z), 1).upTo(300);
        for (let i = 1; i < trace.length; i++) expect(trace[i].value).toBeLessThanOrEqual(trace[i - 1].value);
        if (distance === 'forward') {
          const ends = chancesOf(trace[trace.length - 1].logits);
          [...marginalsOf(p)].forEach((chance, i) => expect(ends[i]).toBeCloseTo(chance, 4));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('takes plain steps of the gradient where they gain enough', () => {
    const descent = new Descent('forward', independentPixels(2), ALIKE, logitsOf([0.3, 0.8]), 1);
    // The gradient of forward KL by the logits: model less data.
    const start = logitsOf([0.3, 0.8]);
    expect(descent.at(0).gradient?.[0]).toBeCloseTo(0.3 - 0.5, 12);
    expect(descent.at(1).logits[0]).toBeCloseTo(start[0] + 0.2, 12);
    expect(descent.at(1).logits[1]).toBeCloseTo(start[1] - 0.3, 12);
  });

  it('stays where the distance is infinite', () => {
    const descent = new Descent('reverse', independentPixels(2), [0.5, 0, 0, 0.5], logitsOf([0.3, 0.8]), 1);
    expect(descent.at(7)).toMatchObject({ value: Infinity, gradient: null, done: true });
    expect(descent.upTo(7)).toHaveLength(1);
  });
});

describe('P = (.49, .01, .01, .49) and independent pixels', () => {
  it('forward KL has its minimum .595 at (.5, .5)', () => {
    const { value, chances } = endOf('forward', independentPixels(2), ALIKE, [0.2, 0.7]);
    expect(value).toBeCloseTo(0.595, 3);
    expect(chances).toEqual([expect.closeTo(0.5, 5), expect.closeTo(0.5, 5)]);
  });

  it.each([
    [0.7, 0.976],
    [0.3, 0.024],
  ])('reverse KL from (%f, %f)', (start, end) => {
    const { value, chances } = endOf('reverse', independentPixels(2), ALIKE, [start, start]);
    expect(value).toBeCloseTo(0.669, 3);
    expect(chances).toEqual([expect.closeTo(end, 3), expect.closeTo(end, 3)]);
  });

  it('reverse KL at (.5, .5) is 1.273', () => {
    expect(distanceOf('reverse', ALIKE, productOf([0.5, 0.5]))).toBeCloseTo(1.273, 3);
  });

  it('Jensen-Shannon stays in the middle, and total variation has two minima of .4', () => {
    expect(endOf('halfway', independentPixels(2), ALIKE, [0.2, 0.7]).chances[0]).toBeCloseTo(0.5, 3);
    const { value, chances } = endOf('variation', independentPixels(2), ALIKE, [0.9, 0.9]);
    expect(value).toBeCloseTo(0.4, 3);
    expect(chances[0]).toBeCloseTo(0.7, 2);
  });

  it('two products reach it by forward KL', () => {
    expect(endOf('forward', twoProducts(2), ALIKE, [0.5, 0.3, 0.4, 0.6, 0.7]).value).toBeLessThan(1e-4);
  });
});

describe('another pair, P = (.66, .02, .02, .30)', () => {
  const p = pairOf(0.02, 0.3125);

  it('has its forward minimum at the marginals and the nats of total correlation', () => {
    [0.66, 0.02, 0.02, 0.3].forEach((value, m) => expect(p[m]).toBeCloseTo(value, 12));
    const { value, chances } = endOf('forward', independentPixels(2), p, [0.6, 0.6]);
    expect(chances[0]).toBeCloseTo(0.32, 5);
    expect(value).toBeCloseTo(totalCorrelation(p), 9);
  });

  it.each([0.9, 0.1])('has a reverse minimum on either side where mean field ends too, from %f', (start) => {
    const { value, chances } = endOf('reverse', independentPixels(2), p, [start, start]);
    const ends = reverseMinimum(p, start);
    expect(chances[0]).toBeCloseTo(ends[0], 4);
    expect(chances[1]).toBeCloseTo(ends[1], 4);
    expect(value).toBeCloseTo(klDivergence(productOf(ends), p), 9);
    // No neighbour is lower.
    for (const [da, db] of [
      [0.002, 0],
      [-0.002, 0],
      [0, 0.002],
      [0, -0.002],
      [0.002, 0.002],
      [-0.002, -0.002],
    ])
      expect(klDivergence(productOf([ends[0] + da, ends[1] + db]), p)).toBeGreaterThan(value);
  });
});

describe('the surface of all models', () => {
  it('is the distance at the middle of each cell, rounded down to a band', () => {
    const surface = surfaceOf('forward', ALIKE, 8);
    // The second row from the top, the third column: (5/16, 13/16).
    const value = distanceOf('forward', ALIKE, productOf([5 / 16, 13 / 16]));
    expect(surface[8 + 2]).toBeLessThanOrEqual(value);
    expect(surface[8 + 2]).toBeGreaterThan(value - 3 / 16);
  });
});

describe('exercises of distances', () => {
  it('forward and reverse have the values of the lecture, and know each other', () => {
    const forward = toFairCoins(0.01, 'forward');
    expect(judge(forward, '0.595')).toEqual({ kind: 'right' });
    expect(judge(forward, '1.273')).toEqual({ kind: 'wrong', misconception: 'reversed' });
    expect(judge(forward, '-0.595')).toEqual({ kind: 'wrong', misconception: 'sign' });
    expect(judge(forward, '0')).toEqual({ kind: 'wrong', misconception: 'marginal' });
    // 0.5951 / log 2.
    expect(judge(forward, '0.8586')).toEqual({ kind: 'wrong', misconception: 'bits' });
    const reverse = toFairCoins(0.01, 'reverse');
    expect(judge(reverse, '1.273')).toEqual({ kind: 'right' });
    expect(judge(reverse, '0.595')).toEqual({ kind: 'wrong', misconception: 'reversed' });
  });

  it('of unlike images of a tenth: forward log 2 less the entropy of (.2, .8), reverse log(5/4)', () => {
    const forward = Math.LN2 + 0.2 * Math.log(0.2) + 0.8 * Math.log(0.8);
    expect(judge(toFairCoins(0.1, 'forward'), forward.toFixed(4))).toEqual({ kind: 'right' });
    // Half the weight on .25 / .4, half on .25 / .1.
    const reverse = (Math.log(0.625) + Math.log(2.5)) / 2;
    expect(judge(toFairCoins(0.1, 'reverse'), reverse.toFixed(4))).toEqual({ kind: 'right' });
  });

  it('the reverse minimum is at .976, and for .02 at .944', () => {
    expect(judge(reverseMode(0.01), '0.976')).toEqual({ kind: 'right' });
    expect(judge(reverseMode(0.01), '0.024')).toEqual({ kind: 'wrong', misconception: 'low' });
    expect(judge(reverseMode(0.01), '0.5')).toEqual({ kind: 'wrong', misconception: 'forward' });
    expect(judge(reverseMode(0.01), '0.49')).toEqual({ kind: 'wrong', misconception: 'joint' });
    expect(judge(reverseMode(0.02), '0.944')).toEqual({ kind: 'right' });
  });

  it('mean NLL less entropy is KL, from the numbers of the text', () => {
    for (let seed = 0; seed < 50; seed++) {
      const instance = instanceOf('gap', seed);
      const { inked, guess, loss, entropy } = instance.values;
      const [p, q] = [Number(inked) / 100, Number(guess)];
      const kl = p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
      expect(judge(instance, kl.toFixed(4))).toEqual({ kind: 'right' });
      expect(Number(loss) - Number(entropy)).toBeCloseTo(kl, 3);
    }
  });

  it('the smallest mean NLL is at the frequency: every other chance on a fine grid has more', () => {
    for (let seed = 0; seed < 30; seed++) {
      const { values, answer } = instanceOf('minimum', seed);
      const inked = Number(values.inked);
      const paper = Number(values.images) - inked;
      const loss = (theta: number) => -inked * Math.log(theta) - paper * Math.log(1 - theta);
      for (let theta = 0.001; theta < 1; theta += 0.001)
        expect(loss(theta)).toBeGreaterThan(loss(Number(answer.value)) - 1e-10);
    }
  });

  it('which distance was made small: marginals only for forward KL', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { values, answer } = instanceOf('which', seed);
      const share = Number(values.rare) + Number(values.both);
      expect(Math.abs(Number(values.a) - share) < 0.011).toBe(answer.value === 'forward');
    }
  });
});

describe('numbers of the text', () => {
  it('are those of the lecture at the start', async () => {
    const { view } = await openChapter('distance');
    expect(view.numbers).toMatchObject({
      alike: '0.490',
      rare: '0.010',
      marginal: '0.500',
      mode: '0.976',
      bestForward: '0.595',
      modeReverse: '0.669',
      bestReverse: '1.273',
      unlike: '0.250',
      bound: '0.693',
    });
  });

  it('follow a link: four distances of (.3, .4) from (.66, .02, .02, .30), by hand', async () => {
    const { view } = await openChapter('distance', 'rare=0.02&tilt=0.3&a=0.3&b=0.4');
    const p = [0.96 * 0.7, 0.02, 0.02, 0.96 * 0.3];
    const q = [0.42, 0.18, 0.28, 0.12];
    const kl = (a: number[], b: number[]) => a.reduce((sum, x, m) => sum + x * Math.log(x / b[m]), 0);
    const half = p.map((x, m) => (x + q[m]) / 2);
    expect(view.numbers).toMatchObject({
      forward: kl(p, q).toFixed(3),
      reverse: kl(q, p).toFixed(3),
      halfway: ((kl(p, half) + kl(q, half)) / 2).toFixed(3),
      variation: (p.reduce((sum, x, m) => sum + Math.abs(x - q[m]), 0) / 2).toFixed(3),
    });
  });

  it('reach the goals by links with steps', async () => {
    const reached = async (query: string) => {
      const { view, goals } = await openChapter('distance', query);
      return goals.filter((goal) => view.reached(goal));
    };
    expect(await reached('steps=300')).toEqual(['cover']);
    expect(await reached('distance=reverse&a=0.6&b=0.8&steps=800')).toEqual(['inked']);
    expect(await reached('distance=reverse&a=0.4&b=0.2&steps=800')).toEqual(['paper']);
    expect(await reached('family=mixture&steps=800')).toEqual(['mixture']);
    expect(await reached('distance=reverse&steps=3')).toEqual([]);
    // The text asks for the valley of ink first: the start that the chapter opens with lies above it.
    expect(await reached('distance=reverse&steps=2000')).toEqual(['inked']);
  });
});

describe('digits', () => {
  /** A bar at one of three places: two small pixels of four are always alike. */
  const pixels = new Uint8Array(30 * 784);
  for (let image = 0; image < 30; image++)
    for (let row = 0; row < 28; row++)
      for (let wide = 0; wide < 8; wide++)
        pixels[
          image * 784 + (image % 3 === 0 ? 20 * 28 + row : row * 28 + (image % 3 === 1 ? 2 : 18) + wide)
        ] = 255;
  const grey: GreyImages = { grid: MNIST_GRID, count: 30, pixels, labels: null };
  const tools = { digits: () => Promise.resolve(ok(grey)) } as unknown as ChapterTools;
  const open = async (query: string) => {
    const lecture = new Distances(readValues(params, query), tools);
    await lecture.load();
    return lecture;
  };

  it.each([
    'side=2',
    'side=2&moves=9',
    'side=3&start=anywhere&seed=4&moves=3',
    'side=3&mixed=yes&measure=reverse&moves=20',
  ])('have a mean loss that is forward KL above the entropy, wherever the model is: %s', async (query) => {
    const { identity } = await open(query);
    expect(identity && identity.loss - identity.entropy).toBeCloseTo(identity?.kl ?? NaN, 12);
    expect(identity?.kl).toBeGreaterThan(0.1);
  });

  it('are infinitely far by reverse KL until all images are mixed in', async () => {
    const apart = await open('side=2&measure=reverse');
    expect(apart.gridFour?.reverse).toBe(Infinity);
    apart.advance('grid', 5);
    expect(apart.values.moves).toBe(0);
    const mixed = await open('side=2&measure=reverse&mixed=yes');
    expect(mixed.gridFour?.reverse).toBeLessThan(10);
    const before = mixed.gridFour?.reverse ?? 0;
    mixed.advance('grid', 5);
    expect(mixed.values.moves).toBe(5);
    const later = await open('side=2&measure=reverse&mixed=yes&moves=5');
    expect(later.gridFour?.reverse).toBeLessThan(before);
  });

  it('are nearest by forward KL at the total correlation', async () => {
    const lecture = await open('side=3&moves=2000');
    expect(lecture.identity?.kl).toBeCloseTo(lecture.gridLeast ?? NaN, 3);
  });
});
