import { beforeAll, describe, expect, it } from 'vitest';
import type { GreyImages, PackedImages } from '../../../src/data/images.ts';
import { blankImages, setPixel } from '../../../src/data/images.ts';
import { bestOf, MAX_K } from '../../../src/learn/07-chains/dial.ts';
import { digitsOn, patchesOf } from '../../../src/learn/07-chains/patch.ts';
import type { Chains } from '../../../src/learn/07-chains/state.svelte.ts';
import { TREE_GRID, treeOf } from '../../../src/learn/07-chains/tree.ts';
import { openCpu } from '../../../src/models/bayes-net/cpu.ts';
import { marginalOfNetwork } from '../../../src/models/bayes-net/marginal.ts';
import { reference } from '../../../src/models/bayes-net/reference.ts';
import { sigmoid } from '../../../src/models/shared/math.ts';
import { UNKNOWN } from '../../../src/stats/networks.ts';
import { treeBeliefs } from '../../../src/stats/tree-beliefs.ts';
import { openChapter } from './open-chapter.ts';
import { starterDigits } from './starter-digits.ts';

let digits: GreyImages;
beforeAll(() => {
  digits = starterDigits();
});

/** The chapter as a link opens it, once its digits are there. */
async function opened(query = '') {
  const { view } = await openChapter('chains', query);
  const chains = view.figure('net')?.state as Chains;
  chains.digits.grey = digits;
  return { view, chains };
}

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;

/** Mean log-likelihood of images held back under a family that is counted on the others. */
function scoreOf(family: string, hyper: Record<string, number>, train: PackedImages, held: PackedImages) {
  const counter = reference.counter?.(family, train.grid, hyper);
  counter?.add(train);
  const tensors = counter?.finish() ?? {};
  return mean(openCpu({ family, grid: train.grid, hyper, tensors }).logLikelihood(held));
}

describe('the visitor’s network', () => {
  it('is counted and scored as the families of the same arrows are', async () => {
    const grid = { width: 3, height: 3 };
    const { train, held } = patchesOf(grid, digits);
    expect([train.count, held.count]).toEqual([800, 200]);
    const { chains } = await opened();
    for (const [preset, family, hyper] of [
      ['independent', 'independent', { strength: 1 }],
      ['markov1', 'chain', { direction: 0, strength: 1 }],
    ] as const) {
      chains.net.take(preset);
      expect(chains.net.held).toBeCloseTo(scoreOf(family, hyper, train, held), 5);
    }
  });

  it('has numbers in its text that are counted another way', async () => {
    const { view, chains } = await opened();
    const { numbers } = view;
    expect([numbers.n, numbers.images, numbers.joint, numbers.half, numbers.before]).toEqual([
      '9',
      '512',
      '511',
      '256',
      '8',
    ]);
    expect([numbers.numbers, numbers.counted, numbers.others]).toEqual(['511', '800', '200']);
    // Every pixel looks at all earlier ones, so a row of the last table was seen where these eight pixels were.
    const { train } = patchesOf({ width: 3, height: 3 }, digits);
    const seen = new Set(Array.from(train.words, (word) => word & 0xff));
    expect(numbers.unseen).toBe(String(256 - seen.size));
    expect(numbers.full).toBe(numbers.held);
    chains.net.take('independent');
    expect([numbers.numbers, numbers.held]).toEqual(['9', numbers.independent]);
    const frequencies = Array.from({ length: 9 }, (_, pixel) =>
      mean(Array.from(train.words, (word) => (word >>> pixel) & 1)),
    );
    const { held } = patchesOf({ width: 3, height: 3 }, digits);
    const byHand = mean(
      Array.from(held.words, (word) =>
        frequencies.reduce((sum, share, pixel) => {
          const p = (share * 800 + 0.5) / 801;
          return sum + Math.log((word >>> pixel) & 1 ? p : 1 - p);
        }, 0),
      ),
    );
    expect(numbers.independent.replace('−', '-')).toBe(byHand.toFixed(3));
  });

  it('opens a link with its arrows, grid and pixel', async () => {
    const { view, chains } = await opened('grid=2x2&edges=01.12.20.13&node=1&image=1010');
    // 2 -> 0 would close a cycle.
    expect(chains.net.parents).toEqual([[], [0], [1], [1]]);
    const { numbers } = view;
    expect([numbers.n, numbers.joint, numbers.numbers, numbers.node]).toEqual(['4', '15', '7', '2']);
    expect([numbers.parents, numbers.rows, numbers.blanket]).toEqual(['1', '2', '1, 3 and 4']);
    const [a, b, c, d] = chains.net.factors ?? [];
    expect(Math.log(a * b * c * d)).toBeCloseTo(Math.log(chains.net.joint?.[0b0101] ?? 0), 12);
  });

  it('reaches the goals by what the visitor does', async () => {
    const { view, chains } = await opened();
    expect(view.reached('lean')).toBe(false);
    chains.net.take('corners');
    expect(view.reached('lean')).toBe(false);
    chains.net.toggleArrow(1, 6);
    chains.net.toggleArrow(1, 6);
    chains.net.toggleArrow(2, 7);
    expect(Number(chains.net.numbers)).toBeLessThanOrEqual(100);
    expect(view.reached('lean')).toBe(true);
    expect(view.reached('cycle')).toBe(false);
    chains.net.toggleArrow(8, 4);
    expect(chains.net.refusal).toEqual([8, 4, 8]);
    expect(view.reached('cycle')).toBe(true);
    // A refusal is about the arrows that were there: others, also by a reset, take it away.
    view.reset();
    expect(chains.net.refusal).toBeNull();
    chains.net.toggleArrow(4, 4);
    expect(chains.net.refusal).toEqual([4, 4]);
    chains.net.toggleArrow(0, 8);
    expect(chains.net.refusal).toBeNull();
    chains.net.toggleArrow(4, 4);
    chains.net.look(2);
    expect(chains.net.refusal).toBeNull();
  });
});

