import { type PackedImages, getPixel, pixelCount, setPixel } from '../../data/images.ts';
import { blankHidden, unknownPixels } from '../../data/known-pixels.ts';
import { ancestralSampler, fires } from '../shared/ancestral.ts';
import { logSoftmax, logSumExp, softplus } from '../shared/math.ts';
import { oncePerMask } from '../shared/once-per-mask.ts';
import { PLAIN } from '../shared/work.ts';
import type { FamilyMarginal } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import { componentContributions } from '../shared/component-contributions.ts';
import { drawComponents } from '../shared/components.ts';
import { JointReader } from './joint.ts';

/** Pixels of one image decided together. */
const BLOCK = 64;

/**
 * Within a component pixels are independent, so that unknown ones drop out:
 *   p(known) = sum_k pi_k prod over known i of theta_ki^x_i (1 - theta_ki)^(1 - x_i),
 * and what is left to draw is the component from p(k | known) and then every unknown pixel independently.
 */
export function componentMarginal(model: Model): FamilyMarginal {
  const { logit } = model.tensors;
  const K = model.tensors.weight.length;
  const n = pixelCount(model.grid);
  let opened: JointReader | null = null;
  /** -log(1 - theta), [n, K] */
  let costs: Float64Array | null = null;

  /** What the reader takes off for unknown pixels, which it counts as blank, [K]. */
  const chargedFor = oncePerMask((known) => {
    costs ??= Float64Array.from(logit, softplus);
    const charged = new Float64Array(K);
    for (let i = 0; i < n; i++) {
      if (getPixel(known, 0, i)) continue;
      for (let k = 0; k < K; k++) charged[k] += costs[i * K + k];
    }
    return charged;
  });

  /** Reads images one by one; the function fills log p(known pixels, k) of image m, [K], a live view. */
  const reader = (images: PackedImages, known: PackedImages) => {
    const reader = (opened ??= new JointReader(model));
    const masked = blankHidden(images, known);
    const charged = chargedFor(known);
    return (m: number): Float64Array => {
      reader.read(masked, m);
      for (let k = 0; k < K; k++) reader.joint[k] += charged[k];
      return reader.joint;
    };
  };

  return {
    how: 'by the posterior over its components',
    logMarginal(images, known) {
      const read = reader(images, known);
      return Float64Array.from({ length: images.count }, (_, m) => logSumExp(read(m)));
    },
    // A known pixel adds a row of logits at most; every conditional asks all components anew.
    work: (known) => ({
      marginal: K * (1 + PLAIN * (n - unknownPixels({ known }).length)),
      conditionals: n * K,
    }),
    contributions: (given, order) =>
      componentContributions(given, order, logSoftmax(Float64Array.from(model.tensors.weight)), (k) => {
        return (pixel) => logit[pixel * K + k];
      }),
    complete(request) {
      const { given } = request;
      const posterior = logSoftmax(Float64Array.from(reader(given.image, given.known)(0)));
      const plain = { ...request, temperature: 1, given: null };
      const components = drawComponents(Float32Array.from(posterior), plain);
      const sampler = ancestralSampler(model.grid, plain, {
        block: BLOCK,
        decide(images, image, from, to, uniforms) {
          for (let i = from; i < to; i++) {
            const on = getPixel(given.known, 0, i)
              ? getPixel(given.image, 0, i) === 1
              : fires(logit[i * K + components[image]], uniforms[i - from]);
            if (on) setPixel(images, image, i, 1);
          }
        },
      });
      sampler.advance(n);
      return sampler.images;
    },
  };
}
