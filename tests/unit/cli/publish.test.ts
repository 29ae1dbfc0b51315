import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeModel, encodeModel, type ModelFile } from '../../../src/models/model-file.ts';
import { cliInProcess } from './in-process.ts';
import { workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);
const at = (name: string) => join(folder, name);
const TRAINED = at('trained.safetensors');
const OUT = at('published.safetensors');
const HELD = ['--valid-last', '20'];
const publish = (model: string, ...more: string[]) =>
  cliInProcess([
    ...['publish', '--model', model, '--images', at('train.idx'), '--test-images', at('test.idx')],
    ...['--out', OUT, ...more],
  ]);

function read(path: string): ModelFile {
  const file = decodeModel(new Uint8Array(readFileSync(path)), path);
  if (!file.ok) throw new Error(file.reason);
  return file.value;
}

beforeAll(async () => {
  const ended = await cliInProcess([
    ...[
      'train',
      '--family',
      'fvsbn',
      '--images',
      at('train.idx'),
      ...HELD,
      '--epochs',
      '2',
      '--out',
      TRAINED,
    ],
  ]);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
});

describe('train', () => {
  it('says in the file by which command, without folders, and on which machine', () => {
    const { provenance } = read(TRAINED);
    expect(provenance.images).toBe(40);
    expect(provenance.command).toBe('train --family fvsbn --images train.idx --valid-last 20 --epochs 2');
    expect(provenance.machine).toMatch(/^\S.*, \d+ cores?$/);
  });

  it.each([
    ['more than there are', ['--valid-last', '60'], /^--valid-last: 60, but .*train\.idx holds 60 images\n$/],
    [
      'a share too',
      [...HELD, '--valid-share', '0.1'],
      /^--valid-last: --valid-share says otherwise: give one/,
    ],
    [
      'labels of others too',
      [...HELD, '--valid-labels', at('test-labels.idx')],
      /--valid-labels says otherwise/,
    ],
    [
      'a file too',
      [...HELD, '--valid-images', at('test.idx')],
      /^--valid-last: --valid-images says otherwise/,
    ],
  ])('refuses to hold back the last images where there is %s', async (_, options, reason) => {
    const ended = await cliInProcess(['train', '--family', 'fvsbn', '--images', at('train.idx'), ...options]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(reason);
  });
});

describe('publish', () => {
  it('measures the weights as the file holds them', async () => {
    const ended = await publish(TRAINED, ...HELD, '--binarise', 'threshold', '--json');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const { model, provenance, published } = read(OUT);
    // The estimates of the run make way for those that were measured of the file.
    const { train: atEnd, validation: heldBack, ...trained } = read(TRAINED).provenance;
    expect([atEnd?.images, heldBack?.images]).toEqual([40, 20]);
    expect(provenance).toEqual(trained);
    if (!published) throw new Error('nothing was measured');
    expect(published.train.images).toBe(40);
    expect(published.validation.images).toBe(20);
    expect(published.test.images).toBe(24);
    // What `score` says of the same file, as it is read back, on the test images.
    const scored = await cliInProcess([
      ...['score', '--model', OUT, '--images', at('test.idx'), '--binarise', 'threshold', '--json'],
    ]);
    const { meanLogLikelihood } = JSON.parse(scored.stdout) as { meanLogLikelihood: number };
    expect(-meanLogLikelihood).toBe(published.test.nats);
    // And of every tenth of them, from the sixth on.
    const perImage = at('per-image.f32');
    await cliInProcess([
      ...['score', '--model', OUT, '--images', at('test.idx'), '--binarise', 'threshold'],
      ...['--per-image', perImage],
    ]);
    const bytes = readFileSync(perImage);
    expect(published.unseen).toEqual(Float32Array.of(bytes.readFloatLE(4 * 5), bytes.readFloatLE(4 * 15)));
    // 11 significant bits.
    const exact = read(TRAINED).model.tensors;
    for (const [name, values] of Object.entries(model.tensors))
      values.forEach((value, i) => {
        expect(Math.abs(value - exact[name][i])).toBeLessThanOrEqual(Math.abs(exact[name][i]) / 2048);
      });
  });

  it('stores single precision where that is asked for', async () => {
    expect(await publish(TRAINED, ...HELD, '--precision', 'single')).toMatchObject({ code: 0, stderr: '' });
    expect(read(OUT).model).toEqual(read(TRAINED).model);
  });

  it('thresholds the images that drawings are compared with, however the others are binarised', async () => {
    expect(await publish(TRAINED, ...HELD, '--binarise', 'threshold')).toMatchObject({ code: 0 });
    const thresholded = read(OUT).published;
    expect(await publish(TRAINED, ...HELD, '--binarise', 'stochastic:3')).toMatchObject({ code: 0 });
    const drawn = read(OUT).published;
    expect(drawn?.unseen).toEqual(thresholded?.unseen);
    expect(drawn?.test.nats).not.toBe(thresholded?.test.nats);
  });

  it('refuses half precision where it moves the score, and writes nothing', async () => {
    const { model, provenance } = read(TRAINED);
    // Weights that nearly cancel: half precision loses their difference.
    const bias = model.tensors.bias.map((value, i) => (i === 3 ? 1000.3 : value));
    const weight = model.tensors.weight.map(() => 0);
    const delicate = at('delicate.safetensors');
    writeFileSync(delicate, encodeModel({ model: { ...model, tensors: { bias, weight } }, provenance }));
    writeFileSync(OUT, 'before');
    const ended = await publish(delicate, ...HELD);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/^--precision: half moves the mean log p of the images held back by \d/);
    expect(readFileSync(OUT, 'utf8')).toBe('before');
  });

  it('refuses to hold back all images', async () => {
    const ended = await publish(TRAINED, '--valid-last', '60');
    expect(ended).toMatchObject({ code: 2 });
    expect(ended.stderr).toContain('--valid-last: 60, but');
  });
});