describe('questions of independence', () => {
  it('reach the goals that the text sets, and no other', async () => {
    const { view, chains } = await opened();
    const { paths } = chains;
    paths.act(4);
    expect([view.reached('opened'), view.reached('explained')]).toEqual([true, false]);
    paths.act(3);
    expect([paths.asked, view.reached('explained')]).toEqual([false, true]);
    expect(paths.now.beliefs[1].toFixed(3)).toBe(view.numbers['after-both']);
    paths.takeGraph('fork');
    expect(view.reached('blocked')).toBe(false);
    paths.act(4);
    expect(view.reached('blocked')).toBe(true);
    expect(paths.information?.nats).toBeLessThan(1e-12);
    expect(view.numbers.information).toBe('0.000000');
  });

  it('are carried by a link, also about the visitor’s own network', async () => {
    const { view, chains } = await opened('graph=yours&edges=01.21&ask=02&given=-1-------');
    expect(chains.paths.trail).toEqual([0, 1, 2]);
    expect(view.numbers.path).toBe('1 – 2 – 3');
    expect(Number(view.numbers.information)).toBeGreaterThan(0);
    chains.paths.tap = 'second';
    chains.paths.act(0);
    expect(view.query).toContain('ask=20');
  });

  it('wait where a pixel of the question is given or takes no part', async () => {
    for (const query of ['given=-1-------', 'ask=11', 'ask=17', 'graph=yours&grid=2x2&ask=18']) {
      const { view, chains } = await opened(query);
      expect(chains.paths.asked, query).toBe(false);
      expect(view.numbers.information, query).toBe('–');
    }
  });
});

describe('the dial', () => {
  it('turns: held-back digits are best at a k between, as the prediction reveals', async () => {
    const { view, chains } = await opened();
    await chains.dial.measureAll(new AbortController().signal);
    const { stops, best } = chains.dial;
    expect(stops).toHaveLength(MAX_K + 1);
    expect(best).toEqual(bestOf(stops));
    expect(best?.k).toBeGreaterThan(0);
    expect(best?.k).toBeLessThan(MAX_K);
    for (let k = 1; k <= MAX_K; k++) expect(stops[k].train).toBeGreaterThan(stops[k - 1].train);
    expect(view.judge('dial', 'turns')).toBe(true);
    expect(view.reached('best')).toBe(false);
    chains.values.k = best?.k ?? 0;
    expect(view.reached('best')).toBe(true);
  });

  it('measures what the family’s reference does, on a link’s k', async () => {
    const { view } = await opened('k=4&seed=7');
    const { train, held } = digitsOn({ width: 28, height: 28 }, digits);
    const score = scoreOf('neighbours', { k: 4, prior: 0, strength: 1 }, train, held);
    expect(view.numbers['dial-held'].replace('−', '-')).toBe(score.toFixed(1));
    // Left, above and both corners: 16 rows, but 8 at the right edge, 4 at the left, 2 in the first row and 1 in its corner.
    expect(view.numbers['dial-numbers']).toBe((27 * (26 * 16 + 8 + 4) + 27 * 2 + 1).toLocaleString('en'));
  });

  it('draws the same samples for the same link, and others for another seed', async () => {
    const [one, again, other] = await Promise.all(['k=4&seed=7', 'k=4&seed=7', 'k=4&seed=8'].map(opened));
    expect(one.chains.dial.samples).toEqual(again.chains.dial.samples);
    expect(one.chains.dial.samples).not.toEqual(other.chains.dial.samples);
    expect(one.view.query).toBe('k=4&seed=7');
  });

  it('stops where it is cancelled, and goes on from there', async () => {
    const { chains } = await opened();
    const run = new AbortController();
    const done = chains.dial.measureAll(run.signal);
    run.abort();
    await done;
    expect([chains.dial.stops.length, chains.dial.running, chains.dial.complete]).toEqual([1, false, false]);
  });
});

