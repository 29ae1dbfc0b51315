import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeIdxImages, writeIdxLabels } from '../../../src/data/idx.ts';
import { type Grid, type GreyImages, pixelCount } from '../../../src/data/images.ts';

const launcher = fileURLToPath(new URL('../../../src/cli/run.mjs', import.meta.url));

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command line, in `folder`. */
export function cli(folder: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

export const GRID: Grid = { width: 6, height: 5 };

/** Blurred bars: grey levels of every kind, and pixels that depend on each other. */
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
  writeFileSync(join(folder, 'small.idx'), writeIdxImages(bars(8, { width: 4, height: 4 })));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
