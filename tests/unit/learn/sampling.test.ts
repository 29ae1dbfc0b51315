import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allImages } from '../../../src/data/enumerate.ts';
import { packImages, pixelCount, unpackImage } from '../../../src/data/images.ts';
import { reference } from '../../../src/models/bayes-net/reference.ts';
import { parentsOf } from '../../../src/models/bayes-net/parents.ts';
import { reference as fvsbn } from '../../../src/models/fvsbn/reference.ts';
import { parseExperiment } from '../../../src/app/experiment.ts';
import { families } from '../../../src/models/registry.ts';
import { digitHyper } from '../../../src/learn/11-sampling/digit-models.ts';
import { exercises } from '../../../src/learn/11-sampling/exercises.ts';
import { meanLogOf, meanOf, outcomesOf } from '../../../src/learn/11-sampling/estimate.ts';
import {
  drawnBy,
  leftAndAbove,
  probabilitiesOf,
  sweepsNeeded,
  sweepsOf,
  uniformsOf,
} from '../../../src/learn/11-sampling/sampler.ts';
import {
  chained,
  firstInk,
  jointTemperature,
  pixelTemperature,
  type TwoPixels,
} from '../../../src/learn/11-sampling/temperature.ts';
import { totalVariation } from '../../../src/stats/divergences.ts';
import type { Instance } from '../../../src/learn/exercises/exercise.ts';
import { randomOf } from '../../../src/learn/exercises/random.ts';
import { randomModel } from '../models/families.ts';
import { openChapter } from './open-chapter.ts';

const chance = fc.double({ min: 0.02, max: 0.98, noNaN: true });
const temperatures = fc.double({ min: 0.2, max: 4, noNaN: true });

describe('the temperature square', () => {
  const p: TwoPixels = [0.25, 0.25, 0.05, 0.45];

  it('has the known values of p = (.25, .25, .05, .45) at T = .5', () => {
    expect(firstInk(pixelTemperature(p, 0.5))).toBeCloseTo(0.5, 12);
    // .05^2 + .45^2 over .25^2 + .25^2 + .05^2 + .45^2
    expect(firstInk(jointTemperature(p, 0.5))).toBeCloseTo(0.205 / 0.33, 12);
    expect(firstInk(jointTemperature(p, 0.5)).toFixed(3)).toBe('0.621');
    expect(totalVariation(pixelTemperature(p, 0.5), jointTemperature(p, 0.5)).toFixed(3)).toBe('0.121');
  });

  it('has those of another instance, by hand: p = (.1, .3, .3, .3) at T = 2', () => {
    const q: TwoPixels = [0.1, 0.3, 0.3, 0.3];
    const root = Math.sqrt;
    expect(firstInk(jointTemperature(q, 2))).toBeCloseTo((2 * root(0.3)) / (root(0.1) + 3 * root(0.3)), 12);
    expect(firstInk(pixelTemperature(q, 2))).toBeCloseTo(root(0.6) / (root(0.6) + root(0.4)), 12);
    const second = root(0.75) / (root(0.75) + root(0.25));
    const first = firstInk(pixelTemperature(q, 2));
    const wanted = [(1 - first) * (1 - second), (1 - first) * second, first / 2, first / 2];
    pixelTemperature(q, 2).forEach((each, i) => expect(each).toBeCloseTo(wanted[i], 12));
  });

  it('agrees at T = 1, for independent pixels, and where both conditionals are equally undecided', () => {
    fc.assert(
      fc.property(chance, chance, temperatures, fc.boolean(), (first, second, temperature, mirrored) => {
        const each = chained(first, second, mirrored ? 1 - second : second);
        expect(
          totalVariation(pixelTemperature(each, temperature), jointTemperature(each, temperature)),
        ).toBeLessThan(1e-9);
      }),
    );
    fc.assert(
      fc.property(chance, chance, chance, (first, paper, ink) => {
        const each = chained(first, paper, ink);
        expect(totalVariation(pixelTemperature(each, 1), each)).toBeLessThan(1e-12);
        expect(totalVariation(jointTemperature(each, 1), each)).toBeLessThan(1e-12);
      }),
    );
  });

  it('per pixel keeps the conditionals of the joint one, and only P(x1) differs', () => {
    fc.assert(
      fc.property(chance, chance, chance, temperatures, (first, paper, ink, temperature) => {
        const each = chained(first, paper, ink);
        const [joint, pixel] = [jointTemperature(each, temperature), pixelTemperature(each, temperature)];
        expect(joint[1] / (joint[0] + joint[1])).toBeCloseTo(pixel[1] / (pixel[0] + pixel[1]), 9);
        expect(totalVariation(joint, pixel)).toBeCloseTo(Math.abs(firstInk(joint) - firstInk(pixel)), 9);
      }),
    );
  });
});

