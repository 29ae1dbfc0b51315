import { describeBinarisation } from '../../data/binarise.ts';
import type { BackendKind } from '../../models/runs.ts';
import { findFamily } from '../../models/registry.ts';
import { describeModel, STARTER } from '../compare/counted-models.ts';
import { count, plural } from '../format.ts';
import type { Grid } from '../../data/images.ts';
import type { Recipe } from '../recipes/recipe.ts';

const BACKENDS: Readonly<Record<BackendKind, string>> = { cpu: 'the CPU', webgpu: 'a graphics processor' };

/** "NADE, hidden = 100, 10 epochs on the 1,000 starter digits (dynamic, seed 0)". */
export function describeRecipe(recipe: Recipe, grid: Grid): string {
  const { family, hyper, epochs, binarisation } = recipe;
  const unit = findFamily(family)?.training === 'em' ? 'iteration' : 'epoch';
  const passes = unit === 'iteration' ? `at most ${plural(epochs, unit)}` : plural(epochs, unit);
  return `${describeModel(family, hyper, grid)}, ${passes} on ${describeImages(recipe)} (${describeBinarisation(binarisation)})`;
}

function describeImages({ data, images }: Pick<Recipe, 'data' | 'images'>): string {
  if (data === null) return `${plural(images, 'image')} of its owner`;
  return data === STARTER.id ? `the ${count(images)} starter digits` : `the ${count(images)} digits of MNIST`;
}

/** Why the weights will differ where this backend trains, as a sentence; empty where they are expected to be the same. */
export function expectedDifference({ backend }: Pick<Recipe, 'backend'>, here: BackendKind): string {
  if (backend === here) return '';
  const remedy = backend === 'cpu' ? ' Choose CPU in the settings to get the very same.' : '';
  return `It was trained on ${BACKENDS[backend]}; on ${BACKENDS[here]}, which computes here, the last bits of the weights differ.${remedy}`;
}

/** What a model that was made after a recipe is beside the original, as a sentence. */
export function comparisonWords(wanted: Recipe, made: Recipe | null): string {
  if (made === null) return 'The run was stopped, so this is not the model of the link.';
  if (made.weights === wanted.weights)
    return `Trained here from the link’s recipe: the very same weights (${made.weights}).`;
  return `Trained here from the link’s recipe: weights ${made.weights}, those of the link ${wanted.weights}. ${reasonOf(wanted, made)}`;
}

function reasonOf(wanted: Recipe, made: Recipe): string {
  if (made.content !== wanted.content) return 'The images here are not the same files.';
  if (made.version !== wanted.version) return 'It was trained by another version of Inkling.';
  if (made.backend !== wanted.backend)
    return `They differ in the last bits: that one was trained on ${BACKENDS[wanted.backend]}, this one on ${BACKENDS[made.backend]}.`;
  if (made.arithmetic !== wanted.arithmetic)
    return wanted.backend === 'cpu'
      ? 'They differ in the last bits: this processor or browser computes with other instructions.'
      : 'They differ in the last bits: another graphics adapter computed.';
  if (made.shards !== wanted.shards)
    return 'They differ in the last bits: batches were cut into other shards.';
  return 'The recipe does not say why: another browser or processor may round otherwise, or that run changed its backend on the way.';
}
