import { describe, expect, it } from 'vitest';
import type { Grid, PackedImages } from '../../../src/data/images.ts';
import { getPixel, packImages, pixelCount, unpackImage } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import type { PairCounts } from '../../../src/models/bayes-net/chow-liu.ts';
import { mutualInformation, spanningTree, weightOf } from '../../../src/models/bayes-net/chow-liu.ts';
import { treeOrder, treeParents } from '../../../src/models/bayes-net/layout.ts';
import { logLikelihood, reference } from '../../../src/models/bayes-net/reference.ts';
import type { Model } from '../../../src/models/model.ts';
import { allImages, numbers, randomImages } from './families.ts';

function countPairs(images: PackedImages): PairCounts {
  const n = pixelCount(images.grid);
  const both = new Uint32Array(n * n);
  for (let m = 0; m < images.count; m++) {
    for (let i = 0; i < n; i++) {
      for (let j = i; j < n; j++) both[i * n + j] += getPixel(images, m, i) & getPixel(images, m, j);
    }
  }
  return { n, images: images.count, both };
}

/** Calls `visit` with `from`, `to`, [n - 1] each, the edges of every tree on n nodes: one for each code of Pruefer (1918). */
function eachTree(n: number, visit: (from: Uint8Array, to: Uint8Array) => void): void {
  const code = new Uint8Array(n - 2);
  const degree = new Uint8Array(n);
  const from = new Uint8Array(n - 1);
  const to = new Uint8Array(n - 1);
  const codes = n ** (n - 2);
  for (let number = 0; number < codes; number++) {
    degree.fill(1);
    for (let k = 0, rest = number; k < n - 2; k++, rest = Math.floor(rest / n)) {
      code[k] = rest % n;
      degree[code[k]]++;
    }
    // The lowest leaf hangs on the next node of the code; once it is gone that one may be a leaf below all others.
    let scanned = 0;
    while (degree[scanned] !== 1) scanned++;
    let leaf = scanned;
    for (let k = 0; k < n - 2; k++) {
      from[k] = leaf;
      to[k] = code[k];
      if (--degree[code[k]] === 1 && code[k] < scanned) {
        leaf = code[k];
      } else {
        do scanned++;
        while (degree[scanned] !== 1);
        leaf = scanned;
      }
    }
    from[n - 2] = leaf;
    to[n - 2] = n - 1;
    visit(from, to);
  }
}

function treeWeight(pairs: PairCounts, parent: ArrayLike<number>): number {
  return Array.from(parent).reduce((sum, p, i) => (p < 0 ? sum : sum + weightOf(pairs, i, p)), 0);
}

function countTree(images: PackedImages, strength = 1): Model {
  const { grid } = images;
  const counter = reference.counter!('tree', grid, { strength });
  counter.add(images);
  return { family: 'tree', grid, hyper: { strength }, tensors: counter.finish() };
}

describe('mutual information', () => {
  it('is H(a) + H(b) - H(a, b)', () => {
    const entropy = (...counts: number[]) => {
      const total = counts.reduce((sum, count) => sum + count, 0);
      return -counts.reduce((sum, c) => (c ? sum + (c / total) * Math.log(c / total) : sum), 0);
    };
    const next = numbers(4);
    for (let t = 0; t < 200; t++) {
      const [both, a, b, none] = Array.from({ length: 4 }, () => Math.floor(next() * 1000));
      const total = both + a + b + none;
      const expected = entropy(both + a, b + none) + entropy(both + b, a + none) - entropy(both, a, b, none);
      expect(mutualInformation(both, both + a, both + b, total)).toBeCloseTo(expected, 12);
    }
  });

  it('is exactly 0 beside a pixel that never changes, and the entropy beside a copy', () => {
    for (const on of [0, 7, 59_999]) {
      expect(mutualInformation(0, 0, on, 60_000)).toBe(0);
      expect(mutualInformation(on, 60_000, on, 60_000)).toBe(0);
    }
    expect(mutualInformation(500, 500, 500, 1000)).toBeCloseTo(Math.LN2, 12);
  });
});

