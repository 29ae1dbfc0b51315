import { families } from '../../models/registry.ts';
import type { ModelRecord } from '../../store/records.ts';
import type { Choice } from '../compare/choice.ts';
import { recipeOf } from '../recipes/recipe.ts';
import { formatExperiment, parseExperiment } from '../experiment.ts';
import { greyBinarisation } from '../../data/binarise.ts';

/** The address that shows a trained model as model B, on its grid: by its recipe, so that any browser can train it, or by its id where it has none. */
export function linkToModel(model: ModelRecord): string {
  const { id, grid, binarisation } = model;
  const recipe = recipeOf(model);
  const right: Choice = recipe ? { kind: 'recipe', recipe } : { kind: 'trained', id };
  const usual = parseExperiment(`grid=${grid.width}`, families);
  const experiment = {
    ...usual,
    right,
    binarisation: greyBinarisation(binarisation),
  };
  return `${location.origin}${location.pathname}#/play?${formatExperiment(experiment)}`;
}
