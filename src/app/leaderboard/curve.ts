import type { Binarisation } from '../../data/binarisation.ts';
import type { Grid } from '../../data/images.ts';
import { refused } from '../compare/choice.ts';
import { type SizeParameter, valuesOf } from './size-parameters.ts';
import type { SizeCurve, SizePoint } from './stored.ts';
import { measure, boardJobOf, type TestSet } from './run.ts';
import type { Engine } from '../../engine/api.ts';
import type { TrainingData } from '../training/training-data.ts';
import { trainInTurn, type Turn } from '../turn.ts';

/** Values of a size parameter that its family accepts on a grid. */
export function curveValues(sizeParameter: SizeParameter, grid: Grid) {
  return valuesOf(sizeParameter, grid).filter((hyper) => refused(sizeParameter.spec, grid, hyper) === null);
}

interface CurveWork {
  readonly sizeParameter: SizeParameter;
  readonly grid: Grid;
  readonly trainingData: TrainingData;
  readonly test: TestSet | null;
  readonly binarisation: Binarisation;
  /** Called before each model, with how many are done and the name of this one. */
  readonly onModel: (done: number, name: string) => void;
  readonly onCurve: (curve: SizeCurve) => void;
}

/** Trains and measures a model of every size. Resolves with why it ended early, or null. */
export async function runCurve(
  ports: { readonly engine: Engine; readonly turn: Turn },
  { sizeParameter, grid, trainingData, test, binarisation, onModel, onCurve }: CurveWork,
  signal: AbortSignal,
): Promise<string | null> {
  const points: SizePoint[] = [];
  for (const [done, hyper] of curveValues(sizeParameter, grid).entries()) {
    const value = hyper[sizeParameter.parameter.name];
    onModel(done, `${sizeParameter.parameter.name} = ${value}`);
    const job = boardJobOf(sizeParameter.spec, hyper, grid, trainingData, binarisation, 1);
    const outcome = await trainInTurn(ports, job, signal);
    if (!outcome.ok) return outcome.reason;
    const measured = await measure(ports.engine, outcome.value.model, test, signal);
    if (!measured.ok) return measured.reason;
    const held = measured.value.nats ?? outcome.value.validation;
    if (!held) return 'The data set is too small to hold images back: there is nothing to compare with.';
    const parameters = sizeParameter.spec.parameterCount(grid, hyper);
    points.push({ value, parameters, train: outcome.value.train, held });
    onCurve({
      family: sizeParameter.spec.id,
      parameter: sizeParameter.parameter.name,
      dataset: trainingData.dataset,
      binarisation,
      heldOut: test ? 'test' : 'validation',
      points: [...points],
    });
  }
  return null;
}
