import type { Tensors } from '../../../models/model.ts';
import { bytesFor, type RowOperations } from '../../../simd/rows.ts';
import type { Simd } from '../../../simd/simd.ts';
import type { LearnerState } from '../backend.ts';

/** Where the numbers of a run lie, so that its steps need not copy them. */
export interface RunMemory {
  /** The state with arrays of this memory alone. */
  readonly state: LearnerState;
  /** Zeros, one array for every tensor. */
  readonly gradients: Tensors;
  /** Operations on all of these arrays; null where they lie on their own. */
  readonly rows: RowOperations | null;
}

/** Copies the state to where row operations can take the steps, if there is a Simd that has the memory. */
export function openRunMemory(simd: Simd | null, state: LearnerState): RunMemory {
  const { tensors, averages } = state;
  const lengths = Object.values(tensors).map(({ length }) => length);
  // Weights, two moments, gradients and averages.
  const each = averages ? 5 : 4;
  const rows = simd?.open(each * bytesFor(...lengths)) ?? null;
  const zeros = (length: number) => (rows ? rows.floats(length) : new Float32Array(length));
  return {
    state: withTensors(state, (values) => {
      const own = zeros(values.length);
      own.set(values);
      return own;
    }),
    gradients: mapTensors(tensors, ({ length }) => zeros(length)),
    rows,
  };
}

/** A copy whose arrays have memory of their own each, as messages and storage want them. */
export function copyState(state: LearnerState): LearnerState {
  return withTensors(state, (values) => values.slice());
}

export function copyTensors(tensors: Tensors): Tensors {
  return mapTensors(tensors, (values) => values.slice());
}

type Values = Tensors[string];

function withTensors(state: LearnerState, map: (values: Values) => Values): LearnerState {
  const { tensors, firstMoments, secondMoments, averages } = state;
  return {
    ...state,
    tensors: mapTensors(tensors, map),
    firstMoments: mapTensors(firstMoments, map),
    secondMoments: mapTensors(secondMoments, map),
    ...(averages ? { averages: mapTensors(averages, map) } : {}),
  };
}

function mapTensors(tensors: Tensors, map: (values: Values) => Values): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, values]) => [name, map(values)]));
}
