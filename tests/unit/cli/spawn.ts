import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeIdxImages, writeIdxLabels } from '../../../src/data/idx.ts';
import { type Grid, type GreyImages, pixelCount } from '../../../src/data/images.ts';
import { completeHyper } from '../../../src/models/registry.ts';
import type { FamilySpec } from '../../../src/models/family-spec.ts';
import type { Hyper } from '../../../src/models/model.ts';

export const launcher = fileURLToPath(new URL('../../../src/cli/run.mjs', import.meta.url));

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in `folder`; `launcher` may be that of another copy of the sources. */
export function cli(folder: string, args: readonly string[], run = launcher): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [run, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

export const GRID: Grid = { width: 6, height: 5 };

/** The JSON result of a command line that succeeded. */
export async function json(
  folder: string,
  args: readonly string[],
  run = launcher,
): Promise<Record<string, unknown>> {
  const ended = await cli(folder, [...args, '--json'], run);
  if (ended.code !== 0 || ended.stderr !== '')
    throw new Error(`${args.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
  if (ended.stdout.trimEnd().includes('\n')) throw new Error(`more than one line: ${ended.stdout}`);
  return JSON.parse(ended.stdout) as Record<string, unknown>;
}

/** Hyper-parameters of a model that is quick to train. */
export function smallHyper(spec: FamilySpec): Hyper {
  const small = spec.hyperparameters.map((p) => [p.name, p.default > 4 ? Math.max(p.min, 4) : p.default]);
  return completeHyper(spec, Object.fromEntries(small) as Hyper);
}

/** The same as options: the words of a choice; a switch that is off by default is named without a value, and only where it is on. */
export function hyperArgs(spec: FamilySpec, hyper: Hyper): string[] {
  return spec.hyperparameters.flatMap((p) => {
    const value = hyper[p.name];
    if (p.choices?.join() === 'no,yes' && p.default === p.min) return value === 1 ? [`--${p.name}`] : [];
    return [`--${p.name}`, p.choices?.[value - p.min].replaceAll(' ', '-') ?? String(value)];
  });
}

/** A grid that the family accepts: that of the images, or a smaller one to which they are pooled. */
export function gridFor(spec: FamilySpec, hyper: Hyper): Grid {
  return spec.refuses?.(GRID, hyper) ? { width: 4, height: 3 } : GRID;
}

/** Blurred bars: many grey levels, and pixels that depend on each other. */
export function bars(count: number, grid: Grid = GRID): GreyImages {
  const n = pixelCount(grid);
  const pixels = new Uint8Array(count * n);
  const labels = new Uint8Array(count);
  for (let image = 0; image < count; image++) {
    const column = (image * 7) % grid.width;
    labels[image] = column;
    for (let pixel = 0; pixel < n; pixel++) {
      const distance = Math.abs((pixel % grid.width) - column);
      pixels[image * n + pixel] = [255, 90 + ((image * 31 + pixel * 17) % 60), 0][Math.min(distance, 2)];
    }
  }
  return { grid, count, pixels, labels };
}

/** A folder with train, test and label files; `remove` it at the end. */
export function workFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'inkling-'));
  const train = bars(60);
  const test = bars(24);
  writeFileSync(join(folder, 'train.idx'), writeIdxImages(train));
  writeFileSync(join(folder, 'train-labels.idx'), writeIdxLabels(train.labels!));
  writeFileSync(join(folder, 'test.idx'), writeIdxImages(test));
  writeFileSync(join(folder, 'test-labels.idx'), writeIdxLabels(test.labels!));
  const small = bars(8, { width: 4, height: 4 });
  writeFileSync(join(folder, 'small.idx'), writeIdxImages(small));
  writeFileSync(join(folder, 'small-labels.idx'), writeIdxLabels(small.labels!));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
