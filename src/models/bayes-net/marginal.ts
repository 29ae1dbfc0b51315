import { MAX_ENUMERATED_PIXELS } from '../../data/enumerate.ts';
import { pixelCount } from '../../data/images.ts';
import { PLAIN } from '../shared/work.ts';
import type { FamilyMarginal } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import { type Structure, structureOf } from './layout.ts';
import { openCpu } from './cpu.ts';
import { Messages } from './messages.ts';
import { TIED } from './parents.ts';
import { listedMarginal } from './enumerated-marginal.ts';

/** The network's marginals: by messages along a forest, by listing all images of a tiny grid; null where neither can be. */
export function marginalOfNetwork(model: Model): FamilyMarginal | null {
  const structure = structureOf(model);
  // Of a shared table the pixels' own posteriors cannot be written down.
  if (model.family !== TIED && structure.parents.every((list) => list.length <= 1))
    return forestMarginal(model, structure);
  return pixelCount(model.grid) <= MAX_ENUMERATED_PIXELS ? listedMarginal(model) : null;
}

function forestMarginal(model: Model, structure: Structure): FamilyMarginal {
  let messages: Messages | null = null;
  const opened = () => (messages ??= new Messages(model.tensors.logit, structure));
  return {
    how: structure.parents.some((list) => list.length > 0)
      ? 'by message passing along the tree of its pixels'
      : 'every pixel being independent of the others',
    logMarginal(images, known) {
      const network = opened();
      network.know(known);
      return Float64Array.from({ length: images.count }, (_, m) => network.pass(images, m));
    },
    work(known) {
      const network = opened();
      network.know(known);
      return { marginal: network.work, conditionals: PLAIN * pixelCount(model.grid) };
    },
    complete(request) {
      const network = opened();
      network.know(request.given.known);
      network.pass(request.given.image, 0);
      const posterior = { ...model, tensors: { ...model.tensors, logit: network.posteriorLogits() } };
      const sampler = openCpu(posterior).sampler({ ...request, temperature: 1, given: null });
      sampler.advance(pixelCount(model.grid));
      return sampler.images;
    },
  };
}
