import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChapterTools } from '../../../src/app/learn/chapter-tools.ts';
import { Turn } from '../../../src/app/turn.ts';
import { type Grid, packImages } from '../../../src/data/images.ts';
import { fail } from '../../../src/data/result.ts';
import { trainAndScore } from '../../../src/learn/13-truth/race.ts';
import { FOUND, params, Planted } from '../../../src/learn/13-truth/state.svelte.ts';
import type { Instance } from '../../../src/learn/exercises/exercise.ts';
import { startValues } from '../../../src/learn/state/params.ts';
import { definition, initialise } from '../../../src/models/fvsbn/reference.ts';
import {
  initialise as initialiseConvolutions,
  logits as convolutionLogits,
} from '../../../src/models/pixelcnn/reference.ts';
import { logit } from '../../../src/models/shared/math.ts';
import { completeHyper, findFamily } from '../../../src/models/registry.ts';
import type { Model } from '../../../src/models/model.ts';
import { contendersOn, floorOf } from '../../../src/learn/13-truth/contenders.ts';
import { exercises } from '../../../src/learn/13-truth/exercises.ts';
import {
  conditionalEntropy,
  logisticFloor,
  missedBy,
  networkFloor,
  paddedFloor,
  treeFloor,
} from '../../../src/learn/13-truth/floors.ts';
import { coinEntropy, entropy, totalCorrelation } from '../../../src/stats/divergences.ts';
import {
  drawnImages,
  edgesOf,
  greyOf,
  isingTruth,
  networkTruth,
  parentsIn,
  ROW,
  withEdge,
  xorTruth,
} from '../../../src/learn/13-truth/truths.ts';
import { engineWithoutWebGpu } from '../engine/host-without-webgpu.ts';
import { numbers } from '../models/families.ts';
import { openChapter } from './open-chapter.ts';

/** A distribution over 2^n images from positive weights. */
const distributions = (n: number) =>
  fc
    .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 2 ** n, maxLength: 2 ** n })
    .map((weights) => {
      const sum = weights.reduce((total, each) => total + each, 0);
      return Float64Array.from(weights, (each) => each / sum);
    });

function fvsbnOf(grid: Grid, bias: number[], weight: number[]): Model {
  const spec = findFamily('fvsbn');
  if (!spec) throw new Error('no FVSBN');
  const tensors = { bias: Float32Array.from(bias), weight: Float32Array.from(weight) };
  return { family: 'fvsbn', grid, hyper: completeHyper(spec), tensors };
}

const logsOf = (model: Model): Float64Array => {
  const n = model.grid.width * model.grid.height;
  return Float64Array.from({ length: 2 ** n }, (_, m) =>
    definition.logLikelihood(
      model,
      Array.from({ length: n }, (__, i) => (m >> i) & 1),
    ),
  );
};