describe('the tree', () => {
  it('is the family’s, with the mutual information along its edges', () => {
    const { train } = digitsOn(TREE_GRID, digits);
    const tree = treeOf(train);
    const counter = reference.counter?.('tree', TREE_GRID, { strength: 1 });
    counter?.add(train);
    const tensors = counter?.finish() ?? {};
    expect(Array.from(tree.parent)).toEqual(Array.from(tensors.parent));
    expect(tree.parent.filter((p) => p < 0)).toHaveLength(1);
    const i = tree.nats.indexOf(Math.max(...tree.nats));
    const p = tree.parent[i];
    const shares = [0, 1, 2, 3].map((value) => {
      let count = 0;
      for (let image = 0; image < train.count; image++) {
        const bit = (pixel: number) => (train.words[7 * image + (pixel >> 5)] >>> (pixel & 31)) & 1;
        if (2 * bit(i) + bit(p) === value) count++;
      }
      return count / train.count;
    });
    const [a, b, c, d] = shares;
    const entropy = (...ps: number[]) => -ps.reduce((sum, q) => sum + (q > 0 ? q * Math.log(q) : 0), 0);
    expect(tree.nats[i]).toBeCloseTo(entropy(a + b, c + d) + entropy(a + c, b + d) - entropy(a, b, c, d), 10);
  });

  it('believes what the family’s marginals say, whatever is given', () => {
    const { train } = digitsOn(TREE_GRID, digits);
    const counter = reference.counter?.('tree', TREE_GRID, { strength: 1 });
    counter?.add(train);
    const tensors = counter?.finish() ?? {};
    const model = { family: 'tree', grid: TREE_GRID, hyper: { strength: 1 }, tensors };
    const marginal = marginalOfNetwork(model);
    const known = new Int8Array(196).fill(UNKNOWN);
    for (const [pixel, value] of [
      [90, 1],
      [62, 0],
      [130, 1],
      [0, 0],
    ])
      known[pixel] = value;
    const tree = treeOf(train);
    const tables = Float64Array.from(tensors.logit, sigmoid);
    expect(tree.tables).toEqual(tables);
    const { beliefs, logEvidence } = treeBeliefs(tree.parent, tree.tables, known);
    const mask = blankImages(TREE_GRID, 1);
    const image = blankImages(TREE_GRID, 1);
    known.forEach((value, pixel) => {
      if (value === UNKNOWN) return;
      setPixel(mask, 0, pixel, 1);
      setPixel(image, 0, pixel, value === 1 ? 1 : 0);
    });
    const [logKnown] = marginal?.logMarginal(image, mask) ?? [];
    expect(logEvidence).toBeCloseTo(logKnown, 8);
    for (const pixel of [91, 104, 48, 7]) {
      const more = { ...mask, words: mask.words.slice() };
      const inked = { ...image, words: image.words.slice() };
      setPixel(more, 0, pixel, 1);
      setPixel(inked, 0, pixel, 1);
      const [both] = marginal?.logMarginal(inked, more) ?? [];
      expect(beliefs[pixel]).toBeCloseTo(Math.exp(both - logKnown), 8);
    }
  });

  it('can be made sure of ink at many a doubtful pixel, by giving the ends of its lines', async () => {
    const { view, chains } = await opened();
    const { tree } = chains;
    tree.ask();
    const { parent } = treeOf(digitsOn(TREE_GRID, digits).train);
    let sure = 0;
    for (let pixel = 0; pixel < 196; pixel++) {
      tree.forgetAll();
      expect(view.reached('sure')).toBe(false);
      const neighbours = Array.from({ length: 196 }, (_, other) => other).filter(
        (other) => parent[other] === pixel || parent[pixel] === other,
      );
      for (const each of neighbours) tree.act(each);
      if (tree.sure) sure++;
    }
    expect(sure).toBeGreaterThan(20);
  });

  it('takes what is given back by a second tap, and tells what the text says', async () => {
    const { view, chains } = await opened();
    const { tree } = chains;
    tree.ask();
    tree.act(90);
    tree.act(91);
    expect([tree.count, view.numbers['tree-now']]).toEqual([2, '1.000']);
    expect(Number(view.numbers['tree-evidence'].replace('−', '-'))).toBeCloseTo(
      tree.now?.logEvidence ?? 0,
      2,
    );
    tree.act(91);
    expect(view.query).toBe('seen=90i&pixel=91');
    expect(Number(view.numbers['tree-now'])).toBeLessThan(1);
    tree.forgetAll();
    expect([view.query, view.numbers['tree-evidence']]).toEqual(['pixel=91', '0.00']);
    expect(view.numbers['tree-now']).toBe(view.numbers['tree-before']);
  });
});
