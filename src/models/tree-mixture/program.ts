import { pixelCount, wordsPerImage } from '../../data/images.ts';
import { drawComponents } from '../shared/components.ts';
import { inRanges } from '../shared/ranges.ts';
import type { Program, ProgramScope } from '../program.ts';
import { inSteps } from '../program-params.ts';
import { overImages } from '../program-components.ts';
import type { Model } from '../model.ts';
import { VECTOR } from '../shared/integer-nats.ts';
import { type FixedTrees, fixedTrees } from './integer-nats.ts';
import { pairStatistics } from './program-pairs.ts';
import { treesOf } from './trees.ts';

/** Most bytes of each buffer of the numbers that conditionals of all trees need: so many images are read at once. */
const MAX_BYTES = 2 ** 23;

/** The mixture of trees as dispatches: sums over on-pixels in fixed point, messages along the trees, and pairs weighed by responsibilities. */
export const program: Program = {
  kernels: [
    'tree-mixture/score.wgsl',
    'tree-mixture/tree-logits.wgsl',
    'tree-mixture/conditional-logits.wgsl',
    'tree-mixture/sample.wgsl',
    'tree-mixture/responsibilities.wgsl',
    'tree-mixture/pairs.wgsl',
  ],

  evaluator(scope, { images, capacity }) {
    const fixed = fixedTrees(modelOf(scope));
    const parts = scope.constant('tree-mixture/score.wgsl', 'parts');
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    const score = scope.bind('tree-mixture/score.wgsl', { images, ...joint(scope, fixed), partial });
    return { parts, partial, logLikelihood: (count) => [overImages(scope, score, fixed, count)] };
  },

  logits(scope, { images, out, capacity }) {
    const { arena } = scope;
    const { scale, weight } = fixedTrees(modelOf(scope));
    const pixels = pixelCount(scope.grid);
    const components = weight.length;
    const together = Math.max(1, Math.min(capacity, Math.floor(MAX_BYTES / (4 * pixels * components))));
    const perSlot = (name: string) => arena.storage(name, 4 * pixels * components * together);
    const tree_logits = perSlot('tree_logits');
    const before = perSlot('before');
    const trees = scope.bind('tree-mixture/tree-logits.wgsl', {
      images,
      ...tables(scope),
      lambda: perSlot('lambda'),
      message: perSlot('message'),
      below: perSlot('below'),
      tree_logits,
      before,
    });
    const weighed = scope.bind('tree-mixture/conditional-logits.wgsl', {
      weight: arena.filled('log_weight', weight),
      tree_logits,
      before,
      out,
    });
    return {
      conditionalLogits: (count) =>
        inRanges(0, count, together, (first_image, end) => {
          const slots = (end - first_image) * components;
          const params = { pixels, components, first_image, slots };
          return [
            trees.dispatch(
              { ...params, words_per_image: wordsPerImage(scope.grid), scale },
              [trees.groups(slots)],
              pixels,
            ),
            weighed.dispatch({ ...params, unit: 1 / scale }, [weighed.groups((end - first_image) * pixels)]),
          ];
        }).flat(),
    };
  },

  sampler(scope, { images, given, request }) {
    const { arena } = scope;
    const count = request.indices.length;
    const components = drawComponents(scope.uploaded.weight, request);
    const drawn = Uint32Array.from({ length: 2 * count }, (_, at) =>
      at % 2 ? request.indices[at >> 1] : components[at >> 1],
    );
    const perImage = (name: string) => arena.storage(name, 4 * pixelCount(scope.grid) * count);
    const sample = scope.bind('tree-mixture/sample.wgsl', {
      ...tables(scope),
      drawn: arena.filled('drawn', drawn),
      images,
      given,
      lambda: perImage('lambda'),
      message: perImage('message'),
      below: perImage('below'),
    });
    return { advance: inSteps(scope, request, sample, { groups: sample.groups(count) }) };
  },

  emIteration(scope, { images, capacity }) {
    const model = modelOf(scope);
    const fixed = fixedTrees(model);
    const padded = fixed.vectors * VECTOR;
    const parts = scope.constant('tree-mixture/responsibilities.wgsl', 'parts');
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    const responsibility = scope.arena.storage('responsibility', capacity * padded * 4);
    const respond = scope.bind('tree-mixture/responsibilities.wgsl', {
      images,
      ...joint(scope, fixed),
      partial,
      responsibility,
    });
    const { add, statistics, finish } = pairStatistics(scope, model, { images, responsibility, padded });
    return {
      parts,
      partial,
      add: (count) => [overImages(scope, respond, fixed, count), ...add(count)],
      statistics,
      finish,
    };
  },
};

function modelOf({ family, grid, hyper, uploaded }: ProgramScope): Model {
  return { family, grid, hyper, tensors: uploaded };
}

/** The trees as lib/evidence.wgsl reads them. */
function tables(scope: ProgramScope) {
  const parents = treesOf(modelOf(scope)).flatMap(({ parent }) => [...parent]);
  return { logit: scope.tensors.logit, parent: scope.arena.filled('parents', Int32Array.from(parents)) };
}

/** What log p(x, k) is the sum of. */
function joint({ arena }: ProgramScope, { node, pair, parents, blank }: FixedTrees) {
  return {
    node: arena.filled('node', node),
    pair: arena.filled('pair', pair),
    parents: arena.filled('joint_parents', parents),
    blank: arena.filled('blank', blank),
  };
}
