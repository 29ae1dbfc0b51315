import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { binarise } from '../../../src/data/binarise.ts';
import { getPixel } from '../../../src/data/images.ts';
import { decodeSafetensors } from '../../../src/data/safetensors.ts';
import { bars, cli, GRID, json as jsonIn, workFolder } from './spawn.ts';

// Every run on WebGPU compiles its kernels anew, on the CPU where there is no GPU.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/**
 * One more family, added to a copy of the sources: its folder in src/models and its folder in shaders, nothing else.
 * Everything that the command line does must then work for it, on both backends.
 */
const root = fileURLToPath(new URL('../../..', import.meta.url));
const toy = fileURLToPath(new URL('toy', import.meta.url));
const { folder, remove } = workFolder();
const house = join(folder, 'house');
const launcher = join(house, 'src', 'cli', 'run.mjs');
afterAll(remove);

const json = (...args: string[]) => jsonIn(folder, args, launcher);
const bytesOf = (name: string) => new Uint8Array(readFileSync(join(folder, name)));

/** The sources before the family came, as contents() gives them. */
let before: Map<string, string>;

beforeAll(() => {
  for (const room of ['src', 'shaders']) cpSync(join(root, room), join(house, room), { recursive: true });
  before = contents(house);
  for (const file of ['package.json', 'package-lock.json']) symlinkSync(join(root, file), join(house, file));
  // Linked package by package, because the copy caches its bundle in node_modules.
  mkdirSync(join(house, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.'))
      symlinkSync(join(root, 'node_modules', name), join(house, 'node_modules', name));
  const models = join(house, 'src', 'models', 'column');
  mkdirSync(models);
  for (const name of ['spec.ts', 'reference.ts', 'program.ts', 'card.md'])
    // The same import from where the file lies now.
    writeFileSync(
      join(models, name),
      readFileSync(join(toy, name), 'utf8').replaceAll('../../../../src/', '../../'),
    );
  cpSync(join(toy, 'shaders'), join(house, 'shaders', 'column'), { recursive: true });
});

/** Hashes of all files below src and shaders, by path. */
function contents(of: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const room of ['src', 'shaders']) {
    for (const name of readdirSync(join(of, room), { recursive: true, encoding: 'utf8' })) {
      const path = join(of, room, name);
      if (statSync(path).isFile())
        files.set(`${room}/${name}`, createHash('sha256').update(readFileSync(path)).digest('hex'));
    }
  }
  return files;
}

/** Tensor `logit` of a model file; this copy of the sources does not know the family. */
function logitsOf(name: string): number[] {
  const file = decodeSafetensors(bytesOf(name), name);
  if (!file.ok) throw new Error(file.reason);
  return [...file.value.tensors.find((tensor) => tensor.name === 'logit')!.values];
}

const train = ['train', '--family', 'column', '--images', 'train.idx', '--binarise', 'threshold'];

describe('one more family', () => {
  it('consists of two folders', () => {
    const after = contents(house);
    const own = [...after.keys()].filter((path) => !before.has(path));
    expect(own.every((path) => /^(src\/models|shaders)\/column\//.test(path))).toBe(true);
    expect(own).toHaveLength(9);
    for (const [path, hash] of before) expect(after.get(path), path).toBe(hash);
  });

  it('is in the help, with its hyper-parameter', async () => {
    const { stdout } = await cli(folder, ['train', '--help'], launcher);
    expect(stdout).toMatch(/Families: .*\bcolumn\b/);
    expect(stdout).toMatch(/--faith <X> +column, column-twice: imagined images, 0\.5 to 100 \(1\)/);
  });

  it('trains, scores, samples and sums to 1 on the cpu and on WebGPU', async () => {
    const images = binarise(bars(60), { kind: 'threshold' });
    const expected = Array.from({ length: GRID.width }, (_, column) => {
      let on = 0;
      for (let m = 0; m < 60; m++)
        for (let row = 0; row < GRID.height; row++) on += getPixel(images, m, row * GRID.width + column);
      return Math.log((on + 1) / (60 * GRID.height - on + 1));
    });
    const means: number[] = [];
    for (const backend of ['cpu', 'webgpu']) {
      const file = `${backend}.safetensors`;
      const on = ['--backend', backend];
      expect(await json(...train, '--faith', '2', '--out', file, ...on)).toMatchObject({
        family: 'column',
        hyper: { faith: 2, 'class-conditional': 0 },
        parameters: 6,
        backend,
      });
      logitsOf(file).forEach((logit, column) => expect(logit).toBeCloseTo(expected[column], 5));
      const scored = await json(
        ...['score', '--model', file, '--images', 'test.idx', '--binarise', 'threshold', ...on],
      );
      means.push(scored.meanLogLikelihood as number);
      await json('sample', '--model', file, '--count', '20', '--seed', '4', '--out', `${backend}.idx`, ...on);
      await json(...train, '--grid', '3x3', '--out', 'small.safetensors', ...on);
      const found = await json('check', '--model', 'small.safetensors', ...on);
      expect(found).toMatchObject({ images: 512, orders: 1, passed: true, backend });
      expect(found.sum).toBeCloseTo(1, 5);
    }
    expect(means[1]).toBeCloseTo(means[0], 4);
    expect(bytesOf('webgpu.idx')).toEqual(bytesOf('cpu.idx'));
  });

  it('is saved for NumPy with its card, and has no ONNX graph', async () => {
    const images = join(root, 'tests/fixtures/models/images-4x4.idx');
    await json('train', '--family', 'column', '--images', images, '--out', 'saved.safetensors');
    const model = ['export', '--model', 'saved.safetensors'];
    await json(...model, '--format', 'npz', '--out', 'saved.npz', '--card', 'saved.md');
    expect(readFileSync(join(folder, 'saved.md'), 'utf8')).toContain('`column`');
    const refused = await cli(folder, [...model, '--format', 'onnx', '--out', 'saved.onnx'], launcher);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^saved\.safetensors: .* has no ONNX graph: take safetensors or NPZ\n$/);
  });

  it('classifies as a class-conditional model', async () => {
    const classes = ['--labels', 'train-labels.idx', '--class-conditional', '--out', 'classes.safetensors'];
    expect(await json(...train, ...classes)).toMatchObject({ parameters: 69 });
    for (const backend of ['cpu', 'webgpu']) {
      const test = ['--images', 'test.idx', '--labels', 'test-labels.idx', '--backend', backend];
      expect(await json('classify', '--model', 'classes.safetensors', ...test)).toMatchObject({
        // A bar is its column.
        accuracy: 1,
        images: 24,
        parameters: 69,
        backend,
        binarisation: 'threshold',
      });
    }
  });

  it('has its own settings for few images, and says so in the help', async () => {
    const files = ['--images', 'train.idx', '--labels', 'train-labels.idx'];
    const tests = ['--test-images', 'test.idx', '--test-labels', 'test-labels.idx'];
    const sizes = ['--sizes', '20', '--repeats', '1'];
    expect(
      await json('learning-curve', ...files, ...tests, ...sizes, '--generative', 'column'),
    ).toMatchObject({
      generative: 'column',
      hyper: { faith: 0.5, 'class-conditional': 1 },
    });
    const { stdout } = await cli(folder, ['learning-curve', '--help'], launcher);
    expect(stdout).toMatch(
      /strength 0\.3 \(tree-mixture 20\), k 4, faith 0\.5, components 5 where a family has them/,
    );
  });

  it('fails the check where it is no distribution', async () => {
    const twice = ['train', '--family', 'column-twice', '--images', 'train.idx', '--grid', '3x3'];
    await json(...twice, '--out', 'twice.safetensors');
    const ended = await cli(folder, ['check', '--model', 'twice.safetensors', '--json'], launcher);
    expect(ended).toMatchObject({ code: 1, stderr: '' });
    const found = JSON.parse(ended.stdout) as { sum: number; passed: boolean };
    expect(found.passed).toBe(false);
    expect(found.sum).toBeCloseTo(2, 6);
  });
});