describe('the enumeration of trees', () => {
  it('is that of Cayley: n^(n - 2) different ones, each connected', () => {
    const seen = new Set<string>();
    eachTree(6, (from, to) => {
      const edges = [...from].map((a, k) => [a, to[k]].sort((x, y) => x - y).join('-')).sort();
      seen.add(edges.join());
      const reached = new Set([0]);
      for (let round = 0; round < 6; round++) {
        from.forEach((a, k) => {
          if (reached.has(a)) reached.add(to[k]);
          if (reached.has(to[k])) reached.add(a);
        });
      }
      expect(reached.size).toBe(6);
    });
    expect(seen.size).toBe(1296);
  });
});

describe('the tree that is counted', () => {
  it.each([
    [6, { width: 3, height: 2 }, 5],
    [9, { width: 3, height: 3 }, 1],
  ] as const)('of all trees on %i pixels weighs most', (n, grid, times) => {
    for (let seed = 1; seed <= times; seed++) {
      const images = randomImages(grid, 200, 0.4, seed);
      const pairs = countPairs(images);
      const weights = Float64Array.from({ length: n * n }, (_, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        return i === j ? 0 : weightOf(pairs, i, j);
      });
      let most = -Infinity;
      let trees = 0;
      eachTree(n, (from, to) => {
        let weight = 0;
        for (let edge = 0; edge < n - 1; edge++) weight += weights[from[edge] * n + to[edge]];
        if (weight > most) most = weight;
        trees++;
      });
      expect(trees).toBe(n ** (n - 2));
      expect(treeWeight(pairs, countTree(images).tensors.parent)).toBeCloseTo(most, 12);
    }
  });

  it('of all trees with their tables fits the images best', () => {
    const grid = { width: 5, height: 1 };
    const images = randomImages(grid, 400, 0.4, 3);
    const total = (model: Model) =>
      reference
        .open(model)
        .logLikelihood(images)
        .reduce((sum, nats) => sum + nats, 0);
    const best = total(countTree(images, 0.01));
    const pairs = countPairs(images);
    const independent = Array.from({ length: 5 }, (_, i) => {
      const p = pairs.both[i * 5 + i] / 400;
      return 400 * (p * Math.log(p) + (1 - p) * Math.log(1 - p));
    }).reduce((sum, nats) => sum + nats, 0);
    // The likelihood of a tree is that of independent pixels and its weight (Chow and Liu's equation 6), up to the smoothing.
    expect(best).toBeCloseTo(independent + 400 * treeWeight(pairs, countTree(images).tensors.parent), 1);
    eachTree(5, (from, to) => {
      let weight = 0;
      for (let edge = 0; edge < 4; edge++) weight += weightOf(pairs, from[edge], to[edge]);
      expect(independent + 400 * weight).toBeLessThan(best + 0.1);
    });
  });

  it('takes the most informative pixel as its root, and of equals the first', () => {
    // Pixel 4 is the exclusive or of nothing: pixels 0 to 3 copy it, each with errors of its own.
    const next = numbers(6);
    const grid = { width: 5, height: 1 };
    const bits = Array.from({ length: 2000 }, () => {
      const centre = Number(next() < 0.5);
      return [...Array.from({ length: 4 }, () => (next() < 0.1 ? 1 - centre : centre)), centre];
    });
    const { parent } = countTree(packImages(grid, bits.flat())).tensors;
    expect([...parent]).toEqual([4, 4, 4, 4, -1]);
    // Blank images: no pixel tells anything, and all edges weigh nothing.
    expect([...countTree(packImages(grid, new Uint8Array(50))).tensors.parent]).toEqual([-1, 0, 0, 0, 0]);
  });

  it('does not depend on where the algorithm starts', () => {
    const grid = { width: 4, height: 3 };
    // Few images: many pairs weigh the same.
    const pairs = countPairs(randomImages(grid, 6, 0.4, 8));
    const edges = (root: number) =>
      Array.from(spanningTree(pairs, root), (p, i) => (p < 0 ? '' : [Math.min(i, p), Math.max(i, p)].join()))
        .filter((edge) => edge !== '')
        .sort();
    expect(edges(0).length).toBe(11);
    for (let root = 1; root < 12; root++) expect(edges(root)).toEqual(edges(0));
  });
});