describe('the estimate of p(x)', () => {
  it('has the known values of components .9 and .1', () => {
    const components = { high: 0.9, low: 0.1 };
    for (const draws of [1, 2, 10, 100]) expect(meanOf(outcomesOf(components, draws))).toBeCloseTo(0.5, 12);
    expect(Math.log(0.5).toFixed(3)).toBe('-0.693');
    expect(meanLogOf(outcomesOf(components, 1)).toFixed(3)).toBe('-1.204');
    expect(meanLogOf(outcomesOf(components, 10)).toFixed(3)).toBe('-0.729');
  });

  it('is what the enumeration of all sequences of draws gives, also for .8 and .3', () => {
    for (const [high, low] of [
      [0.9, 0.1],
      [0.8, 0.3],
    ])
      for (const draws of [1, 2, 3, 7]) {
        let [mean, meanLog] = [0, 0];
        for (let sequence = 0; sequence < 2 ** draws; sequence++) {
          let sum = 0;
          for (let k = 0; k < draws; k++) sum += (sequence >> k) & 1 ? high : low;
          mean += sum / draws / 2 ** draws;
          meanLog += Math.log(sum / draws) / 2 ** draws;
        }
        const outcomes = outcomesOf({ high, low }, draws);
        expect(meanOf(outcomes)).toBeCloseTo(mean, 12);
        expect(meanLogOf(outcomes)).toBeCloseTo(meanLog, 12);
      }
    // By hand: (log .8 + log .3) / 2.
    expect(meanLogOf(outcomesOf({ high: 0.8, low: 0.3 }, 1))).toBeCloseTo(Math.log(0.24) / 2, 12);
  });

  it('has a mean of logs that rises to the log of the mean and never exceeds it', () => {
    fc.assert(
      fc.property(chance, chance, fc.integer({ min: 1, max: 60 }), (high, low, draws) => {
        const few = meanLogOf(outcomesOf({ high, low }, draws));
        const more = meanLogOf(outcomesOf({ high, low }, draws + 1));
        expect(few).toBeLessThanOrEqual(more + 1e-12);
        expect(more).toBeLessThanOrEqual(Math.log((high + low) / 2) + 1e-12);
      }),
    );
  });
});

describe('all pixels at once', () => {
  const grid = { width: 4, height: 4 };
  const n = pixelCount(grid);

  it.each([
    ['bayes-net', reference.open(randomModel('neighbours', grid, 3))],
    ['fvsbn', fvsbn.open(randomModel('fvsbn', grid, 2))],
  ])('ends with the image that is drawn one pixel at a time, within n sweeps: %s', (_, model) => {
    const sweeps = new Set<number>();
    for (let seed = 0; seed < 40; seed++)
      for (const temperature of [0.5, 1, 2]) {
        const images = sweepsOf(model, grid, uniformsOf(seed, n), temperature);
        expect(images[images.length - 1]).toEqual(drawnBy(model, seed, temperature, n));
        expect(images.length - 1).toBeLessThanOrEqual(n);
        sweeps.add(images.length - 1);
        // After k sweeps at least the first k pixels are right.
        images.forEach((image, k) =>
          expect(image.subarray(0, k)).toEqual(images[images.length - 1].subarray(0, k)),
        );
      }
    expect(sweeps.size).toBeGreaterThan(2);
  });

  it('compares each random number with the probability that the finished image gives', () => {
    const model = fvsbn.open(randomModel('fvsbn', grid, 2));
    const image = drawnBy(model, 9, 0.7, n);
    const p = probabilitiesOf(model, packImages(grid, image), 0.7);
    expect([...image]).toEqual([...uniformsOf(9, n)].map((u, i) => (u < p[i] ? 1 : 0)));
  });

  it('draws every image as often as the model says', () => {
    const small = { width: 2, height: 2 };
    const model = reference.open(randomModel('full-joint', small, 1));
    const p = model.logLikelihood(allImages(small)).map(Math.exp);
    const counts = new Float64Array(16);
    const draws = 4000;
    for (let seed = 0; seed < draws; seed++) {
      const image = sweepsOf(model, small, uniformsOf(seed, 4), 1).at(-1) ?? new Uint8Array(4);
      counts[image.reduce((number, ink, i) => number + ink * 2 ** i, 0)]++;
    }
    counts.forEach((each, i) =>
      expect(Math.abs(each / draws - p[i])).toBeLessThan(5 * Math.sqrt(p[i] / draws)),
    );
    expect(unpackImage(allImages(small), 5)).toEqual(Uint8Array.of(1, 0, 1, 0));
  });
});