describe('FVSBN', () => {
  it('covers everything at n = 2', () => {
    fc.assert(
      fc.property(distributions(2), (p) => {
        // Image 1 has the first pixel on, image 2 the second.
        const [afterPaper, afterInk] = [p[2] / (p[0] + p[2]), p[3] / (p[1] + p[3])];
        const model = fvsbnOf(
          { width: 2, height: 1 },
          [logit(p[1] + p[3]), logit(afterPaper)],
          [logit(afterInk) - logit(afterPaper)],
        );
        expect(missedBy(p, logsOf(model))).toBeLessThan(1e-6);
        expect(logisticFloor(p, 2)).toBeLessThan(1e-9);
      }),
    );
  });

  it('loses exactly ln 2 to XOR of three pixels: the gradient is zero where it says nothing, and the loss is convex', () => {
    const { p } = xorTruth();
    expect(entropy(p)).toBeCloseTo(2 * Math.LN2, 12);
    const silent = fvsbnOf(ROW, [0, 0, 0], [0, 0, 0]);
    expect(missedBy(p, logsOf(silent))).toBeCloseTo(Math.LN2, 12);
    const support = packImages(ROW, [0, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 0]);
    const gradients = { bias: new Float32Array(3), weight: new Float32Array(3) };
    expect(definition.gradient?.(silent, support, gradients)).toBeCloseTo(4 * 3 * Math.LN2, 10);
    for (const each of [...gradients.bias, ...gradients.weight]) expect(each).toBe(0);
    expect(logisticFloor(p, 3)).toBeCloseTo(Math.LN2, 12);
  });

  it('comes to ln 2 by descent too, from wherever it begins', () => {
    const { p } = xorTruth();
    const support = packImages(ROW, [0, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 0]);
    const next = numbers(5);
    for (let start = 0; start < 3; start++) {
      const tensors = initialise(ROW, Float64Array.of(0.5, 0.5, 0.5));
      for (const tensor of [tensors.bias, tensors.weight])
        tensor.forEach((_, i) => {
          tensor[i] = 6 * next() - 3;
        });
      const model = fvsbnOf(ROW, [...tensors.bias], [...tensors.weight]);
      const gradients = { bias: new Float32Array(3), weight: new Float32Array(3) };
      for (let step = 0; step < 3000; step++) {
        definition.gradient?.(model, support, gradients);
        for (const name of ['bias', 'weight'] as const)
          gradients[name].forEach((slope, i) => {
            model.tensors[name][i] -= 2 * slope;
          });
      }
      expect(missedBy(p, logsOf(model))).toBeCloseTo(Math.LN2, 5);
    }
  });

  it('at its best never misses more than the independent model, nor less than nothing', () => {
    fc.assert(
      fc.property(distributions(3), (p) => {
        const floor = logisticFloor(p, 3);
        expect(floor).toBeGreaterThan(-1e-9);
        expect(floor).toBeLessThanOrEqual(totalCorrelation(p) + 1e-9);
      }),
    );
  });

  it('misses nothing of what an FVSBN drew, and loses ln 2 less a noise that is in the truth', () => {
    const next = numbers(9);
    const some = (count: number): number[] => Array.from({ length: count }, () => 4 * next() - 2);
    const drawn = logsOf(fvsbnOf({ width: 2, height: 2 }, some(4), some(6))).map(Math.exp);
    expect(logisticFloor(drawn, 4)).toBeLessThan(1e-9);
    // The rule "odd" of pixels 0 and 1 for pixel 2, followed in nine of ten.
    const { p } = networkTruth([[], [], [0, 1]], 'odd', 0.9, ROW);
    expect(logisticFloor(p, 3)).toBeCloseTo(Math.LN2 - coinEntropy(0.9), 10);
    expect((Math.LN2 - coinEntropy(0.9)).toFixed(3)).toBe('0.368');
  });
});

describe('PixelCNN on a row of three', () => {
  const logitsOf = (blocks: number, seed: number, x: number[]): Float64Array => {
    const hyper = { blocks };
    const tensors = initialiseConvolutions(ROW, hyper, Float64Array.of(0.5, 0.5, 0.5), seed);
    const next = numbers(seed);
    for (const tensor of Object.values(tensors))
      for (let i = 0; i < tensor.length; i++) tensor[i] += 0.3 * next();
    return convolutionLogits({ family: 'pixelcnn', grid: ROW, hyper, tensors }, x);
  };

  it('answers for the third pixel after paper as for the second, whatever its weights, as long as it has one block', () => {
    for (const seed of [1, 2, 3])
      for (const ink of [0, 1]) {
        const second = logitsOf(1, seed, [ink, 0, 0])[1];
        expect(logitsOf(1, seed, [0, ink, 0])[2]).toBeCloseTo(second, 12);
        expect(Math.abs(logitsOf(1, seed, [1, ink, 0])[2] - second)).toBeGreaterThan(1e-4);
        expect(Math.abs(logitsOf(1, seed, [ink, 0, 0])[0] - logitsOf(1, seed, [0, 0, 0])[1])).toBeGreaterThan(
          1e-4,
        );
        expect(
          Math.abs(logitsOf(2, seed, [0, ink, 0])[2] - logitsOf(2, seed, [ink, 0, 0])[1]),
        ).toBeGreaterThan(1e-4);
      }
  });

  it('so misses of XOR at best what one third in the place of one half and of certainty costs', () => {
    const { p } = xorTruth();
    // Of three quarters of all images, a third: ink after a first of paper, or of ink, at either place.
    expect(paddedFloor(p, 3)).toBeCloseTo(1.5 * coinEntropy(1 / 3) - Math.LN2, 12);
    expect(paddedFloor(p, 3).toFixed(3)).toBe('0.262');
    const contender = contendersOn(ROW).find(({ family }) => family === 'pixelcnn');
    expect(contender && floorOf(contender, xorTruth())).toBeCloseTo(0.2616, 4);
    expect(contender && floorOf(contender, isingTruth(0.4))).toBeNull();
    // Two pixels are told apart by the border; and a model of fair coins needs nothing else.
    fc.assert(
      fc.property(distributions(2), (q) => {
        expect(paddedFloor(q, 2)).toBeCloseTo(0, 9);
      }),
    );
    expect(paddedFloor(new Float64Array(8).fill(1 / 8), 3)).toBeCloseTo(0, 12);
  });
});

