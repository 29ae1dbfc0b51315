import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Questions } from '../../../src/app/questions/questions.svelte.ts';
import { digitsOf, firstDigits } from '../../../src/app/classify/sample-efficiency-digits.ts';
import { SampleEfficiency, SIZES } from '../../../src/app/classify/sample-efficiency.svelte.ts';
import { masksOf } from '../../../src/app/classify/masked-accuracy.svelte.ts';
import { Turn } from '../../../src/app/turn.ts';
import { classOffers, compare, contestOf, describeOdds } from '../../../src/app/classify/words.ts';
import { unknownPixels } from '../../../src/data/known-pixels.ts';
import { writeIdxImages, writeIdxLabels } from '../../../src/data/idx.ts';
import { CLASSES, getPixel, type GreyImages, MNIST_GRID } from '../../../src/data/images.ts';
import {
  crossingOf,
  type CurveRow,
  describeCurve,
  leaderAt,
  pairResultOf,
  rightOnes,
  rowsOf,
  scheduleOf,
  subsetOf,
} from '../../../src/stats/sample-efficiency.ts';
import { findFamily, isClassConditional } from '../../../src/models/registry.ts';
import { stripes } from './stripes.ts';
import { engineWithoutWebGpu } from '../engine/host-without-webgpu.ts';

const grid = { width: 5, height: 6 };

function row(size: number, lead: number, standardError = 0.01): CurveRow {
  const share = { mean: 0.5, standardError };
  return {
    size,
    repeats: 3,
    tested: 100,
    generative: share,
    discriminative: share,
    lead: { mean: lead, standardError },
  };
}

describe('the arithmetic of a sample-efficiency curve', () => {
  it('draws nested subsets, different for every repeat', () => {
    const large = subsetOf(1000, 100, 0, 7);
    expect(new Set(large).size).toBe(100);
    expect([...subsetOf(1000, 20, 0, 7)]).toEqual([...large.slice(0, 20)]);
    const other = new Set(subsetOf(1000, 100, 1, 7));
    expect(large.filter((index) => other.has(index)).length).toBeLessThan(30);
    expect(() => subsetOf(10, 11, 0, 0)).toThrow('size');
  });

  it('takes as many steps on few digits as on many', () => {
    for (const size of [1, 10, 99, 100, 101, 1000, 5000]) {
      const { epochs, batchSize } = scheduleOf(size);
      const steps = epochs * Math.ceil(size / batchSize);
      expect(steps).toBeGreaterThanOrEqual(300);
      expect(steps).toBeLessThan(360);
    }
  });

  it('counts correct answers and disagreements', () => {
    const logits = Float64Array.of(3, 1, 0, 2, 2, 5);
    expect([...rightOnes(logits, Uint8Array.of(0, 0))]).toEqual([1, 0]);
    expect([...rightOnes(logits, Uint8Array.of(1, 2))]).toEqual([0, 1]);
    const pair = pairResultOf(10, Uint8Array.of(1, 1, 0, 0), Uint8Array.of(1, 0, 1, 1));
    expect(pair).toEqual({ size: 10, tested: 4, generative: 2, discriminative: 3, disagreed: 3 });
  });

  it('adds the variance over test digits to that over training subsets', () => {
    const pair = (generative: number, discriminative: number, disagreed: number) => ({
      size: 10,
      tested: 100,
      generative,
      discriminative,
      disagreed,
    });
    const [only] = rowsOf([pair(60, 50, 20), pair(70, 50, 30)]);
    expect(only.generative.mean).toBeCloseTo(0.65);
    // Between the two: (0.05^2 + 0.05^2) / 1 / 2; on a hundred digits: 0.65 x 0.35 / 100.
    expect(only.generative.standardError).toBeCloseTo(Math.sqrt(0.0025 + 0.002275), 12);
    expect(only.discriminative.standardError).toBeCloseTo(0.05, 12);
    // The models disagree on a quarter of the digits, and differ by 0.15 on average.
    expect(only.lead.mean).toBeCloseTo(0.15);
    expect(only.lead.standardError).toBeCloseTo(Math.sqrt(0.0025 + (0.25 - 0.0225) / 100), 12);
    expect(rowsOf([pair(1, 2, 3), { ...pair(1, 2, 3), size: 5 }]).map(({ size }) => size)).toEqual([5, 10]);
  });

  it('finds the last crossing of the curves, on a logarithmic scale', () => {
    const rows = [row(10, -0.01), row(20, 0.05), row(100, 0.03), row(1000, -0.03)];
    expect(crossingOf(rows)?.between).toEqual([100, 1000]);
    expect(crossingOf(rows)?.about).toBeCloseTo(Math.sqrt(100 * 1000), 6);
    expect(crossingOf(rows.slice(0, 3))).toBeNull();
    expect(crossingOf([row(10, -0.1), row(20, -0.2)])).toBeNull();
    expect(rows.map(leaderAt)).toEqual(['level', 'generative', 'generative', 'discriminative']);
    const description = describeCurve(rows, 'One', 'The other');
    expect(description).toBe(
      'One leads by more than two standard errors at 20 and 100 digits. The other leads by more than two standard errors at 1000 digits. The curves cross between 100 and 1000 digits, at about 320.',
    );
    expect(describeCurve(rows.slice(1, 3), 'One', 'The other')).toContain(
      'do not cross: One is still in front',
    );
    expect(describeCurve([row(10, -0.1)], 'One', 'The other')).toContain('The other is always in front');
  });
});

