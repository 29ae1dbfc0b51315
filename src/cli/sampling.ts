import { indexRange } from '../data/rng.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { Agreement } from '../engine/queries/api.ts';
import type { SampleMethod } from '../engine/backends/backend.ts';
import type { Backend } from '../engine/backends/backend.ts';
import { openCpuModels } from '../engine/queries/loaded-models.ts';
import { agreementOf } from '../engine/queries/sampling/agreement.ts';
import { METHODS, methodsOf } from '../engine/backends/sampling/methods.ts';
import type { Model } from '../models/types.ts';
import { createBackend } from './backend.ts';
import type { Verdict } from './check.ts';
import { type OptionKind, readOptions, SEED } from './options.ts';
import { jsonLine } from './output.ts';
import { drawByMethod, type DrawnByMethod } from './sampling-methods.ts';
import { readDensity } from './model-files.ts';
import { grouped, ProgressBar, rateOf } from './terminal.ts';

const OPTIONS = {
  model: 'input',
  count: 'text',
  seed: 'text',
  temperature: 'text',
  backend: 'text',
  json: 'flag',
} as const satisfies Record<string, OptionKind>;

/** Images drawn before timing starts, so that kernels are compiled and measured and loops are optimised. */
const WARM_UP = 8;

export const samplingHelp = `sampling --model FILE --count N --seed S [--temperature T] [--backend cpu|webgpu] [--json]
  Draws the same images pixel by pixel (ancestral), as a fixed point of passes over the whole image, and by jumping to the next
  pixel that turns on (first firing), as far as the model can; says how many passes an image took and how many images a second
  were drawn, and compares bit by bit. Ends with code 1 where images differ at more than a near-tie, |u - p| < 1e-5.
`;

interface MethodRow {
  readonly method: SampleMethod;
  readonly drawn: DrawnByMethod;
  /** With the images of the first method. */
  readonly agreement: Agreement;
}

export async function sampling(args: readonly string[]): Promise<Result<Verdict>> {
  const read = readOptions(args, OPTIONS);
  if (!read.ok) return read;
  const options = read.value;
  const path = options.required('model');
  options.required('count');
  const count = options.number('count', { default: 1, min: 1, max: 100_000, whole: true });
  const seed = options.number('seed', SEED);
  const temperature = options.number('temperature', { default: 1, min: 0.01, max: 100, whole: false });
  const kind = options.choice('backend', ['cpu', 'webgpu']);
  const problem = options.problem();
  if (problem !== null) return fail(problem);
  const file = readDensity(path);
  if (!file.ok) return file;
  const { model } = file.value;
  const backend = await createBackend(kind);
  if (!backend.ok) return backend;
  const bar = new ProgressBar(options.has('json'));
  let methods: readonly MethodRow[];
  try {
    methods = await run(backend.value, model, { seed, count, temperature }, bar);
  } finally {
    bar.clear();
    backend.value.destroy();
  }
  const rows = methods.map(({ method, drawn, agreement }) => ({
    method,
    passes: mean(drawn.finished),
    most: Math.max(...drawn.finished),
    imagesPerSecond: count / drawn.seconds,
    different: agreement.different,
    ties: agreement.ties,
  }));
  const passed = rows.every(({ different, ties }) => different === ties);
  if (options.has('json')) {
    const { family } = model;
    return ok({
      text: jsonLine({ family, images: count, seed, temperature, backend: kind, lanes: rows }),
      passed,
    });
  }
  const reasons = Object.entries(methodsOf(model)).flatMap(([method, why]) =>
    why === null ? [] : [`${method.padEnd(12)}  ${why}`],
  );
  const text = rows.map(
    ({ method, passes, most, imagesPerSecond, different, ties }) =>
      `${method.padEnd(12)}  ${passes.toFixed(1)} passes an image (at most ${most}), ${rateOf(imagesPerSecond, 'images')}, ` +
      (different === 0 ? 'identical' : `${different} differ, ${ties} of them at a near-tie`),
  );
  const title = `${grouped(count)} images of ${model.family}, seed ${seed}, on ${kind}`;
  return ok({ text: [title, ...text, ...reasons].join('\n'), passed });
}

async function run(
  backend: Backend,
  model: Model,
  request: { readonly seed: number; readonly count: number; readonly temperature: number },
  bar: ProgressBar,
): Promise<readonly MethodRow[]> {
  const evaluator = await backend.open(model);
  const cpuModels = openCpuModels(model);
  const reasons = methodsOf(model);
  const rows: MethodRow[] = [];
  const whole = { ...request, indices: indexRange(0, request.count) };
  for (const method of METHODS) {
    if (reasons[method] !== null) continue;
    await drawByMethod(
      evaluator,
      model,
      method,
      { ...request, count: Math.min(WARM_UP, request.count) },
      () => undefined,
    );
    const done = bar.counting(method, 'images', request.count);
    const drawn = await drawByMethod(evaluator, model, method, request, done);
    const first = rows.length > 0 ? rows[0].drawn : drawn;
    const agreement = agreementOf(model, cpuModels, whole, first.images, drawn.images);
    rows.push({ method, drawn, agreement });
  }
  evaluator.destroy();
  return rows;
}

function mean(values: Uint32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