describe('what is planted', () => {
  it('has the entropy that a formula gives: a row of pixels that each repeat the one before', () => {
    const chain = Array.from({ length: 9 }, (_, i) => (i > 0 ? [i - 1] : []));
    for (const follow of [0.5, 0.75, 0.9]) {
      const { p } = networkTruth(chain, 'most', follow);
      expect(p.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
      expect(entropy(p)).toBeCloseTo(Math.LN2 + 8 * coinEntropy(follow), 10);
      expect(totalCorrelation(p)).toBeCloseTo(8 * (Math.LN2 - coinEntropy(follow)), 10);
      expect(treeFloor(p, 9)).toBeCloseTo(0, 9);
    }
  });

  it('is even at coupling 0, and two neighbours agree with the known probability on a row of two', () => {
    expect(entropy(isingTruth(0).p)).toBeCloseTo(9 * Math.LN2, 10);
    const { p } = isingTruth(0.4, { width: 2, height: 1 });
    expect(p[0] + p[3]).toBeCloseTo(1 / (1 + Math.exp(-0.8)), 12);
    // An open row of three is a chain of such pairs.
    const row = isingTruth(0.7, ROW).p;
    expect(entropy(row)).toBeCloseTo(Math.LN2 + 2 * coinEntropy(1 / (1 + Math.exp(-1.4))), 12);
  });

  it('keeps what a network of the patch says of a pixel and its parents', () => {
    const parents = parentsIn('0-4,1-4,3-4', 9);
    expect(parents[4]).toEqual([0, 1, 3]);
    const { p } = networkTruth(parents, 'most', 0.8);
    let [both, before] = [0, 0];
    for (let m = 0; m < 512; m++) {
      if ((m & 0b1011) !== 0b0011) continue;
      before += p[m];
      if (m & 16) both += p[m];
    }
    expect(both / before).toBeCloseTo(0.8, 12);
    expect(conditionalEntropy(p, 4, [0, 1, 3])).toBeCloseTo(coinEntropy(0.8), 12);
    expect(networkFloor(p, parents)).toBeCloseTo(0, 10);
  });

  it('is drawn as often as it says', () => {
    const { p } = isingTruth(0.5);
    const counts = new Float64Array(512);
    for (const m of drawnImages(p.map(Math.log), 20_000, 3)) counts[m]++;
    counts.forEach((each, m) =>
      expect(Math.abs(each / 20_000 - p[m])).toBeLessThan(5 * Math.sqrt(p[m] / 20_000) + 1e-4),
    );
    const xor = drawnImages(xorTruth().p.map(Math.log), 500, 1);
    expect(new Set(xor)).toEqual(new Set([0, 5, 6, 3]));
    expect([...greyOf([5, 6], ROW).pixels]).toEqual([255, 0, 255, 0, 255, 255]);
  });

  it('reads edges, leaves out those that go back, and toggles one', () => {
    expect(parentsIn('1-0,2-2,0-1,0-1', 3)).toEqual([[], [0], []]);
    expect(withEdge('0-1', 0, 2, 3)).toBe('0-1,0-2');
    expect(withEdge('0-1,0-2', 0, 1, 3)).toBe('0-2');
    expect(edgesOf(parentsIn('', 9))).toBe('');
  });
});

describe('what the best of a family misses', () => {
  const missOf = (family: string, truth: ReturnType<typeof xorTruth>): number | null => {
    const contender = contendersOn(truth.grid).find((each) => each.family === family);
    if (!contender) throw new Error(`${family} does not take part`);
    return floorOf(contender, truth);
  };

  it('is ln 2 of XOR for all that look at one pixel at a time, and nothing for the full table', () => {
    for (const family of ['independent', 'chain', 'tree', 'fvsbn'])
      expect(missOf(family, xorTruth()), family).toBeCloseTo(Math.LN2, 10);
    expect(missOf('full-joint', xorTruth())).toBeCloseTo(0, 10);
    expect(missOf('mixture', xorTruth())).toBeNull();
  });

  it('falls from the independent model over the tree to the neighbours on an Ising patch', () => {
    const truth = isingTruth(0.5);
    const [independent, tree, fvsbn, neighbours] = ['independent', 'tree', 'fvsbn', 'neighbours'].map(
      (family) => missOf(family, truth) ?? NaN,
    );
    expect(independent).toBeCloseTo(totalCorrelation(truth.p), 12);
    expect(tree).toBeLessThan(independent);
    expect(neighbours).toBeLessThan(tree);
    expect(fvsbn).toBeLessThan(0.05);
  });

  it('is the least that any tree misses: compared with every tree of three and four pixels', () => {
    fc.assert(
      fc.property(distributions(4), (p) => {
        const trees: (readonly number[])[][] = [];
        // Pixel 1 to 3 each with an earlier or later parent; those that make a tree with root 0.
        for (let a = 0; a < 4; a++)
          for (let b = 0; b < 4; b++)
            for (let c = 0; c < 4; c++) {
              const parent = [-1, a, b, c];
              const reaches = (i: number, steps = 0): boolean =>
                i === 0 || (steps < 4 && parent[i] !== i && reaches(parent[i], steps + 1));
              if ([1, 2, 3].every((i) => reaches(i))) trees.push([[], [a], [b], [c]]);
            }
        expect(trees).toHaveLength(16);
        expect(treeFloor(p, 4)).toBeCloseTo(Math.min(...trees.map((tree) => networkFloor(p, tree))), 9);
      }),
      { numRuns: 20 },
    );
  });
});

describe('the exercises', () => {
  it('know that FVSBN lacks nothing at n = 2 and one number at n = 3', () => {
    const lacking = (n: number): bigint =>
      exercises.covers.instance({ uniform: () => 0.5, whole: () => n, pick: ([first]) => first }).answer
        .value;
    expect([2, 3, 4, 5].map(lacking)).toEqual([0n, 1n, 5n, 16n]);
    const spec = findFamily('fvsbn');
    for (const n of [2, 3, 4, 9])
      expect(lacking(n)).toBe(
        BigInt(2 ** n - 1 - (spec?.parameterCount({ width: n, height: 1 }, { order: 0 }) ?? NaN)),
      );
  });

  it('know what XOR costs FVSBN, with and without noise', () => {
    const cost = (follow: number): number =>
      exercises.xor.instance({ uniform: () => 0.5, whole: (min) => min, pick: () => follow as never }).answer
        .value;
    expect(cost(1)).toBeCloseTo(Math.LN2, 12);
    for (const follow of [0.95, 0.8])
      expect(cost(follow)).toBeCloseTo(
        logisticFloor(networkTruth([[], [], [0, 1]], 'odd', follow, ROW).p, 3),
        10,
      );
  });

  it('ask for the entropy of a row that enumeration has too', () => {
    const { answer } = exercises.entropy.instance({
      uniform: () => 0.5,
      whole: () => 9,
      pick: () => 0.75 as never,
    });
    const chain = Array.from({ length: 9 }, (_, i) => (i > 0 ? [i - 1] : []));
    expect(answer.value).toBeCloseTo(entropy(networkTruth(chain, 'most', 0.75).p), 10);
  });

  it('ask for the nats that two coins miss of a table: KL to the product of the marginals', () => {
    let turn = 0;
    const cuts = [3, 7, 12];
    const { values, answer }: Instance = exercises.missed.instance({
      uniform: () => 0.5,
      whole: () => cuts[turn++],
      pick: ([first]) => first,
    });
    const p = ['p00', 'p01', 'p10', 'p11'].map((name) => Number(values[name]));
    const [first, second] = [p[2] + p[3], p[1] + p[3]];
    const q = [(1 - first) * (1 - second), (1 - first) * second, first * (1 - second), first * second];
    expect(answer.value).toBeCloseTo(
      p.reduce((sum, each, i) => sum + each * Math.log(each / q[i]), 0),
      12,
    );
  });
});

describe('the numbers of the text', () => {
  it('are those of the truth that the link plants, by enumeration', async () => {
    const { view } = await openChapter('truth');
    expect(view.numbers).toMatchObject({
      entropy: '1.386',
      correlation: '0.693',
      logistic: '0.693',
      ln2: '0.693',
    });
    view.follow('truth=ising&coupling=0.5');
    const { p } = isingTruth(0.5);
    const independent = Array.from({ length: 512 }, (_, m) => {
      let log = 0;
      for (let i = 0; i < 9; i++) {
        const ink = p.reduce((sum, each, image) => sum + ((image >> i) & 1 ? each : 0), 0);
        log += Math.log((m >> i) & 1 ? ink : 1 - ink);
      }
      return log;
    });
    expect(view.numbers.correlation).toBe(missedBy(p, independent).toFixed(3));
    expect(view.numbers.entropy).toBe(entropy(p).toFixed(3));
    expect(view.numbers.patchCorrelation).toBe(view.numbers.correlation);
    expect(view.numbers.patchLogistic).toBe(view.numbers.logistic);
    expect(Number(view.numbers.logistic)).toBeLessThan(0.01);
    expect(view.numbers.images).toBe('512');
    view.follow('truth=net&edges=0-1,1-2&rule=most&follow=0.8');
    expect(view.numbers.entropy).toBe((7 * Math.LN2 + 2 * coinEntropy(0.8)).toFixed(3));
  });
});

describe('the race', () => {
  const engine = engineWithoutWebGpu();
  const tools = { engine, turn: new Turn() } as unknown as ChapterTools;

  it('is won against XOR by those that can say it, and by no tree and no logistic regression', async () => {
    const planted = new Planted({ ...startValues(params), size: 3 }, tools);
    const truth = xorTruth();
    for (const contender of contendersOn(ROW).filter(({ family }) => family !== 'pixelcnn')) {
      const scored = await trainAndScore(
        tools,
        contender,
        greyOf(drawnImages(truth.p.map(Math.log), planted.count, 1), ROW),
        1,
        new AbortController().signal,
        () => undefined,
      );
      if (!scored.ok) throw new Error(scored.reason);
      expect(scored.value.reduce((sum, log) => sum + Math.exp(log), 0)).toBeCloseTo(1, 5);
      const missed = missedBy(truth.p, scored.value);
      const floor = floorOf(contender, truth);
      if (floor !== null) expect(missed, contender.family).toBeGreaterThan(floor - 1e-6);
      if (['full-joint', 'nade', 'made', 'mixture', 'sparse-pixelcnn'].includes(contender.family))
        expect(missed, contender.family).toBeLessThan(FOUND);
      // Several trees can say it; the smoothing that suits digits keeps these from it.
      else if (contender.family === 'tree-mixture') expect(missed).toBeLessThan(0.2);
      else expect(missed, contender.family).toBeGreaterThan(0.6);
    }
  });

  it('ends without results where it is cancelled, and with its reason where a run fails', async () => {
    const planted = new Planted(startValues(params), tools);
    const raced = planted.race();
    planted.cancel();
    await raced;
    expect(planted).toMatchObject({ progress: null, cancelled: true, failure: '' });
    const broken = new Planted(startValues(params), {
      engine: { train: () => Promise.resolve(fail('no room')), stop: () => Promise.resolve() },
      turn: new Turn(),
    } as unknown as ChapterTools);
    await broken.race();
    expect(broken.failure).toContain('no room');
    expect(broken.progress).toBeNull();
  });
});
