import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { packImages, type PackedImages, pixelCount } from '../../../src/data/images.ts';
import { logLikelihood as nadeLogLikelihood } from '../../../src/models/nade/reference.ts';
import { FIRST, layersOf as ownLayers, MIDDLE } from '../../../src/models/pixelcnn/layout.ts';
import { logBernoulli, sigmoid } from '../../../src/models/shared/math.ts';
import { findFamily } from '../../../src/models/registry.ts';
import type { Model } from '../../../src/models/model.ts';
import { ARITHMETIC, FAMILIES, type Family, GRID, PLANS } from '../../../src/learn/10-neural/families.ts';
import { anew, anewAt, carried } from '../../../src/learn/10-neural/counting.ts';
import { exercises, fvsbnParameters, weightMistakes } from '../../../src/learn/10-neural/exercises.ts';
import {
  layersOf,
  pathFrom,
  tapsOf,
  trace,
  weightsOf,
  wholeWindow,
  windowOf,
} from '../../../src/learn/10-neural/masks.ts';
import {
  feeds,
  filterSum,
  imageSum,
  largestOf,
  pixelSum,
  sees,
  unitCount,
  unitSum,
} from '../../../src/learn/10-neural/sums.ts';
import { checkpointsOf, HELD_BACK, TrainingRun } from '../../../src/learn/10-neural/training.ts';
import { randomOf } from '../../../src/learn/exercises/random.ts';

const N = pixelCount(GRID);
/** The lecture's PixelCNN. */
const LECTURE = { kernel: 7, layers: 5, channels: 64 };

/** Slanted strokes in place of digits, [N] of 0 and 1. */
function stroke(number: number): Uint8Array {
  const random = randomOf('stroke', number);
  const [column, slope, from] = [random.whole(3, 10), random.uniform() - 0.5, random.whole(1, 4)];
  const image = new Uint8Array(N);
  for (let row = from; row < from + 8; row++) {
    const at = row * GRID.width + Math.min(12, Math.max(1, Math.round(column + slope * row)));
    image[at] = 1;
    if (random.uniform() < 0.6) image[at + 1] = 1;
  }
  return image;
}

function strokes(count: number): PackedImages {
  const bits = new Uint8Array(count * N);
  for (let m = 0; m < count; m++) bits.set(stroke(m), m * N);
  return packImages(GRID, bits);
}

const trained = new Map<Family, TrainingRun>();

/** Strokes learned for a few steps. */
function runOf(family: Family): TrainingRun {
  const known = trained.get(family);
  if (known) return known;
  const run = new TrainingRun(family, strokes(HELD_BACK + 60));
  for (let step = 0; step < 10; step++) run.advance();
  trained.set(family, run);
  return run;
}

const modelOf = (family: Family): Model => {
  const { checkpoints } = runOf(family);
  return checkpoints[checkpoints.length - 1].model;
};

const scattered = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: N, maxLength: N });
const pixels = fc.integer({ min: 0, max: N - 1 });

describe.each(FAMILIES)('the sums of %s', (family) => {
  const model = modelOf(family);
  const { definition, reference } = ARITHMETIC[family];
  const opened = reference.open(model);

  it('give the logit and the conditional of every pixel that the family itself gives', () => {
    fc.assert(
      fc.property(scattered, pixels, (x, pixel) => {
        const { bias, terms, total } = pixelSum(family, model, x, pixel);
        expect(terms.reduce((sum, { weight, input }) => sum + weight * input, bias)).toBeCloseTo(total, 9);
        expect(Math.abs(total - definition.logits(model, x)[pixel])).toBeLessThan(1e-9);
        const engine = opened.conditionalLogits(packImages(GRID, x))[pixel];
        expect(sigmoid(total)).toBeCloseTo(sigmoid(engine), 6);
      }),
      { numRuns: 60 },
    );
  });

  it('add up to the log-likelihood of the image', () => {
    for (let m = 0; m < 5; m++) {
      const x = stroke(m);
      const { terms, total } = imageSum(definition.logits(model, x), x);
      expect(terms).toHaveLength(N);
      expect(total).toBeCloseTo(definition.logLikelihood(model, x), 9);
      for (const pixel of [0, 60, 195])
        expect(terms[pixel].value).toBeCloseTo(
          logBernoulli(x[pixel], pixelSum(family, model, x, pixel).total),
          9,
        );
    }
  });

  it('hold no pixel that comes later', () => {
    fc.assert(
      fc.property(scattered, pixels, pixels, (x, one, other) => {
        const [pixel, later] = [Math.min(one, other), Math.max(one, other)];
        const flipped = x.map((bit, i) => (i === later ? 1 - bit : bit));
        expect(pixelSum(family, model, flipped, pixel)).toEqual(pixelSum(family, model, x, pixel));
      }),
      { numRuns: 40 },
    );
  });

  it('have as many parameters as the family says', () => {
    const stored = Object.values(model.tensors).reduce((sum, { length }) => sum + length, 0);
    expect(findFamily(family)?.parameterCount(GRID, PLANS[family].hyper)).toBe(stored);
  });
});

