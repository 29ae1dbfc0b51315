import type { Grid, PackedImages } from '../../../src/data/images.ts';
import { packImages, pixelCount } from '../../../src/data/images.ts';
import { Stream, randomWords, streamKey, threefry2x32, uniform } from '../../../src/data/rng.ts';
import { sigmoid } from '../../../src/models/shared/math.ts';
import { completeHyper, findFamily, folderOf } from '../../../src/models/registry.ts';
import type { FamilySpec } from '../../../src/models/family-spec.ts';
import type { Hyper, Model, Tensors } from '../../../src/models/model.ts';
import type { Definition } from '../../../src/models/reference.ts';

/** Uniform numbers in [0, 1) that are the same in every run. */
export function numbers(seed: number): () => number {
  const pair = new Uint32Array(2);
  let counter = 0;
  return () => {
    threefry2x32(seed, 77, counter++, 0, pair);
    return pair[0] / 2 ** 32;
  };
}

const definitions = import.meta.glob<Definition>('../../../src/models/*/reference.ts', {
  eager: true,
  import: 'definition',
});

/** The plain loops of a family. */
export function definitionOf(family: string): Definition {
  return definitions[`../../../src/models/${folderOf(family)}/reference.ts`];
}

/** Numbers that a model of the tests has at most on a 3x3 grid: every one of them is nudged to check gradients. */
const MAX_NUMBERS = 8000;

/** The family's defaults, its sizes halved until a model on a 3x3 grid is small. */
export function smallHyper(spec: FamilySpec): Hyper {
  const hyper: Record<string, number> = { ...completeHyper(spec) };
  const sizes = spec.hyperparameters.filter((p) => Number.isInteger(p.step) && !p.choices);
  const count = () => spec.parameterCount({ width: 3, height: 3 }, hyper);
  for (let turn = 0; count() > MAX_NUMBERS && turn < 100; turn++) {
    const p = sizes[turn % sizes.length];
    hyper[p.name] = Math.max(p.min, Math.floor(hyper[p.name] / 2));
  }
  return hyper;
}

/** The hyper-parameters to test of a family: the defaults, and ensembles over one and several orders. */
export function variantsOf(spec: FamilySpec): readonly Hyper[] {
  const base = smallHyper(spec);
  if (!('orders' in base)) return [base];
  return [1, 3].map((orders) => ({ ...base, orders }));
}

/** A hyper-parameter set in a few characters, for the names of tests. */
export function nameOf(spec: FamilySpec, hyper: Hyper): string {
  const changed = spec.hyperparameters.filter((p) => hyper[p.name] !== p.default);
  return [spec.id, ...changed.map((p) => `${p.name}=${hyper[p.name]}`)].join(' ');
}

/** A model of the family with parameters drawn uniformly from -scale to scale; the parents of a tree are earlier pixels. */
export function randomModel(family: string, grid: Grid, scale: number, seed = 1, given: Hyper = {}): Model {
  const spec = findFamily(family);
  if (!spec) throw new Error(`family: "${family}" is unknown`);
  const hyper = completeHyper(spec, given);
  const next = numbers(seed);
  const tensors: Tensors = Object.fromEntries(
    spec.tensors(grid, hyper).map(({ name, shape }) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const draw = (at: number) => {
        if (name !== 'parent') return (2 * next() - 1) * scale;
        const pixel = at % pixelCount(grid);
        return pixel === 0 ? -1 : Math.floor(next() * pixel);
      };
      return [name, Float32Array.from({ length: size }, (_, at) => draw(at))];
    }),
  );
  return { family, grid, hyper, tensors };
}

/** Images whose pixels are on with the given probability, in short runs, as strokes are. */
export function randomImages(grid: Grid, count: number, share: number, seed = 2): PackedImages {
  const next = numbers(seed);
  let on = false;
  return packImages(
    grid,
    Uint8Array.from({ length: count * pixelCount(grid) }, () => {
      if (next() < 0.5) on = next() < share;
      return Number(on);
    }),
  );
}

/** All 2^n images of a small grid; image number m shows the bits of m. */
export function allImages(grid: Grid): PackedImages {
  const n = pixelCount(grid);
  return packImages(
    grid,
    Uint8Array.from({ length: n * 2 ** n }, (_, at) => (Math.floor(at / n) >> (at % n)) & 1),
  );
}

/** Ancestral sampling as it is defined: u_i of (seed, index, i) < sigmoid(logit / temperature). [n] of 0 and 1. */
export function plainSample(
  logits: (x: Uint8Array) => Float64Array,
  n: number,
  seed: number,
  index: number,
  temperature: number,
): number[] {
  const words = new Uint32Array(n);
  randomWords(seed, streamKey(Stream.sample), index, words);
  const x = new Uint8Array(n);
  for (let i = 0; i < n; i++) x[i] = Number(uniform(words[i]) < sigmoid(logits(x)[i] / temperature));
  return [...x];
}
