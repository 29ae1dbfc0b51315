import { families, trainingOf } from '../models/registry.ts';
import type { FamilySpec } from '../models/types.ts';
import { hyperHelp } from './hyper-options.ts';
import { SIDES } from './train-command.ts';

export const trainHelp = `train --family F --images IDX [--labels IDX] [--valid-images IDX] [--binarise HOW] [--epochs N] [--seed S] [--out FILE.safetensors] [--backend cpu|webgpu] [--json]
  Trains one model. Families: ${families.map((family) => family.id).join(', ')}.
  --labels IDX       classes of the images, 0 to 9: needed with --class-conditional and by ${labelledFamilies()}
  --binarise HOW     threshold | stochastic:SEED (the default, with seed 0) | dynamic:SEED | none
  --grid WxH         pools larger images to this size first, ${SIDES.least}x${SIDES.least} to ${SIDES.most}x${SIDES.most}; images of this size are taken as they are
  --valid-images IDX images to choose the best weights by; without them a share of --images is held back
  --valid-labels IDX their classes, where --labels is needed
  --valid-share X    that share, 0 to 0.5 (1/12, and 0 for counted families)
  --epochs N         passes over the images; counted families make one, or N (10) with dynamic binarisation
  --batch N          images a step, of families that take Adam steps
  --learning-rate X  of Adam, decayed to 2 % along a cosine
${families.map(defaultsHelp).join('')}${hyperHelp()}  --curve FILE.csv   the learning curve as step,epoch,train,validation in nats, written every few seconds and at the end
  Ctrl-C, TERM and HUP end the run between two steps and keep the best model so far; a second signal ends it at once. Meanwhile
  --out holds it too: a run that takes longer writes it once a minute. Ends with code 1 where training diverged.
`;

/** Families that always need labels. */
function labelledFamilies(): string {
  return families
    .filter((spec) => spec.task === 'classifier' || spec.classes === 'always')
    .map((spec) => spec.id)
    .join(', ');
}

function defaultsHelp(spec: FamilySpec): string {
  if (spec.training === 'counted') return '';
  const { epochs, batchSize, learningRate } = trainingOf(spec);
  const text =
    spec.training === 'em'
      ? `at most ${epochs} iterations over all images`
      : `${epochs} epochs of batches of ${batchSize} at ${learningRate}`;
  return `                     ${spec.id} by default: ${text}\n`;
}
