import type { GpuBuffer } from '../../../gpu/arena.ts';
import type { Dispatch } from '../../../gpu/kernel.ts';
import type { Piece } from '../../../gpu/readback.ts';
import type { DescentRecipe, Tensors } from '../../../models/types.ts';
import { ADAM, type LearnerState } from '../backend.ts';
import { averageDecay, CLIP_STEPS } from '../clip.ts';
import { fill, type OpenScope } from './scope.ts';

const ADAM_KERNEL = 'ops/adam.wgsl';
const SQUARES = 'ops/squares.wgsl';
const CLIP = 'ops/clip.wgsl';

/** The kernels of an update, all to be compiled with the scope. */
export const UPDATE_KERNELS = [ADAM_KERNEL, SQUARES, CLIP] as const;

type Buffers = Readonly<Record<string, GpuBuffer>>;

/** The steps of a run on a device: the same as `openUpdate` of cpu/update.ts. */
export interface Update {
  /** The weights that are validated and kept. */
  readonly shown: Buffers;
  /** Step number `step`, from 1 on, along `gradients`. */
  step(step: number, rate: number): Dispatch[];
  /** What to read for the state, and the state out of what was read. */
  readonly pieces: readonly Piece[];
  stateOf(step: number, read: readonly ArrayBuffer[]): LearnerState;
}

/** Changes the tensors of the scope; `state` are these tensors and what belongs to them. */
export function openUpdate(
  scope: OpenScope,
  state: LearnerState,
  gradients: Buffers,
  recipe: Pick<DescentRecipe, 'clip' | 'average'>,
): Update {
  const { arena, tensors } = scope;
  const sizes = Object.entries(state.tensors).map(([name, { length }]) => ({ name, count: length }));
  const first = fill(arena, state.firstMoments, 'm_');
  const second = fill(arena, state.secondMoments, 'v_');
  const averages = state.averages ? fill(arena, state.averages, 'average_') : null;
  // Bound where there are no averages, and not touched.
  const none = averages ? null : arena.storage('no_averages', 4);
  const clip = arena.filled('clip', Float32Array.of(1, state.gradientLength ?? 0));
  // A family that averages no longer: the averages of an older state follow its weights.
  const decay = averages ? (recipe.average ?? 0) : null;
  const adams = sizes.map(({ name, count }) => ({
    count,
    kernel: scope.bind(ADAM_KERNEL, {
      gradient: gradients[name],
      first_moment: first[name],
      second_moment: second[name],
      theta: tensors[name],
      clip,
      averages: averages?.[name] ?? none!,
    }),
  }));
  const clipped =
    state.gradientLength === undefined || recipe.clip === null
      ? null
      : openClip(scope, sizes, gradients, clip, recipe.clip);
  const sets = [tensors, first, second, ...(averages ? [averages] : [])];

  return {
    shown: averages ?? tensors,
    step(step, rate) {
      const params = { ...adamParams(step, rate), ...averageParams(decay, step) };
      return [
        ...(clipped?.(step) ?? []),
        ...adams.map(({ kernel, count }) => kernel.dispatch({ ...params, count }, [kernel.groups(count)])),
      ];
    },
    pieces: [
      ...sets.flatMap((set) => sizes.map(({ name, count }) => ({ source: set[name], count }))),
      { source: clip, count: 2 },
    ],
    stateOf(step, read) {
      const tensorsOf = (set: number): Tensors =>
        Object.fromEntries(
          sizes.map(({ name }, i) => [name, new Float32Array(read[set * sizes.length + i])]),
        );
      const [, length] = new Float32Array(read[sets.length * sizes.length]);
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

/** The dispatches that write the factor of a step into `clip`. */
function openClip(
  scope: OpenScope,
  sizes: readonly { readonly name: string; readonly count: number }[],
  gradients: Buffers,
  clip: GpuBuffer,
  multiple: number,
): (step: number) => Dispatch[] {
  const per = scope.constant(SQUARES, 'numbers');
  const total = sizes.reduce((sum, { count }) => sum + Math.ceil(count / per), 0);
  const squares = scope.arena.storage('squares', total * 4);
  let slots = 0;
  const sums = sizes.map(({ name, count }) => {
    const kernel = scope.bind(SQUARES, { values: gradients[name], out: squares });
    const groups = kernel.groups(count, 'numbers');
    const first_slot = slots;
    slots += groups;
    return () => kernel.dispatch({ count, first_slot }, [groups]);
  });
  const bound = scope.bind(CLIP, { squares, clip });
  return (step) => [
    ...sums.map((sum) => sum()),
    bound.dispatch({ count: total, clip: multiple, gain: 1 / Math.min(step, CLIP_STEPS) }, [1]),
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