describe('the experiment', () => {
  const grey = (on: boolean, word: number) => (word % 10 < 2 !== on ? 255 : 0);
  const training = stripes(grid, 1000, 1, grey);
  const heldOut = stripes(grid, 100, 2, grey);

  function sampleEfficiency(): SampleEfficiency {
    const engine = engineWithoutWebGpu();
    const ports = {
      engine,
      turn: new Turn(),
      starter: () => Promise.resolve(training),
      drawingStorage: { testDigits: heldOut },
      library: { datasets: [] },
      pad: { grid },
      binarisation: () => ({ kind: 'threshold' }),
    };
    return new SampleEfficiency({ ports } as unknown as Questions);
  }

  it('trains a pair of every size on the same digits and tests both on others', async () => {
    const state = sampleEfficiency();
    expect(state.sizes).toEqual(SIZES);
    await state.start();
    expect([state.error, state.running, state.cancelled]).toEqual(['', false, false]);
    const rows = state.curve?.rows ?? [];
    expect(rows.map(({ size }) => size)).toEqual(SIZES);
    // A hundred held-out digits, and those of the thousand outside the pair's training subset.
    expect(rows.map(({ tested }) => tested)).toEqual(SIZES.map((size) => 1100 - size));
    expect(rows.every(({ repeats }) => repeats === state.repeats)).toBe(true);
    const [first, last] = [rows[0], rows[rows.length - 1]];
    for (const kind of ['generative', 'discriminative'] as const) {
      expect(last[kind].mean).toBeGreaterThan(first[kind].mean + 0.1);
      expect(last[kind].mean).toBeGreaterThan(0.75);
      expect(first[kind].standardError).toBeGreaterThan(0);
    }
  });

  it('keeps the measured part when cancelled', async () => {
    const state = sampleEfficiency();
    const run = state.start();
    while (state.done < 2) await new Promise((resolve) => setTimeout(resolve));
    state.cancel();
    await run;
    expect([state.cancelled, state.running, state.error]).toEqual([true, false, '']);
    expect(state.done).toBeLessThan(state.total);
    expect(state.curve?.rows.length).toBeGreaterThan(0);
  });

  it('binarises training and test digits alike, in the order of their labels', async () => {
    const digits = await digitsOf(training, heldOut, grid, { kind: 'threshold' });
    if (!digits.ok) throw new Error(digits.reason);
    const { bits, labels, pool } = digits.value;
    expect([bits.count, labels.length, pool.count]).toEqual([1100, 1100, 1000]);
    for (const [at, images, from] of [
      [999, training, 999],
      [1042, heldOut, 42],
    ] as const) {
      expect(labels[at]).toBe(images.labels?.[from]);
      for (let i = 0; i < 30; i++) expect(getPixel(bits, at, i) * 255).toBe(images.pixels[from * 30 + i]);
    }
  });

  it('reads the first digits of gzipped files, and refuses others', async () => {
    const pixels = Uint8Array.from({ length: 12 * 784 }, (_, i) => (i * 7) % 256);
    const labels = Uint8Array.from({ length: 12 }, (_, i) => i % 10);
    const all: GreyImages = { grid: MNIST_GRID, count: 12, pixels, labels };
    const packed = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));
    const payload = {
      datasetId: 'mnist-train',
      images: packed(writeIdxImages(all)),
      labels: packed(writeIdxLabels(labels)),
    };
    const first = await firstDigits(payload, 5);
    if (!first.ok) throw new Error(first.reason);
    expect(first.value).toMatchObject({ grid: MNIST_GRID, count: 5, labels: labels.slice(0, 5) });
    expect(first.value.pixels).toEqual(pixels.slice(0, 5 * 784));
    expect((await firstDigits(payload, 13)).ok).toBe(false);
    expect((await firstDigits({ ...payload, labels: null }, 5)).ok).toBe(false);
  });
});