describe('the sums of hidden units', () => {
  const x = stroke(3);

  it('are inputs of the sum of the pixel', () => {
    for (const family of ['nade', 'made', 'pixelcnn'] as const) {
      const model = modelOf(family);
      for (const pixel of [50, 120, 195])
        for (const { source, input } of pixelSum(family, model, x, pixel).terms)
          expect(unitSum(family, model, x, pixel, source).value).toBe(input);
    }
  });

  it('are the carried sums of NADE: that of the next pixel differs by one row of weights where there is ink', () => {
    const model = modelOf('nade');
    const { input, hidden_bias } = model.tensors;
    const size = hidden_bias.length;
    const a = Float64Array.from(hidden_bias);
    for (let i = 0; i < N; i++) {
      for (let k = 0; k < size; k += 5) {
        const unit = unitSum('nade', model, x, i, k);
        expect(unit.total).toBeCloseTo(a[k], 9);
        expect(unit.value).toBeCloseTo(1 / (1 + Math.exp(-a[k])), 9);
      }
      if (x[i]) for (let k = 0; k < size; k++) a[k] += input[i * size + k];
    }
  });

  it('of MADE leave no path from a pixel to itself or to an earlier one, and one to all later ones that are a degree away', () => {
    const model = modelOf('made');
    for (let i = 0; i < N; i += 7)
      for (let j = 0; j < N; j++) {
        const paths = Array.from({ length: unitCount('made', model) }, (_, k) => k).filter(
          (k) => sees('made', model, k, j, i) && feeds('made', model, k, i),
        );
        if (j >= i) expect(paths, `${j} to ${i}`).toEqual([]);
        else if (i - j > N / unitCount('made', model))
          expect(paths.length, `${j} to ${i}`).toBeGreaterThan(0);
      }
  });

  it('of a PixelCNN take what the first mask sees and what the blocks add', () => {
    const model = modelOf('pixelcnn');
    for (const pixel of [40, 100, 195])
      for (const { source, input } of unitSum('pixelcnn', model, x, pixel, 5).terms) {
        const { bias, terms, blocks, total } = filterSum(model, x, pixel, source);
        expect(Math.max(0, total)).toBe(input);
        expect(terms.reduce((sum, { value }) => sum + value, bias + blocks)).toBeCloseTo(total, 9);
        expect(terms.every((each) => x[each.source] === 1 && each.source < pixel)).toBe(true);
      }
  });
});

it('the terms that are written out and what is said of the others add up to the sum', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -50, max: 50 })),
      fc.integer({ min: 0, max: 6 }),
      (values, count) => {
        const terms = values.map((value, source) => ({ source, weight: value, input: 1, value }));
        const { largest, others, rest } = largestOf(terms, count);
        expect(largest.length).toBe(Math.min(count, values.length));
        expect(largest.length + others).toBe(values.length);
        expect(largest.reduce((sum, { value }) => sum + value, rest)).toBe(
          values.reduce((sum, value) => sum + value, 0),
        );
        const least = Math.min(...largest.map(({ value }) => Math.abs(value)));
        const chosen = new Set(largest.map(({ source }) => source));
        for (const { source, value } of terms)
          if (!chosen.has(source)) expect(Math.abs(value)).toBeLessThanOrEqual(least);
      },
    ),
  );
});

describe('a run in the page', () => {
  it('begins where nothing depends on the pixels before, but for the PixelCNN', () => {
    const images = [stroke(1), stroke(2)];
    for (const family of ['fvsbn', 'nade', 'made'] as const) {
      const { model } = runOf(family).checkpoints[0];
      const [one, other] = images.map((x) => ARITHMETIC[family].definition.logits(model, x));
      expect(one).toEqual(other);
    }
  });

  it('gets better, keeps checkpoints that do not change any more, and repeats itself', () => {
    const [run, again] = [1, 1].map((seed) => new TrainingRun('nade', strokes(HELD_BACK + 100), seed));
    const start = run.checkpoints[0].model.tensors.output.slice();
    while (!run.done) run.advance();
    while (!again.done) again.advance();
    const last = run.checkpoints[run.checkpoints.length - 1];
    expect(last.step).toBe(PLANS.nade.steps);
    expect(run.checkpoints).toHaveLength(checkpointsOf('nade'));
    expect(last.heldBack).toBeLessThan(run.checkpoints[0].heldBack - 5);
    expect(run.checkpoints[0].model.tensors.output).toEqual(start);
    expect(again.checkpoints).toEqual(run.checkpoints);
    run.advance();
    expect(run.step).toBe(PLANS.nade.steps);
  });

  it('measures the mean -log p of the digits held back', () => {
    const run = runOf('nade');
    const x = Array.from({ length: HELD_BACK }, (_, m) => stroke(60 + m));
    const mean =
      x.reduce((sum, each) => sum - nadeLogLikelihood(run.checkpoints[0].model, each), 0) / HELD_BACK;
    expect(run.checkpoints[0].heldBack).toBeCloseTo(mean, 5);
  });
});

