import { pixelCount } from '../../data/images.ts';
import { treeStructure } from '../bayes-net/layout.ts';
import { Messages } from '../bayes-net/messages.ts';
import { componentContributions } from '../shared/component-contributions.ts';
import { drawComponents } from '../shared/components.ts';
import { logSoftmax, logSumExp } from '../shared/math.ts';
import { oncePerMask } from '../shared/once-per-mask.ts';
import type { FamilyMarginal } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import { conditionalsWork, treeSampler } from './cpu.ts';
import { EvidenceState, TreeEvidence } from './evidence.ts';
import { treesOf } from './trees.ts';

/**
 * p(known) = sum_k pi_k p(known | k), each by messages along its tree; what is left to draw is the component from p(k | known), and then
 * the unknown pixels of its tree given the known ones.
 */
export function treeMarginal(model: Model): FamilyMarginal {
  let opened: readonly Messages[] | null = null;
  const messages = () =>
    (opened ??= treesOf(model).map(({ parent, logit }) => new Messages(logit, treeStructure(parent))));
  const logWeights = logSoftmax(Float64Array.from(model.tensors.weight));
  const joint = new Float64Array(logWeights.length);
  let evidence: readonly TreeEvidence[] | null = null;

  return {
    how: 'by message passing along its trees and the posterior over them',
    logMarginal(images, known) {
      const trees = messages();
      for (const tree of trees) tree.know(known);
      return Float64Array.from({ length: images.count }, (_, m) => {
        for (let k = 0; k < joint.length; k++) joint[k] = logWeights[k] + trees[k].pass(images, m);
        return logSumExp(joint);
      });
    },
    work: oncePerMask((known) => ({
      marginal: messages().reduce((sum, tree) => {
        tree.know(known);
        return sum + tree.work;
      }, 0),
      conditionals: conditionalsWork(model),
    })),
    contributions({ image, known }, order) {
      const trees = (evidence ??= treesOf(model).map((tree) => new TreeEvidence(tree)));
      const state = new EvidenceState(1, order.length);
      return componentContributions({ image, known }, order, logWeights, (k) => {
        state.clear();
        return (pixel, x) => {
          const logit = trees[k].logit(state, 0, pixel);
          trees[k].observe(state, 0, pixel, x);
          return logit;
        };
      });
    },
    complete(request) {
      const { known, image } = request.given;
      const posterior = logSoftmax(
        Float64Array.from(messages(), (tree, k) => {
          tree.know(known);
          return logWeights[k] + tree.pass(image, 0);
        }),
      );
      const plain = { ...request, temperature: 1 };
      const sampler = treeSampler(model, plain, drawComponents(Float32Array.from(posterior), plain), known);
      sampler.advance(pixelCount(model.grid));
      return sampler.images;
    },
  };
}
