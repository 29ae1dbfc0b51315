import { cleanText } from '../../data/clean-text.ts';
import type { ModelRecord } from '../../store/records.ts';
import type { Choice } from '../compare/choice.ts';
import { describeModel } from '../compare/counted-models.ts';
import { findShipped, shippedName } from '../compare/shipped-models.ts';
import type { Experiment } from '../experiment.ts';
import { capital } from '../format.ts';
import { QUESTIONS } from '../questions/list.ts';
import { letterOf, type Side, SIDES } from '../sides.ts';
import { describeRecipe } from './recipe-words.ts';

/** What a link carries, an item each, for the experiment as it is shared. */
export function contentsOf(
  experiment: Experiment,
  drawing: boolean,
  models: readonly ModelRecord[],
): readonly string[] {
  const question = QUESTIONS.find(({ id }) => id === experiment.ask)?.title ?? '';
  return [
    ...(drawing ? ['Your drawing and the hidden pixels'] : ['The hidden pixels']),
    ...SIDES.map((side) => `Model ${letterOf(side)}: ${modelWords(experiment[side], experiment, models)}`),
    `The question “${question}” with what you chose there`,
    `Seed ${experiment.seed} of the samples, and their pace`,
  ];
}

function modelWords(choice: Choice, { grid }: Experiment, models: readonly ModelRecord[]): string {
  switch (choice.kind) {
    case 'counted':
      return describeModel(choice.family, choice.hyper, grid);
    case 'shipped': {
      const shipped = findShipped(choice.name);
      return shipped ? shippedName(shipped) : cleanText(choice.name);
    }
    case 'recipe':
      return `as its recipe: ${describeRecipe(choice.recipe, grid)}; weights ${choice.recipe.weights}`;
    case 'trained':
      return models.find(({ id }) => id === choice.id)?.name ?? 'a model that is not here';
  }
}

/** What a friend will lack who opens the link, a sentence each. */
export function missingFor(experiment: Experiment): readonly string[] {
  return SIDES.flatMap((side) => lackOf(side, experiment[side]));
}

function lackOf(side: Side, choice: Choice): readonly string[] {
  const model = capital(`model ${letterOf(side)}`);
  if (choice.kind === 'trained')
    return [`${model} is known in this browser alone, for it has no recipe: a friend needs its file.`];
  if (choice.kind === 'recipe' && choice.recipe.data === null)
    return [`${model} learnt from images of your own, which a link does not carry: a friend needs its file.`];
  return [];
}
