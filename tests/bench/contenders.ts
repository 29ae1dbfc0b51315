/** What the benchmarks of one process share. */
import type { PackedImages } from '../../src/data/images.ts';
import { openRunMemory } from '../../src/engine/backends/cpu/run-memory.ts';
import { openUpdate } from '../../src/engine/backends/cpu/update.ts';
import type { Model, Tensors } from '../../src/models/model.ts';
import type { Reference } from '../../src/models/reference.ts';
import type { Simd } from '../../src/simd/simd.ts';
import { fused, simd } from '../unit/simd/implementations.ts';

/** Typed arrays, and both builds of the WebAssembly. */
export const BUILDS: readonly (readonly [string, Simd | null])[] = [
  ['typed', null],
  ['simd', simd],
  ['fused', fused],
];

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

/**
 * Rates of all contenders in units per second of processor time, measured in turn, so that other programs slow all alike, and their ratio
 * to the first; medians.
 */
export function compare(
  what: string,
  units: number,
  rounds: number,
  contenders: readonly (readonly [string, () => void])[],
): void {
  const seconds = contenders.map((): number[] => []);
  for (let round = -2; round < rounds; round++) {
    contenders.forEach(([, work], side) => {
      const start = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(start);
      if (round >= 0) seconds[side].push((user + system) / 1e6);
    });
  }
  const rates = seconds.map((list) => units / median(list));
  const columns = contenders.map(
    ([name], side) =>
      `${name} ${rates[side].toFixed(1).padStart(9)}/s${side > 0 ? `${(rates[side] / rates[0]).toFixed(2).padStart(6)}x` : ''}`,
  );
  console.log([what.padEnd(34), ...columns].join('  '));
}

export function zeros(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, new Float32Array(t.length)]));
}

/** The steps of a run as the cpu backend takes them, without clipping and averages. */
export interface Run {
  /** Its weights, which change with every step. */
  readonly model: Model;
  readonly gradient: (batch: PackedImages) => void;
  readonly update: (rate: number) => void;
}

/** A run of its own that begins with the model's weights. */
export function openRun(reference: Reference, model: Model, own: Simd | null): Run {
  const start = {
    step: 0,
    tensors: model.tensors,
    firstMoments: zeros(model.tensors),
    secondMoments: zeros(model.tensors),
  };
  const memory = openRunMemory(own, start);
  const { state, gradients } = memory;
  const learnt = { ...model, tensors: state.tensors };
  const descent = reference.openGradient!(learnt, own);
  const update = openUpdate(memory, { clip: null, average: null });
  return {
    model: learnt,
    gradient: (batch) => void descent.gradient(batch, gradients),
    update: (rate) => update.step(gradients, rate),
  };
}