describe('masks', () => {
  it('are those of the PixelCNN of Inkling', () => {
    expect(tapsOf(7, 'A')).toEqual(FIRST.taps);
    expect(tapsOf(3, 'B')).toEqual(MIDDLE.taps);
  });

  it('leave 518,145 of 1,011,265 weights free in the lecture’s PixelCNN, and see 18 rows up with a blind spot of 45', () => {
    expect(weightsOf(LECTURE)).toEqual({ all: 1_011_265, free: 518_145 });
    const { rows, blind, seen } = wholeWindow(layersOf(LECTURE));
    expect([rows, blind]).toEqual([18, 45]);
    // 18 rows of 37 pixels and 18 pixels to the left.
    expect(seen + blind).toBe(18 * 37 + 18);
  });

  it('leave as many weights free as a written-out mask has ones', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(3, 5, 7),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        (kernel, layers, channels) => {
          const half = (kernel - 1) / 2;
          let [free, all] = [0, 0];
          const convolution = (side: number, centre: boolean, inputs: number, outputs: number): void => {
            const reach = (side - 1) / 2;
            for (let dy = -reach; dy <= reach; dy++)
              for (let dx = -reach; dx <= reach; dx++)
                for (let io = 0; io < inputs * outputs; io++) {
                  all++;
                  if (dy < 0 || (dy === 0 && (dx < 0 || (dx === 0 && centre)))) free++;
                }
            all += outputs;
            free += outputs;
          };
          convolution(kernel, false, 1, channels);
          for (let l = 0; l < layers; l++) convolution(kernel, true, channels, channels);
          convolution(1, true, channels, channels);
          convolution(1, true, channels, 1);
          expect(weightsOf({ kernel, layers, channels })).toEqual({ all, free });
          // The slope of the blind spot: a step up by one row goes at most `half` to the right.
          const rows = half * (layers + 1);
          const { blind, rows: traced } = wholeWindow(layersOf({ kernel, layers, channels }));
          expect(traced).toBe(rows);
          expect(blind).toBe(
            Array.from({ length: rows }, (_, r) => Math.max(0, rows - half * (r + 1))).reduce(
              (a, b) => a + b,
              0,
            ),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are traced to the pixels that change the logit of a PixelCNN, and to no others', () => {
    const model = modelOf('pixelcnn');
    const layers = ownLayers(PLANS.pixelcnn.hyper.blocks).flatMap(({ layer, copies }) =>
      Array.from({ length: copies }, () => layer),
    );
    const opened = ARITHMETIC.pixelcnn.reference.open(model);
    for (const pixel of [20, 87, 132]) {
      const { sight } = windowOf(GRID, pixel, layers);
      const changed = new Set<number>();
      for (let m = 0; m < 4; m++) {
        const random = randomOf('flips', m);
        const x = Uint8Array.from({ length: N }, () => (random.uniform() < 0.5 ? 1 : 0));
        // Image number j has pixel j flipped, the last one none.
        const flips = Uint8Array.from({ length: (N + 1) * N }, (_, at) =>
          at % N === Math.floor(at / N) ? 1 - x[at % N] : x[at % N],
        );
        const all = opened.conditionalLogits(packImages(GRID, flips));
        for (let j = 0; j < N; j++) if (all[j * N + pixel] !== all[N * N + pixel]) changed.add(j);
      }
      expect([...changed].sort((a, b) => a - b)).toEqual(
        [...sight.keys()].filter((j) => sight[j] === 'seen'),
      );
    }
  });

  it('give paths of allowed steps', () => {
    const grid = { width: 28, height: 28 };
    const layers = layersOf(LECTURE);
    const pixel = 20 * 28 + 12;
    const via = trace(grid, pixel, layers);
    const { sight } = windowOf(grid, pixel, layers);
    for (let j = 0; j < 784; j++) {
      const path = pathFrom(via, j);
      expect(path !== null, String(j)).toBe(sight[j] === 'seen');
      if (!path) continue;
      expect(path[0]).toBe(j);
      expect(path[path.length - 1]).toBe(pixel);
      path.slice(1).forEach((to, l) => {
        const [dy, dx] = [Math.floor(path[l] / 28) - Math.floor(to / 28), (path[l] % 28) - (to % 28)];
        expect(layers[l].taps.some(({ row, column }) => row === dy && column === dx)).toBe(true);
      });
    }
  });
});

describe('multiplications of NADE', () => {
  it('are 784,000 with carried sums and 153,860,000 anew for 784 pixels and 500 units', () => {
    expect(carried(784, 500)).toBe(784_000);
    expect(anew(784, 500)).toBe(153_860_000);
    expect(carried(196, 16)).toBe(6272);
  });

  it('are those of the loops', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 12 }), (n, hidden) => {
        let [recursion, plain] = [0, 0];
        for (let i = 1; i <= n; i++) {
          for (let k = 0; k < hidden; k++) recursion += 2; // V_ik h_k, and W_ik x_i into the carried sum
          let own = 0;
          for (let k = 0; k < hidden; k++) {
            for (let j = 1; j < i; j++) own++; // W_jk x_j
            own++; // V_ik h_k
          }
          expect(anewAt(i, hidden)).toBe(own);
          plain += own;
        }
        expect([carried(n, hidden), anew(n, hidden)]).toEqual([recursion, plain]);
      }),
    );
  });
});

