import { descentOf } from '../../models/registry.ts';
import { plural } from '../format.ts';
import type { TrainingForm } from './form.svelte.ts';

type Recipe = Pick<
  TrainingForm,
  'spec' | 'epochs' | 'batchSize' | 'learningRate' | 'targets' | 'targetsApply' | 'binarise' | 'changed'
>;

/** How the form's run is trained, in one line: "Adam at 0.001, …, 20 epochs: as usual", or what was changed of that. */
export function recipeWords(form: Recipe): string {
  const { changed } = form;
  return `${stepsOf(form)}${changed.length === 0 ? ': as usual' : `; changed: ${changed.join(', ')}`}`;
}

function stepsOf({ spec, epochs, batchSize, learningRate, targets, targetsApply, binarise }: Recipe): string {
  if (spec.training === 'em') return `EM, ${plural(epochs, 'iteration')} at most`;
  if (spec.training === 'counted')
    return `Counted in ${binarise === 'dynamic' && epochs > 1 ? `${epochs} passes` : 'one pass'}`;
  const { warmUp, finalRate } = descentOf(spec);
  const rate = `${warmUp > 0 ? `rising to ${rateText(learningRate)} in ${plural(warmUp, 'step')}, then` : `at ${rateText(learningRate)},`} falling along a cosine to ${rateText(learningRate * finalRate)}`;
  const aims = targetsApply ? `, ${targets} targets` : '';
  return `Adam ${rate}, batches of ${batchSize}, ${plural(epochs, 'epoch')}${aims}`;
}

/** Two significant digits, without an exponent: 0.00002. */
function rateText(rate: number): string {
  return Number(rate.toPrecision(2))
    .toFixed(9)
    .replace(/\.?0+$/, '');
}