describe('the evidence for one class against another', () => {
  it('compares the most probable class with the runner-up, or with the chosen one', () => {
    const posterior = [0, 0.2, 0.7, 0.1, 0, 0, 0, 0, 0, 0];
    expect(contestOf(posterior, null)).toEqual({ one: 2, other: 1 });
    expect(contestOf(posterior, 3)).toEqual({ one: 2, other: 3 });
    expect(contestOf(posterior, 2)).toEqual({ one: 2, other: 1 });
  });

  it('sums to the difference of the logits', () => {
    const contributions = new Float32Array(CLASSES * 3);
    contributions.set([0.5, -1, 2], 0);
    contributions.set([0.25, 1, 0], 3);
    const reading = {
      posterior: new Float64Array(CLASSES),
      contributions,
      split: true,
      prior: Float64Array.of(0.5, 0.25, 0, 0, 0, 0, 0, 0, 0, 0),
      exact: true,
      how: '',
    };
    const evidence = compare(reading, { one: 0, other: 1 });
    expect([...(evidence?.pixels ?? [])]).toEqual([0.25, -2, 2]);
    expect([evidence?.sum, evidence?.prior]).toEqual([0.25, 0.25]);
    expect(compare({ ...reading, split: false }, { one: 0, other: 1 })).toBeNull();
  });

  it('describes odds in words, however large', () => {
    expect(describeOdds(0.01)).toBe('about as probable as');
    expect(describeOdds(Math.log(2))).toBe('2.0 times more probable than');
    expect(describeOdds(-Math.log(642))).toBe('642 times less probable than');
    expect(describeOdds(5000)).toMatch(/^more than about 10³⁰⁰ times more/);
  });

  it('offers class-conditional models: the family itself first, where it is trained by counting', () => {
    const offers = classOffers({ family: 'neighbours', hyper: { k: 4, prior: 0, strength: 1 } }, MNIST_GRID);
    const models = offers.map(({ choice }) => (choice.kind === 'counted' ? choice : null));
    expect(models[0]?.family).toBe('neighbours');
    expect(models[0]?.hyper).toMatchObject({ k: 4 });
    expect(findFamily(models[1]?.family ?? '')?.classes).toBe('always');
    for (const model of models) expect(model && isClassConditional(model)).toBe(true);
    // A classifier cannot be counted, so that only one is left.
    expect(classOffers({ family: 'logistic-regression', hyper: {} }, MNIST_GRID)).toHaveLength(1);
  });
});

it('the masks hide half of the pixels each, but for the first', () => {
  for (const size of [28, 7]) {
    const all = masksOf({ width: size, height: size });
    const hidden = all.map(({ known }) => unknownPixels({ known }).length / size ** 2);
    expect(hidden[0]).toBe(0);
    for (const share of hidden.slice(1)) expect(Math.abs(share - 0.5)).toBeLessThan(0.08);
  }
});