describe('exercises', () => {
  it('ask for the numbers of a network of logistic regressions: 307,720 on 784 pixels, 1,225 on 49', () => {
    expect(fvsbnParameters(784)).toBe(307_720n);
    expect(fvsbnParameters(49)).toBe(1225n);
    const found = find('fvsbn', ({ n }) => n === '784');
    expect(found.answer.value).toBe(307_720n);
    expect(found.wrong?.biases).toBe(306_936n);
  });

  it('ask for the multiplications of 784 pixels and 500 units', () => {
    const issue = ({ n, hidden }: Record<string, string>): boolean => n === '784' && hidden === '500';
    expect(find('carried', issue).answer.value).toBe(784_000n);
    expect(find('anew', issue).answer.value).toBe(153_860_000n);
    expect(find('anew', ({ n, hidden }) => n === '196' && hidden === '50').answer.value).toBe(965_300n);
  });

  it('ask for the weights, rows and blind spot of masked convolutions', () => {
    const issue = ({ kernel, layers, channels }: Record<string, string>): boolean =>
      kernel === '7' && layers === '5' && channels === '64';
    expect(find('weights', issue).answer.value).toBe(518_145n);
    expect(find('weights', issue).wrong?.unmasked).toBe(1_011_265n);
    expect(find('rows', issue).answer.value).toBe(18n);
    expect(find('blind', issue).answer.value).toBe(45n);
    // 3x3 kernels, two layers B, 16 channels: 4 x 16 + 2 x 5 x 256 + 256 + 16 weights and 4 x 16 + 1 biases.
    expect(weightsOf({ kernel: 3, layers: 2, channels: 16 }).free).toBe(64 + 2560 + 256 + 16 + 65);
    const small = find('blind', ({ kernel, layers }) => kernel === '3' && layers === '2');
    expect(small.answer.value).toBe(3n);
  });

  it('know the ways in which weights are counted wrongly', () => {
    const mistakes = weightMistakes(LECTURE);
    expect(mistakes.biases).toBe(518_145 - 449);
    expect(mistakes.centre).toBe(518_145 - 5 * 64 * 64);
    expect(new Set([...Object.values(mistakes), 518_145]).size).toBe(6);
  });

  it('keep one of four connections by the rule of the degrees', () => {
    for (let seed = 0; seed < 100; seed++) {
      const { values, answer } = exercises.mask.instance(randomOf('neural/mask', seed));
      const degree = Number(values.degree);
      const kept = {
        near: Number(values.near) <= degree,
        far: Number(values.far) <= degree,
        low: Number(values.low) > degree,
        high: Number(values.high) > degree,
      };
      expect(Object.entries(kept).filter(([, keep]) => keep)).toEqual([[answer.value, true]]);
      expect(Math.min(...Object.values(values).map(Number))).toBeGreaterThan(0);
    }
  });
});

/** The first instance of an exercise whose numbers are wanted ones. */
function find(id: keyof typeof exercises, wanted: (values: Record<string, string>) => boolean) {
  for (let seed = 0; seed < 5000; seed++) {
    const instance = exercises[id].instance(randomOf(`neural/${id}`, seed));
    if (wanted(instance.values))
      return instance as { answer: { value: unknown }; wrong?: Record<string, unknown> };
  }
  throw new Error(`exercise ${id} never asks that`);
}
