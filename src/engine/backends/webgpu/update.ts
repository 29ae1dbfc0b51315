import type { GpuBuffer, Together } from '../../../gpu/arena.ts';
import type { Dispatch } from '../../../gpu/kernel.ts';
import type { Piece } from '../../../gpu/readback.ts';
import type { Tensors } from '../../../models/model.ts';
import type { DescentRecipe } from '../../../models/training.ts';
import { ADAM, type LearnerState } from '../backend.ts';
import { averageDecay, CLIP_STEPS } from '../clip.ts';
import type { OpenScope } from './scope.ts';

const ADAM_KERNEL = 'ops/adam.wgsl';
const SQUARES = 'ops/squares.wgsl';
const CLIP = 'ops/clip.wgsl';

/** The kernels of an update, all to be compiled with the scope. */
export const UPDATE_KERNELS = [ADAM_KERNEL, SQUARES, CLIP] as const;

/** The steps of a run on a device: the same as `openUpdate` of cpu/update.ts. */
export interface Update {
  /** The weights that are validated and kept. */
  readonly shown: Together;
  /** Step number `step`, from 1 on, along the gradients. */
  step(step: number, rate: number): Dispatch[];
  /** What to read for the state, and the state out of what was read. */
  readonly pieces: readonly Piece[];
  stateOf(step: number, read: readonly ArrayBuffer[]): LearnerState;
}

/**
 * Changes the tensors of the scope; `state` are these tensors and what belongs to them. Gradients, weights, moments and averages lie
 * alike, so that one dispatch takes the step of all tensors, and one copy each reads them. What lies between them has gradient 0 and stays 0.
 */
export function openUpdate(
  scope: OpenScope,
  state: LearnerState,
  gradients: Together,
  recipe: Pick<DescentRecipe, 'clip' | 'average'>,
): Update {
  const { arena, weights } = scope;
  const { count } = weights;
  const first = arena.filledTogether('first_moments', inOrderOf(state.tensors, state.firstMoments));
  const second = arena.filledTogether('second_moments', inOrderOf(state.tensors, state.secondMoments));
  const averages = state.averages
    ? arena.filledTogether('averages', inOrderOf(state.tensors, state.averages))
    : null;
  const clip = arena.filled('clip', Float32Array.of(1, state.gradientLength ?? 0));
  // A family that averages no longer: the averages of an older state follow its weights.
  const decay = averages ? (recipe.average ?? 0) : null;
  const adam = scope.bind(ADAM_KERNEL, {
    gradient: gradients.whole,
    first_moment: first.whole,
    second_moment: second.whole,
    theta: weights.whole,
    clip,
    // Bound where there are no averages, and not touched.
    averages: averages?.whole ?? arena.storage('no_averages', 4),
  });
  const clipped =
    state.gradientLength === undefined || recipe.clip === null
      ? null
      : openClip(scope, gradients, clip, recipe.clip);
  const sets = [weights, first, second, ...(averages ? [averages] : [])];

  return {
    shown: averages ?? weights,
    step(step, rate) {
      const params = { ...adamParams(step, rate), ...averageParams(decay, step), count };
      return [...(clipped?.(step) ?? []), adam.dispatch(params, [adam.groups(count)])];
    },
    pieces: [...sets.map(({ whole }) => ({ source: whole, count })), { source: clip, count: 2 }],
    stateOf(step, read) {
      const tensorsOf = (set: number): Tensors =>
        Object.fromEntries(
          Object.entries(state.tensors).map(([name, { length }]) => [
            name,
            new Float32Array(read[set], weights.parts[name].offset, length).slice(),
          ]),
        );
      const [, length] = new Float32Array(read[sets.length]);
      return {
        step,
        tensors: tensorsOf(0),
        firstMoments: tensorsOf(1),
        secondMoments: tensorsOf(2),
        ...(averages ? { averages: tensorsOf(3) } : {}),
        ...(state.gradientLength === undefined ? {} : { gradientLength: length }),
      };
    },
  };
}

/** The tensors of `values` in the order of `tensors`, which decides where they lie. */
function inOrderOf(tensors: Tensors, values: Tensors): Tensors {
  return Object.fromEntries(Object.keys(tensors).map((name) => [name, values[name]]));
}

/** The dispatches that write the factor of a step into `clip`. */
function openClip(
  scope: OpenScope,
  { whole, count }: Together,
  clip: GpuBuffer,
  multiple: number,
): (step: number) => Dispatch[] {
  const groups = Math.ceil(count / scope.constant(SQUARES, 'numbers'));
  const squares = scope.arena.storage('squares', groups * 4);
  const sum = scope.bind(SQUARES, { values: whole, out: squares });
  const bound = scope.bind(CLIP, { squares, clip });
  return (step) => [
    sum.dispatch({ count }, [groups]),
    bound.dispatch({ count: groups, clip: multiple, gain: 1 / Math.min(step, CLIP_STEPS) }, [1]),
  ];
}

function averageParams(decay: number | null, step: number): { averaged: number; average_gain: number } {
  return decay === null
    ? { averaged: 0, average_gain: 0 }
    : { averaged: 1, average_gain: 1 - averageDecay(decay, step) };
}

function adamParams(step: number, rate: number) {
  const { beta1, beta2, epsilon } = ADAM;
  return {
    rate,
    beta_1: beta1,
    beta_2: beta2,
    gain_1: 1 - beta1,
    gain_2: 1 - beta2,
    correction_1: 1 / (1 - beta1 ** step),
    correction_2: 1 / (1 - beta2 ** step),
    epsilon,
  };
}
