import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { decode } from 'fast-png';
import { afterAll, describe, expect, it } from 'vitest';
import { binarise } from '../../../src/data/binarise.ts';
import { readIdxImages } from '../../../src/data/idx.ts';
import { pixelCount, unpackImage } from '../../../src/data/images.ts';
import { referenceOf } from '../../../src/engine/references.ts';
import { decodeModel } from '../../../src/models/model-file.ts';
import { completeHyper, families } from '../../../src/models/registry.ts';
import { bars, cli, GRID, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);

const at = (name: string) => join(folder, name);
const bytesOf = (name: string) => new Uint8Array(readFileSync(at(name)));

function modelOf(name: string) {
  const file = decodeModel(bytesOf(name), name);
  if (!file.ok) throw new Error(file.reason);
  return file.value;
}

async function json(args: readonly string[]): Promise<Record<string, unknown>> {
  const ended = await cli(folder, [...args, '--json']);
  expect(ended.stderr).toBe('');
  expect(ended.code).toBe(0);
  expect(ended.stdout.trimEnd()).not.toContain('\n');
  return JSON.parse(ended.stdout) as Record<string, unknown>;
}

describe.each(families.map((spec) => [spec.id, spec] as const))('%s', (family, spec) => {
  const file = `${family}.safetensors`;
  const hyper = completeHyper(spec);
  const hyperArgs = Object.entries(hyper).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const trainArgs = ['train', '--family', family, '--images', 'train.idx', ...hyperArgs];

  it('trains', async () => {
    const result = await json([
      ...trainArgs,
      '--labels',
      'train-labels.idx',
      '--epochs',
      '3',
      '--batch',
      '16',
      '--seed',
      '5',
      '--out',
      file,
    ]);
    expect(result).toMatchObject({
      family,
      hyper,
      parameters: spec.parameterCount(GRID, hyper),
      images: 60,
      binarisation: 'stochastic:0',
      seed: 5,
      ended: 'finished',
      backend: 'cpu',
      out: file,
    });
    const { model, provenance } = modelOf(file);
    expect(model).toMatchObject({ family, grid: GRID, hyper });
    expect(provenance).toMatchObject({ dataset: 'train.idx', images: 60, seed: 5, steps: result.steps });
  });

  it('scores as the reference does', async () => {
    const result = await json([
      'score',
      '--model',
      file,
      '--images',
      'test.idx',
      '--binarise',
      'stochastic:7',
      '--per-image',
      `${family}.f32`,
    ]);
    expect(Object.keys(result)).toEqual([
      'family',
      'parameters',
      'images',
      'meanLogLikelihood',
      'standardError',
      'bitsPerPixel',
      'backend',
      'binarisation',
    ]);
    const { model } = modelOf(file);
    const expected = referenceOf(family)
      .open(model)
      .logLikelihood(binarise(bars(24), { kind: 'stochastic', seed: 7 }));
    const mean = expected.reduce((sum, value) => sum + value, 0) / 24;
    const variance = expected.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 23;
    expect(result.meanLogLikelihood).toBeCloseTo(mean, 9);
    expect(result.standardError).toBeCloseTo(Math.sqrt(variance / 24), 9);
    expect(result.bitsPerPixel).toBeCloseTo(-mean / (30 * Math.LN2), 9);
    expect(result).toMatchObject({ family, images: 24, backend: 'cpu', binarisation: 'stochastic:7' });
    const perImage = bytesOf(`${family}.f32`);
    expect(new Float32Array(perImage.buffer, perImage.byteOffset, 24)).toEqual(Float32Array.from(expected));
  });

  it('samples what the reference draws, into IDX and a contact sheet', async () => {
    await json([
      'sample',
      '--model',
      file,
      '--count',
      '10',
      '--seed',
      '3',
      '--out',
      `${family}.idx`,
      '--png',
      `${family}.png`,
    ]);
    const images = readIdxImages(bytesOf(`${family}.idx`), 'samples');
    if (!images.ok) throw new Error(images.reason);
    const sampler = referenceOf(family)
      .open(modelOf(file).model)
      .sampler({ seed: 3, first: 0, count: 10, temperature: 1 });
    sampler.advance(pixelCount(GRID));
    for (let i = 0; i < 10; i++)
      expect(images.value.pixels.slice(i * 30, i * 30 + 30)).toEqual(
        unpackImage(sampler.images, i).map((bit) => bit * 255),
      );
    const sheet = decode(bytesOf(`${family}.png`));
    expect([sheet.width, sheet.height]).toEqual([4 * 16 + 4, 3 * 14 + 4]);
    // The first image's first pixel, ink dark on paper.
    expect(sheet.data[4 * sheet.width + 4]).toBe(255 - images.value.pixels[0]);
  });

  it('is the same again for the same seed', async () => {
    await json([...trainArgs, '--epochs', '3', '--batch', '16', '--seed', '5', '--out', 'again.safetensors']);
    expect(modelOf('again.safetensors').model).toEqual(modelOf(file).model);
  });
});

describe('options', () => {
  it('take gzipped files and say for people what they did', async () => {
    writeFileSync(at('train.idx.gz'), gzipSync(bytesOf('train.idx')));
    const ended = await cli(folder, [
      'train',
      '--family',
      'independent',
      '--images',
      'train.idx.gz',
      '--binarise',
      'threshold',
    ]);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toBe('');
    expect(ended.stdout).toMatch(/independent, 30 parameters[^]*60 images, binarisation threshold 0\.5/);
  });

  it('tell another seed, temperature and binarisation apart', async () => {
    const draw = (out: string, ...more: string[]) =>
      json(['sample', '--model', 'independent.safetensors', '--count', '6', '--out', out, ...more]);
    await Promise.all([draw('a.idx'), draw('b.idx', '--seed', '1'), draw('c.idx', '--temperature', '5')]);
    expect(bytesOf('a.idx')).not.toEqual(bytesOf('b.idx'));
    expect(bytesOf('a.idx')).not.toEqual(bytesOf('c.idx'));
    const score = (how: string) =>
      json(['score', '--model', 'independent.safetensors', '--images', 'test.idx', '--binarise', how]);
    const [threshold, stochastic] = await Promise.all([score('threshold'), score('stochastic:0')]);
    expect(threshold.meanLogLikelihood).not.toBe(stochastic.meanLogLikelihood);
  });

  it('hold images back, or take a file of them, for validation', async () => {
    const train = ['train', '--family', 'independent', '--images', 'train.idx'];
    expect(await json(train)).toMatchObject({ validation: null });
    expect(await json([...train, '--valid-share', '0.2'])).toMatchObject({ validation: { images: 12 } });
    expect(await json([...train, '--valid-images', 'test.idx'])).toMatchObject({
      validation: { images: 24 },
    });
  });

  it('explain themselves', async () => {
    const all = await cli(folder, ['--help']);
    expect(all).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['train', 'score', 'sample']) {
      expect(all.stdout).toContain(`${command} --`);
      expect((await cli(folder, [command, '--help'])).stdout).toContain(`${command} --`);
    }
  });

  it('leave no temporary files behind', () => {
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
