import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { decode } from 'fast-png';
import { afterAll, describe, expect, it } from 'vitest';
import { binarise } from '../../../src/data/binarise.ts';
import { allowFusedSimd } from '../../../src/cli/backend.ts';
import { readIdxImages } from '../../../src/data/idx.ts';
import { pixelCount, unpackImage } from '../../../src/data/images.ts';
import { poolImages } from '../../../src/data/pool.ts';
import { indexRange } from '../../../src/data/rng.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { loadSimd } from '../../../src/simd/load.ts';
import { decodeModel } from '../../../src/models/model-file.ts';
import { families, ordersOf } from '../../../src/models/registry.ts';
import { bars, cli, gridFor, hyperArgs, json as jsonIn, smallHyper, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);
// What the command line does, so that both round alike.
allowFusedSimd();

const at = (name: string) => join(folder, name);
const bytesOf = (name: string) => new Uint8Array(readFileSync(at(name)));
const json = (args: readonly string[]) => jsonIn(folder, args);

function modelOf(name: string) {
  const file = decodeModel(bytesOf(name), name);
  if (!file.ok) throw new Error(file.reason);
  return file.value;
}

const densities = families.filter((spec) => spec.task === 'density');

describe.each(densities.map((spec) => [spec.id, spec] as const))('%s', (family, spec) => {
  const file = `${family}.safetensors`;
  const hyper = smallHyper(spec);
  const grid = gridFor(spec, hyper);
  const size = `${grid.width}x${grid.height}`;
  const n = pixelCount(grid);
  const trainArgs = [
    ...['train', '--family', family, '--images', 'train.idx', '--labels', 'train-labels.idx'],
    ...[...hyperArgs(spec, hyper), '--grid', size, '--epochs', '3', '--batch', '16', '--seed', '5'],
  ];

  it('trains', async () => {
    const result = await json([...trainArgs, '--out', file, '--curve', `${family}.csv`]);
    expect(result).toMatchObject({
      family,
      hyper,
      grid: size,
      parameters: spec.parameterCount(grid, hyper),
      images: 60,
      binarisation: 'stochastic:0',
      seed: 5,
      ended: 'finished',
      backend: 'cpu',
      measure: 'log p(x)',
      out: file,
    });
    const { model, provenance } = modelOf(file);
    expect(model).toMatchObject({ family, grid, hyper });
    expect(provenance).toMatchObject({ dataset: 'train.idx', images: 60, seed: 5, steps: result.steps });
    const [header, ...rows] = new TextDecoder()
      .decode(bytesOf(`${family}.csv`))
      .trimEnd()
      .split('\n');
    expect(header).toBe('step,epoch,train,validation');
    if (spec.training === 'counted') expect(rows).toEqual([]);
    else {
      expect(rows.at(-1)).toMatch(/^[\d.]+,[\d.]+,[\d.]+,[\d.]+$/);
      expect(Number(rows.at(-1)?.split(',')[0])).toBe(result.steps);
    }
  });

  it('scores as the reference does', async () => {
    const result = await json([
      ...['score', '--model', file, '--images', 'test.idx', '--binarise', 'stochastic:7'],
      ...['--per-image', `${family}.f32`],
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
    const pooled = poolImages(bars(24), grid);
    if (!pooled.ok) throw new Error(pooled.reason);
    const evaluator = await createCpuBackend(loadSimd).open(modelOf(file).model);
    const expected = await evaluator.logLikelihood(binarise(pooled.value, { kind: 'stochastic', seed: 7 }));
    const mean = expected.reduce((sum, value) => sum + value, 0) / 24;
    const variance = expected.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 23;
    expect(result.meanLogLikelihood).toBeCloseTo(mean, 9);
    expect(result.standardError).toBeCloseTo(Math.sqrt(variance / 24), 9);
    expect(result.bitsPerPixel).toBeCloseTo(-mean / (n * Math.LN2), 9);
    expect(result).toMatchObject({ family, images: 24, backend: 'cpu', binarisation: 'stochastic:7' });
    const perImage = bytesOf(`${family}.f32`);
    expect(new Float32Array(perImage.buffer, perImage.byteOffset, 24)).toEqual(Float32Array.from(expected));
  });

  it('samples what the reference draws, into IDX and a contact sheet', async () => {
    await json([
      ...['sample', '--model', file, '--count', '10', '--seed', '3'],
      ...['--out', `${family}.idx`, '--png', `${family}.png`],
    ]);
    const images = readIdxImages(bytesOf(`${family}.idx`), 'samples');
    if (!images.ok) throw new Error(images.reason);
    const evaluator = await createCpuBackend(loadSimd).open(modelOf(file).model);
    const sampler = await evaluator.sampler({ seed: 3, indices: indexRange(0, 10), temperature: 1 });
    await sampler.advance(n);
    const drawn = await sampler.images();
    for (let i = 0; i < 10; i++)
      expect(images.value.pixels.slice(i * n, i * n + n)).toEqual(
        unpackImage(drawn, i).map((bit) => bit * 255),
      );
    const sheet = decode(bytesOf(`${family}.png`));
    expect([sheet.width, sheet.height]).toEqual([
      4 * (2 * grid.width + 4) + 4,
      3 * (2 * grid.height + 4) + 4,
    ]);
    // The first pixel of the first image; ink is dark in the PNG.
    expect(sheet.data[4 * sheet.width + 4]).toBe(255 - images.value.pixels[0]);
  });

  it('is the same again for the same seed', async () => {
    await json([...trainArgs, '--out', 'again.safetensors']);
    expect(modelOf('again.safetensors').model).toEqual(modelOf(file).model);
  });
});

describe('small grids', () => {
  it('are pooled to, scored at, and add up to 1', async () => {
    const train = ['train', '--family', 'neighbours', '--images', 'train.idx', '--grid', '3x4'];
    const small = await json([...train, '--out', 'small.safetensors']);
    expect(small).toMatchObject({ grid: '3x4' });
    expect(await json(['check', '--model', 'small.safetensors'])).toMatchObject({
      family: 'neighbours',
      parameters: small.parameters,
      grid: '3x4',
      images: 4096,
      orders: 1,
      passed: true,
      backend: 'cpu',
    });
    const ended = await cli(folder, ['check', '--model', 'small.safetensors']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/all 4,096 images of 3x4 pixels[^]*sum of p 1\.0{6}|0\.9{6}/);
  });

  it('take images of that size as they are', async () => {
    const train = ['train', '--family', 'independent', '--images', 'small.idx'];
    await json([...train, '--grid', '4x4', '--out', 'a.safetensors']);
    await json([...train, '--out', 'b.safetensors']);
    expect(modelOf('a.safetensors').model).toEqual(modelOf('b.safetensors').model);
  });

  it('show how many orders a model has', async () => {
    const train = ['train', '--images', 'train.idx', '--grid', '3x3', '--epochs', '1'];
    for (const spec of densities.filter(
      (each) => each.orders ?? each.hyperparameters.some((p) => p.name === 'order'),
    )) {
      const file = `orders-${spec.id}.safetensors`;
      await json([...train, '--family', spec.id, ...hyperArgs(spec, smallHyper(spec)), '--out', file]);
      const found = await json(['check', '--model', file]);
      expect(found).toMatchObject({ orders: ordersOf(modelOf(file).model).length, passed: true });
    }
  });
});

describe('options', () => {
  it('accept gzipped files and give a report in text', async () => {
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
    expect(ended.stdout).toMatch(
      /independent, 30 parameters[^]*60 images of 6x5 pixels, binarisation threshold 0\.5/,
    );
  });

  it('for seed, temperature and binarisation change the result', async () => {
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

  it('hold images back for validation, or take a file of them', async () => {
    const train = ['train', '--family', 'independent', '--images', 'train.idx'];
    expect(await json(train)).toMatchObject({ validation: null });
    expect(await json([...train, '--valid-share', '0.2'])).toMatchObject({ validation: { images: 12 } });
    expect(await json([...train, '--valid-images', 'test.idx'])).toMatchObject({
      validation: { images: 24 },
    });
  });

  it('accept the name of a choice as well as its number', async () => {
    const train = ['train', '--family', 'chain', '--images', 'train.idx', '--direction'];
    await json([...train, 'up', '--out', 'word.safetensors']);
    await json([...train, '1', '--out', 'number.safetensors']);
    expect(modelOf('word.safetensors').model.hyper.direction).toBe(1);
    expect(modelOf('word.safetensors').model).toEqual(modelOf('number.safetensors').model);
    const fvsbn = ['train', '--family', 'fvsbn', '--images', 'train.idx', '--epochs', '1', '--order'];
    expect(await json([...fvsbn, 'random-2'])).toMatchObject({ hyper: { order: 3 } });
    expect(await json([...fvsbn, 'random 2'])).toMatchObject({ hyper: { order: 3 } });
  });

  it('are listed by --help', async () => {
    const all = await cli(folder, ['--help']);
    expect(all).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['train', 'score', 'classify', 'sample', 'check']) {
      expect(all.stdout).toMatch(new RegExp(`^  ${command} \\[options\\] `, 'm'));
      expect((await cli(folder, [command, '--help'])).stdout).toContain(`${command} --`);
    }
  });

  it('leave no temporary files behind', () => {
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
