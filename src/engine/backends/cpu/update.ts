import type { Tensors } from '../../../models/model.ts';
import type { DescentRecipe } from '../../../models/training.ts';
import type { RowOperations } from '../../../simd/rows.ts';
import { adamTensors, foldedAdam } from '../adam.ts';
import { ADAM, type LearnerState } from '../backend.ts';
import { averageDecay, clipLength, lengthOf } from '../clip.ts';
import type { RunMemory } from './run-memory.ts';

/** The weights of a run, and what its steps change beside them. */
export interface Update {
  /** The state now, whose arrays change with every step. */
  readonly state: LearnerState;
  /** One step along a gradient. */
  step(gradients: Tensors, rate: number): void;
}

/** What a step does with all numbers of a run. */
interface Arithmetic {
  /** The gradient's Euclidean length over all tensors. */
  length(gradients: Tensors): number;
  /** See adam.ts. */
  adam(state: LearnerState, gradients: Tensors, step: number, rate: number, factor: number): void;
  /** a <- a + share (w - a) for every weight w and its average a. */
  average(averages: Tensors, tensors: Tensors, share: number): void;
}

/**
 * Steps from the memory's state on, in its own arrays: clips, takes the Adam step, averages. Where the memory has row operations the gradients
 * that `step` is given are the memory's.
 */
export function openUpdate(
  { state, rows }: Pick<RunMemory, 'state' | 'rows'>,
  recipe: Pick<DescentRecipe, 'clip' | 'average'>,
): Update {
  const { tensors, averages } = state;
  const arithmetic = rows ? byRows(rows) : plain;
  let { step, gradientLength } = state;

  function clip(gradients: Tensors): number {
    if (gradientLength === undefined || recipe.clip === null) return 1;
    const { factor, mean } = clipLength(arithmetic.length(gradients), gradientLength, recipe.clip, step);
    gradientLength = mean;
    return factor;
  }

  return {
    get state() {
      return { ...state, step, ...(gradientLength === undefined ? {} : { gradientLength }) };
    },
    step(gradients, rate) {
      step++;
      arithmetic.adam(state, gradients, step, rate, clip(gradients));
      // A family that averages no longer: the averages of an older state follow its weights.
      if (averages) arithmetic.average(averages, tensors, 1 - averageDecay(recipe.average ?? 0, step));
    },
  };
}

const plain: Arithmetic = {
  length: lengthOf,
  adam: ({ tensors, firstMoments, secondMoments }, gradients, step, rate, factor) =>
    adamTensors(tensors, gradients, firstMoments, secondMoments, step, rate, factor),
  average(averages, tensors, share) {
    for (const [name, weights] of Object.entries(tensors)) {
      const own = averages[name];
      for (let i = 0; i < own.length; i++) own[i] += share * (weights[i] - own[i]);
    }
  },
};

function byRows(rows: RowOperations): Arithmetic {
  return {
    length: (gradients) =>
      Math.sqrt(
        Object.values(gradients).reduce((sum, values) => sum + rows.sumOfSquares(values, values.length), 0),
      ),
    adam({ tensors, firstMoments, secondMoments }, gradients, step, rate, factor) {
      const settings = { ...ADAM, ...foldedAdam(step, rate), factor };
      for (const [name, weights] of Object.entries(tensors))
        rows.adam(
          weights,
          gradients[name],
          firstMoments[name],
          secondMoments[name],
          weights.length,
          settings,
        );
    },
    average(averages, tensors, share) {
      for (const [name, weights] of Object.entries(tensors))
        rows.moveTowards(averages[name], weights, weights.length, share);
    },
  };
}
