import type { Choice } from '../compare/choice.ts';
import type { Experiment } from '../experiment.ts';
import type { Side } from '../sides.ts';
import type { Training } from '../training/training.svelte.ts';
import { comparisonWords } from './recipe-words.ts';
import { recipeOf } from '../recipes/recipe.ts';

interface Ports {
  readonly training: Pick<Training, 'busy' | 'startRecipe' | 'trained' | 'error'>;
  readonly experiment: () => Experiment;
  readonly choose: (side: Side, choice: Choice) => void;
}

/** Training of models that a link names by their recipes, for the column that asks. */
export class RecipeRuns {
  readonly #ports: Ports;
  /** The side that asked for the run that goes on; null where another run does, or none. */
  side = $state<Side | null>(null);
  /** Why the latest run of a side gave no model; empty where it did, or there was none. */
  failures = $state.raw<Readonly<Record<Side, string>>>({ left: '', right: '' });
  /** What the models that were trained so are beside those of their links, in words, by their ids. */
  words = $state.raw<Readonly<Record<string, string>>>({});

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Trains the model of a side's recipe; resolves when the run has ended. Nothing happens where another run goes on. */
  async train(side: Side): Promise<void> {
    const { training, experiment, choose } = this.#ports;
    const choice = experiment()[side];
    if (choice.kind !== 'recipe' || choice.recipe.data === null || training.busy) return;
    this.side = side;
    this.failures = { ...this.failures, [side]: '' };
    try {
      await training.startRecipe(choice.recipe, experiment().grid);
    } finally {
      this.side = null;
    }
    const { trained, error } = training;
    if (!trained) {
      this.failures = { ...this.failures, [side]: error };
      return;
    }
    this.words = { ...this.words, [trained.id]: comparisonWords(choice.recipe, recipeOf(trained)) };
    // While the visitor looked at an earlier step of the run, its end left the column as it was.
    if (experiment()[side] === choice) choose(side, { kind: 'trained', id: trained.id });
  }
}