describe('publish of a model that knows classes', () => {
  const BY_CLASS = at('by-class.safetensors');
  const labels = ['--labels', at('train-labels.idx')];
  const testLabels = ['--test-labels', at('test-labels.idx')];
  const threshold = ['--binarise', 'threshold'];

  beforeAll(async () => {
    const ended = await cliInProcess([
      ...['train', '--family', 'tree-mixture', '--components', '2', '--class-conditional', '--epochs', '3'],
      ...['--images', at('train.idx'), ...labels, ...HELD, ...threshold, '--out', BY_CLASS],
    ]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('states its accuracy in the file, in JSON and in words', async () => {
    const args = [...HELD, ...threshold, ...labels, ...testLabels];
    const ended = await publish(BY_CLASS, ...args, '--json');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const { published } = read(OUT);
    if (!published?.accuracy) throw new Error('nothing was measured');
    const { validation, test } = published.accuracy;
    expect(JSON.parse(ended.stdout)).toMatchObject({ accuracy: published.accuracy });
    expect([validation.images, test.images]).toEqual([20, 24]);
    // What `classify` says of the same file, as it is read back, on the test images.
    const classified = await cliInProcess([
      ...['classify', '--model', OUT, '--images', at('test.idx'), '--labels', at('test-labels.idx')],
      ...[...threshold, '--json'],
    ]);
    const { accuracy, standardError } = JSON.parse(classified.stdout) as Record<string, number>;
    expect(test).toEqual({ share: accuracy, standardError, images: 24 });
    // Of the images held back too, which are bars like the others: a coin with ten sides would tell two of them.
    expect(validation.share).toBeGreaterThan(0.5);
    const spoken = await publish(BY_CLASS, ...args);
    expect(spoken.stdout).toContain(
      `test accuracy ${(100 * accuracy).toFixed(2)} %, standard error ${(100 * standardError).toFixed(2)} %, over 24 images`,
    );
    expect(spoken.stdout).toMatch(
      /^validation accuracy \d+\.\d\d %, standard error \d+\.\d\d %, over 20 images$/m,
    );
  });

  it.each(['--labels', '--test-labels'])('names %s where its file is missing', async (option) => {
    const given = [...labels, ...testLabels].map((each, i, all) =>
      all[i - 1] === option ? at('none.idx') : each,
    );
    const ended = await publish(BY_CLASS, ...HELD, ...given);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(new RegExp(`none\\.idx: ${option}: `));
  });

  it.each([
    ['--labels', BY_CLASS, testLabels, /^--labels: missing: .*by-class\.safetensors knows classes/],
    ['--test-labels', BY_CLASS, labels, /^--test-labels: missing: .*by-class\.safetensors knows classes/],
    ['no --labels', TRAINED, labels, /^--labels: .*trained\.safetensors knows no classes\n$/],
    ['no --test-labels', TRAINED, testLabels, /^--test-labels: .*trained\.safetensors knows no classes\n$/],
  ])('asks for %s', async (_, model, given, reason) => {
    const ended = await publish(model, ...HELD, ...given);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(reason);
  });
});