describe('a tree out of any numbers', () => {
  it('has its parents rounded; what names no other pixel or closes a cycle makes a root', () => {
    const tree = (...parents: number[]) => [...treeParents(Float32Array.from(parents))];
    expect(tree(-1, 0.4, 1.2, 1.9)).toEqual([-1, 0, 1, 2]);
    expect(tree(0, 1, 2)).toEqual([-1, -1, -1]);
    expect(tree(NaN, Infinity, -Infinity, 4, 3.4, 1e30)).toEqual([-1, -1, -1, 4, -1, -1]);
    // 0 -> 1 -> 2 -> 0: the last link is the one that is cut.
    expect(tree(1, 2, 0)).toEqual([1, 2, -1]);
  });

  it('always orders every pixel after its parent', () => {
    const next = numbers(3);
    let links = 0;
    for (let t = 0; t < 300; t++) {
      const n = 1 + Math.floor(next() * 40);
      const parent = treeParents(Float32Array.from({ length: n }, () => (next() * 1.4 - 0.2) * n));
      const order = treeOrder(parent);
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      const place = new Map([...order].map((pixel, at) => [pixel, at]));
      parent.forEach((p, pixel) => {
        if (p < 0) return;
        links++;
        expect(place.get(p)!).toBeLessThan(place.get(pixel)!);
      });
    }
    expect(links).toBeGreaterThan(1000);
  });
});

describe('sampling a tree', () => {
  const grid: Grid = { width: 3, height: 3 };
  /** Every pixel hangs on the one after it, so that raster order would see each before its parent. */
  const model: Model = {
    family: 'tree',
    grid,
    hyper: { strength: 1 },
    tensors: {
      parent: Float32Array.from([1, 2, 5, 4, 8, 4, 7, 8, -1]),
      logit: Float32Array.from({ length: 18 }, (_, at) => (at % 2 ? 0.7 : -0.7) + 0.1 * (at % 5)),
    },
  };
  const count = 100_000;
  const expected = [...Array(512).keys()].map(
    (m) => count * Math.exp(logLikelihood(model, unpackImage(allImages(grid), m))),
  );

  /** Chi-squared per degree of freedom: 1 with a standard deviation of sqrt(2 / 511) where images come from the model. */
  function audit(words: Uint32Array): number {
    const histogram = new Float64Array(512);
    for (const word of words) histogram[word]++;
    return expected.reduce((sum, e, m) => sum + (histogram[m] - e) ** 2 / e, 0) / 511;
  }

  it('draws 3x3 images as often as they are likely', () => {
    const sampler = reference.open(model).sampler({ seed: 5, indices: indexRange(0, count), temperature: 1 });
    sampler.advance(9);
    expect(expected.reduce((sum, e) => sum + e, 0) / count).toBeCloseTo(1, 6);
    expect(Math.min(...expected)).toBeGreaterThan(3);
    expect(Math.abs(audit(sampler.images.words) - 1)).toBeLessThan(5 * Math.sqrt(2 / 511));
  });

  it('is audited by a test that notices another order', () => {
    // The same tables, but pixels decided in raster order, as if parents not yet decided were off.
    const next = numbers(12);
    const { parent, logit } = model.tensors;
    const words = Uint32Array.from({ length: count }, () => {
      let word = 0;
      for (let i = 0; i < 9; i++) {
        const z = logit[2 * i + (parent[i] < 0 ? 0 : (word >> parent[i]) & 1)];
        if (next() < 1 / (1 + Math.exp(-z))) word |= 1 << i;
      }
      return word;
    });
    expect(audit(words)).toBeGreaterThan(10);
  });
});
