import { allImages, imageCount, MAX_ENUMERATED_PIXELS } from '../data/enumerate.ts';
import { type Grid, pixelCount } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { Evaluator } from '../engine/backends/backend.ts';
import { findFamily, ordersOf } from '../models/registry.ts';
import { createBackend } from './backend.ts';
import { type OptionKind, readOptions } from './options.ts';
import { jsonLine } from './output.ts';
import { inPieces } from './pieces.ts';
import { readDensity, sizeOf } from './model-files.ts';
import { grouped, ProgressBar } from './terminal.ts';

const OPTIONS = { model: 'input', backend: 'text', json: 'flag' } as const satisfies Record<
  string,
  OptionKind
>;

/** Allowed distance of the sum from 1: f32 rounding. */
const TOLERANCE = 1e-5;

export const checkHelp = `check --model FILE [--backend cpu|webgpu] [--json]
  Adds up p of all 2^n images of the model's grid, of ${MAX_ENUMERATED_PIXELS} pixels at most (train with --grid), and says how far the sum is
  from 1. Ends with code 0 where that is at most ${TOLERANCE}, with code 1 where the model is no distribution.
`;

/** The result of a command, and whether it succeeded: the model passed its check, the file was written. */
export interface Verdict {
  readonly text: string;
  readonly passed: boolean;
  /** One line for the standard error: the failure and the remedy. */
  readonly warning?: string;
}

/** The verdict of a command that succeeded. */
export function done(text: string): Result<Verdict> {
  return ok({ text, passed: true });
}

/** The verdict of a command that could not write its file. */
export function unwritten(reason: string): Result<Verdict> {
  return ok({ text: '', passed: false, warning: reason });
}

export async function check(args: readonly string[]): Promise<Result<Verdict>> {
  const read = readOptions(args, OPTIONS);
  if (!read.ok) return read;
  const options = read.value;
  const path = options.required('model');
  const kind = options.choice('backend', ['cpu', 'webgpu']);
  const problem = options.problem();
  if (problem !== null) return fail(problem);
  const file = readDensity(path);
  if (!file.ok) return file;
  const { model } = file.value;
  const n = pixelCount(model.grid);
  if (n > MAX_ENUMERATED_PIXELS)
    return fail(
      `${path}: grid: ${sizeOf(model.grid)} pixels have 2^${n} images, and at most 2^${MAX_ENUMERATED_PIXELS} can be added up`,
    );

  const backend = await createBackend(kind);
  if (!backend.ok) return backend;
  const bar = new ProgressBar(options.has('json'));
  let sum: number;
  try {
    const evaluator = await backend.value.open(model);
    sum = await sumOfAll(evaluator, model.grid, bar.counting('adding up', 'images', 2 ** n));
    evaluator.destroy();
  } finally {
    bar.clear();
    backend.value.destroy();
  }
  const distance = Math.abs(sum - 1);
  const passed = distance <= TOLERANCE;
  const orders = ordersOf(model).length;
  const parameters = findFamily(model.family)!.parameterCount(model.grid, model.hyper);
  if (options.has('json')) {
    const report = { family: model.family, parameters, grid: sizeOf(model.grid), images: 2 ** n, orders };
    return ok({
      text: jsonLine({ ...report, sum, distance, passed, backend: backend.value.kind }),
      passed,
    });
  }
  const text = [
    `${model.family}, ${grouped(parameters)} parameters, on ${backend.value.description}`,
    `all ${grouped(2 ** n)} images of ${sizeOf(model.grid)} pixels, ${orders === 1 ? 'one order' : `${orders} orders`} of the pixels`,
    `sum of p ${sum.toFixed(8)}, ${distance.toExponential(1)} from 1: ${passed ? 'a distribution' : 'no distribution'}`,
  ].join('\n');
  return ok({ text, passed });
}

/** Sum of p over all 2^n images. */
async function sumOfAll(
  evaluator: Pick<Evaluator, 'logLikelihood'>,
  grid: Grid,
  done: (images: number) => void,
): Promise<number> {
  let sum = 0;
  await inPieces(imageCount(grid), done, async (first, count) => {
    for (const nats of await evaluator.logLikelihood(allImages(grid, first, count))) sum += Math.exp(nats);
  });
  return sum;
}
