import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { formatBinarisation } from '../../../src/data/binarise.ts';
import { decodeModel } from '../../../src/models/model-file.ts';
import { cliInProcess } from '../cli/in-process.ts';

/** Model files that version 0.1.0 wrote, and what its commands said of them: see tests/fixtures/README.md. */
const fixtures = fileURLToPath(new URL('../../fixtures/models/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'inkling-models-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** In nats. */
const TOLERANCE = 1e-6;

interface Scores {
  /** log p in nats, f64, and of every image as the f32 that the command writes. */
  readonly mean: number;
  readonly perImage: readonly number[];
}

interface Expected {
  readonly grid: string;
  readonly parameters: number;
  /** Of the images made black and white by threshold, and stochastically with seed 7; of densities. */
  readonly threshold?: Scores;
  readonly stochastic?: Scores;
  readonly samples?: { readonly count: number; readonly seed: number; readonly sha256: string };
  /** Of classifiers and models of every class. */
  readonly classes?: { readonly accuracy: number; readonly meanLogPosterior: number };
}

const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as Record<
  string,
  Expected
>;

const fixture = (name: string) => join(fixtures, name);
const modelFile = (name: string) => fixture(`${name}.safetensors`);

async function json<T>(command: string, args: readonly string[]): Promise<T> {
  const ended = await cliInProcess([command, ...args, '--json']);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return JSON.parse(ended.stdout) as T;
}

/** The metadata of a safetensors file, read without the code under test. */
function metadataOf(bytes: Buffer): Record<string, string> {
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as {
    __metadata__: Record<string, string>;
  };
  return header.__metadata__;
}

async function expectScores(name: string, grid: string, binarisation: string, wanted: Scores): Promise<void> {
  const perImage = join(folder, `${name}.f32`);
  const now = await json<{ meanLogLikelihood: number }>('score', [
    ...['--model', modelFile(name), '--images', fixture(`images-${grid}.idx`)],
    ...['--binarise', binarisation, '--per-image', perImage],
  ]);
  expect(Math.abs(now.meanLogLikelihood - wanted.mean)).toBeLessThanOrEqual(TOLERANCE);
  const bytes = readFileSync(perImage);
  expect(bytes.length).toBe(4 * wanted.perImage.length);
  wanted.perImage.forEach((nats, image) => {
    // Of hundreds of nats, neighbouring f32 are further apart than the tolerance.
    const spacing = 2 ** (Math.floor(Math.log2(Math.abs(nats))) - 23);
    const distance = Math.abs(bytes.readFloatLE(4 * image) - Math.fround(nats));
    expect(distance, `image ${image}`).toBeLessThanOrEqual(Math.max(TOLERANCE, spacing));
  });
}

it('has an expectation for every model file, and a model file of every family of 0.1.0', () => {
  const files = readdirSync(fixtures).filter((name) => name.endsWith('.safetensors'));
  expect(files.map((name) => name.replace('.safetensors', '')).sort()).toEqual(Object.keys(expected).sort());
  const families = files.map((name) => metadataOf(readFileSync(fixture(name))).family);
  expect([...new Set(families)].sort()).toEqual([
    'chain',
    'full-joint',
    'fvsbn',
    'independent',
    'logistic-regression',
    'made',
    'mixture',
    'nade',
    'naive-bayes',
    'neighbours',
    'pixelcnn',
    'texture',
    'tree',
  ]);
});

describe.each(Object.entries(expected))('%s', (name, { grid, ...wanted }) => {
  it('is read with everything that its file says', () => {
    const bytes = readFileSync(modelFile(name));
    const metadata = metadataOf(bytes);
    const file = decodeModel(bytes, name);
    if (!file.ok) throw new Error(file.reason);
    const { model, provenance } = file.value;
    expect(model.family).toBe(metadata.family);
    expect(`${model.grid.width}x${model.grid.height}`).toBe(grid);
    const later = model.family === 'made' ? { direct: 0 } : {};
    expect(model.hyper).toEqual({ ...later, ...(JSON.parse(metadata.hyper) as object) });
    expect({ ...provenance, binarisation: formatBinarisation(provenance.binarisation) }).toEqual({
      dataset: metadata.dataset,
      images: Number(metadata.images),
      binarisation: metadata.binarisation,
      seed: Number(metadata.seed),
      epochs: Number(metadata.epochs),
      steps: Number(metadata.steps),
      seconds: Number(metadata.seconds),
      backend: metadata.backend,
    });
  });

  const { threshold, stochastic, samples, classes } = wanted;
  if (threshold && stochastic && samples) {
    it('scores fixed images as it did', async () => {
      await expectScores(name, grid, 'threshold', threshold);
      await expectScores(name, grid, 'stochastic:7', stochastic);
    });

    it('draws the same images', async () => {
      const out = join(folder, `${name}.idx`);
      await json('sample', [
        ...['--model', modelFile(name), '--out', out],
        ...['--count', String(samples.count), '--seed', String(samples.seed)],
      ]);
      expect(createHash('sha256').update(readFileSync(out)).digest('hex')).toBe(samples.sha256);
    });
  }

  if (classes)
    it('classifies fixed images as it did', async () => {
      const now = await json<typeof classes & { parameters: number }>('classify', [
        ...['--model', modelFile(name), '--binarise', 'threshold'],
        ...['--images', fixture(`images-${grid}.idx`), '--labels', fixture(`labels-${grid}.idx`)],
      ]);
      expect(now.accuracy).toBe(classes.accuracy);
      expect(Math.abs(now.meanLogPosterior - classes.meanLogPosterior)).toBeLessThanOrEqual(TOLERANCE);
      expect(now.parameters).toBe(wanted.parameters);
    });
});
