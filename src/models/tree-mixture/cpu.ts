/** Scoring, reading and sampling as in reference.ts, by sums over the pixels that are on and by messages along the trees. */
import type { PackedImages } from '../../data/images.ts';
import { getPixel, pixelCount, setPixel } from '../../data/images.ts';
import { ancestralSampler, fires } from '../shared/ancestral.ts';
import { componentReading } from '../shared/component-reading.ts';
import { drawComponents } from '../shared/components.ts';
import { logBernoulli, logSoftmax, logSumExp, softplus } from '../shared/math.ts';
import { SOFTPLUS } from '../shared/work.ts';
import type { CpuModel } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import type { CpuSampler, SampleRequest } from '../sampling.ts';
import { EvidenceState, TreeEvidence } from './evidence.ts';
import { treeFeatures } from './features.ts';
import { JointReader } from './joint.ts';
import { treesOf } from './trees.ts';

/** Pixels of one image decided together. */
const BLOCK = 64;

export function openCpu(model: Model): CpuModel {
  const reader = new JointReader(model);
  return {
    ...componentReading(reader, () => new Conditionals(model)),
    features: treeFeatures(model),
    sampler: (request) => treeSampler(model, request, drawComponents(model.tensors.weight, request)),
  };
}

/** Conditionals row by row: those of every tree given the pixels before, weighed by what it says about these. */
class Conditionals {
  readonly #logWeights: Float64Array;
  readonly #trees: readonly TreeEvidence[];
  readonly #state: EvidenceState;
  /** Logits of p(x_i = 1 | x_<i, k), [K, n] */
  readonly #logits: Float64Array;
  /** log p(x_<i, x_i = 0 and 1, k), [K] */
  readonly #off: Float64Array;
  readonly #on: Float64Array;

  constructor(model: Model) {
    const n = pixelCount(model.grid);
    this.#logWeights = logSoftmax(Float64Array.from(model.tensors.weight));
    const K = this.#logWeights.length;
    this.#trees = treesOf(model).map((tree) => new TreeEvidence(tree));
    this.#state = new EvidenceState(1, n);
    this.#logits = new Float64Array(K * n);
    this.#off = new Float64Array(K);
    this.#on = new Float64Array(K);
  }

  /** The logits of p(x_i = 1 | x_<i) of one image into `out`, [n]. */
  read(images: PackedImages, image: number, out: Float32Array): void {
    const n = out.length;
    const logits = this.#logits;
    this.#trees.forEach((tree, k) => {
      this.#state.clear();
      for (let i = 0; i < n; i++) {
        logits[k * n + i] = tree.logit(this.#state, 0, i);
        tree.observe(this.#state, 0, i, getPixel(images, image, i));
      }
    });
    const [off, on] = [this.#off, this.#on];
    let joint = this.#logWeights;
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < joint.length; k++) {
        const z = logits[k * n + i];
        const before = joint[k];
        off[k] = before - softplus(z);
        on[k] = before + logBernoulli(1, z);
      }
      out[i] = logSumExp(on) - logSumExp(off);
      // Copied, as the next round writes both.
      joint = (getPixel(images, image, i) ? on : off).slice();
    }
  }
}

/**
 * Work of the conditionals of one image: see ScoringWork. A pixel's goes up to the nearest ancestor that is known, which is one of a smaller number,
 * and comes down again, and so does what its value tells.
 */
export function conditionalsWork(model: Model): number {
  const ofPixel = (parent: ArrayLike<number>, i: number): number => {
    let steps = 0;
    for (let at = parent[i]; at > i; at = parent[at]) steps++;
    return SOFTPLUS * (4 * steps + 3);
  };
  return treesOf(model).reduce(
    (sum, { parent }) => sum + Array.from(parent).reduce((own, _, i) => own + ofPixel(parent, i), 0),
    0,
  );
}

/**
 * Pixels row by row from the conditionals of the component's own tree, given those before, and those that `request.given` names where `known` says
 * so: they are then taken as known from the first pixel on.
 */
export function treeSampler(
  model: Model,
  request: SampleRequest,
  components: Uint32Array,
  known: PackedImages | null = null,
): CpuSampler {
  const n = pixelCount(model.grid);
  const trees = treesOf(model).map((tree) => new TreeEvidence(tree));
  const state = new EvidenceState(components.length, n);
  if (known && request.given) {
    const { image } = request.given;
    for (let i = 0; i < n; i++) {
      if (!getPixel(known, 0, i)) continue;
      components.forEach((k, m) => trees[k].observe(state, m * n, i, getPixel(image, 0, i)));
    }
  }
  return ancestralSampler(model.grid, request, {
    block: BLOCK,
    decide(images, image, from, to, uniforms) {
      const tree = trees[components[image]];
      const base = image * n;
      for (let i = from; i < to; i++) {
        // A given pixel has a uniform that decides it, and is observed again where it was known from the start, which changes nothing.
        const on = fires(tree.logit(state, base, i) / request.temperature, uniforms[i - from]);
        if (on) setPixel(images, image, i, 1);
        tree.observe(state, base, i, Number(on));
      }
    },
  });
}