describe('how many sweeps are needed', () => {
  it('is one for independent pixels, n where each looks at all before, the rows for those above', () => {
    const of = (family: string, width: number, height: number, hyper = {}): number =>
      sweepsNeeded(parentsOf(family, { width, height }, hyper));
    expect(of('independent', 5, 7)).toBe(1);
    expect(of('full-joint', 4, 3)).toBe(12);
    expect(of('chain', 5, 7, { direction: 1 })).toBe(7);
    expect(of('chain', 5, 7, { direction: 0 })).toBe(35);
  });

  it('is width + height - 1 for the pixels to the left and above', () => {
    expect(sweepsNeeded(leftAndAbove({ width: 28, height: 28 }))).toBe(55);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (width, height) => {
        expect(sweepsNeeded(leftAndAbove({ width, height }))).toBe(width + height - 1);
      }),
    );
  });

  it('is reached where every pixel copies the pixels before it', () => {
    // Ink where the pixel to the left or above is ink: the first pixel's ink spreads by one place a sweep.
    const grid = { width: 5, height: 4 };
    const parents = leftAndAbove(grid);
    const model = {
      conditionalLogits: (image: ReturnType<typeof packImages>) => {
        const x = unpackImage(image, 0);
        return Float32Array.from(parents, (own, i) => (i === 0 || own.some((j) => x[j]) ? 50 : -50));
      },
    };
    const images = sweepsOf(model, grid, new Float64Array(20).fill(0.5), 1);
    expect(images.length - 1).toBe(sweepsNeeded(parents));
  });
});

describe('the exercises', () => {
  it('ask of temperature what the square computes, for tables that sum to one', () => {
    for (let seed = 0; seed < 50; seed++) {
      const instance: Instance = exercises.temperature.instance(randomOf('sampling/temperature', seed));
      const { values } = instance;
      const answer = Number(instance.answer.value);
      const p = ['p00', 'p01', 'p10', 'p11'].map((name) => Number(values[name]));
      expect(p.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
      const power = 1 / Number(values.temperature);
      const powers = p.map((each) => each ** power);
      expect(answer).toBeCloseTo((powers[2] + powers[3]) / powers.reduce((sum, each) => sum + each, 0), 12);
    }
  });
});

it('leads into Play with the very model of the figures, its random numbers and its temperature', async () => {
  const { view } = await openChapter('sampling', 'seed=12&t=0.7');
  const { left, right, seed, temperature, ask } = parseExperiment(view.links.samplers, families);
  const choice = { kind: 'counted', family: 'neighbours', hyper: digitHyper() };
  expect({ left, right, seed, temperature, ask }).toEqual({
    left: choice,
    right: choice,
    seed: 12,
    temperature: 0.7,
    ask: 'sampling',
  });
});

describe('the numbers of the text', () => {
  it('are those of the square and of the estimate that the link describes', async () => {
    const { view } = await openChapter('sampling');
    expect(view.numbers).toMatchObject({
      jointFirst: '0.621',
      pixelFirst: '0.500',
      variation: '0.121',
      trueLog: '−0.693',
      meanLog: '−1.204',
    });
    view.follow('draws=10');
    expect(view.numbers.meanLog).toBe('−0.729');
    view.follow('first=0.6&paper=0.75&ink=0.5&cold=2&high=0.8&low=0.3');
    expect(view.numbers.jointFirst).toBe(
      ((2 * Math.sqrt(0.3)) / (Math.sqrt(0.1) + 3 * Math.sqrt(0.3))).toFixed(3),
    );
    expect(view.numbers.meanLog).toBe((Math.log(0.24) / 2).toFixed(3).replace('-', '−'));
  });

  it('reach the goals of the square and the estimate, and only then', async () => {
    const { view } = await openChapter('sampling');
    expect(view.reached('agree')).toBe(false);
    view.follow('first=0.3&paper=0.7&ink=0.7&cold=0.4');
    expect(view.reached('agree')).toBe(true);
    view.follow('draws=30');
    expect(view.reached('close')).toBe(false);
    view.follow('draws=60');
    expect(view.reached('close')).toBe(true);
  });
});
