import type { DescentRecipe, Tensors } from '../../../models/types.ts';
import { adamTensors } from '../adam.ts';
import type { LearnerState } from '../backend.ts';
import { averageDecay, clipLength, lengthOf } from '../clip.ts';

/** The weights of a run, and what its steps change beside them. */
export interface Update {
  /** The state now, whose arrays change with every step. */
  readonly state: LearnerState;
  /** One step along a gradient. */
  step(gradients: Tensors, rate: number): void;
}

/** Steps from `state` on, in its own arrays: clips, takes the Adam step, averages. */
export function openUpdate(state: LearnerState, recipe: Pick<DescentRecipe, 'clip' | 'average'>): Update {
  const { tensors, firstMoments, secondMoments, averages } = state;
  let { step, gradientLength } = state;

  function clip(gradients: Tensors): number {
    if (gradientLength === undefined || recipe.clip === null) return 1;
    const { factor, mean } = clipLength(lengthOf(gradients), gradientLength, recipe.clip, step);
    gradientLength = mean;
    return factor;
  }

  return {
    get state() {
      return { ...state, step, ...(gradientLength === undefined ? {} : { gradientLength }) };
    },
    step(gradients, rate) {
      step++;
      adamTensors(tensors, gradients, firstMoments, secondMoments, step, rate, clip(gradients));
      // A family that averages no longer: the averages of an older state follow its weights.
      if (averages) moveAverages(averages, tensors, averageDecay(recipe.average ?? 0, step));
    },
  };
}

/** a <- a + (1 - decay) (w - a) for every weight w and its average a. */
function moveAverages(averages: Tensors, tensors: Tensors, decay: number): void {
  for (const [name, weights] of Object.entries(tensors)) {
    const own = averages[name];
    for (let i = 0; i < own.length; i++) own[i] += (1 - decay) * (weights[i] - own[i]);
  }
}
