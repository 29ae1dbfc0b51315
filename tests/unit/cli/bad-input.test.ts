import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeIdxLabels } from '../../../src/data/idx.ts';
import { encodeModel } from '../../../src/models/model-file.ts';
import { completeHyper, families } from '../../../src/models/registry.ts';
import { cliInProcess } from './in-process.ts';
import { GRID, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  const images = new Uint8Array(readFileSync(at('test.idx')));
  writeFileSync(at('short.idx'), images.subarray(0, images.length - 1));
  writeFileSync(at('long.idx'), new Uint8Array([...images, 0]));
  writeFileSync(at('stub.idx'), images.subarray(0, 9));
  writeFileSync(at('empty.idx'), new Uint8Array(0));
  writeFileSync(at('magic.idx'), new Uint8Array([9, ...images.subarray(1)]));
  writeFileSync(at('text.idx'), 'this is no IDX file at all\n');
  mkdirSync(at('folder'));
  const made = await cliInProcess([
    ...['train', '--family', 'independent', '--images', at('train.idx')],
    ...['--out', at('model.safetensors')],
  ]);
  expect(made.code).toBe(0);
  const model = new Uint8Array(readFileSync(at('model.safetensors')));
  writeFileSync(at('short.safetensors'), model.subarray(0, model.length - 4));
  const replace = (name: string, from: string, to: string) => {
    expect(to.length).toBe(from.length);
    const text = Buffer.from(model).toString('latin1');
    expect(text).toContain(from);
    writeFileSync(at(name), Buffer.from(text.replace(from, to), 'latin1'));
  };
  replace('family.safetensors', '"family":"independent"', '"family":"indebendent"');
  replace('hyper.safetensors', '\\"strength\\":1,', '\\"strength\\":-,');
  replace('shape.safetensors', '"width":"6"', '"width":"7"');
  replace('format.safetensors', '"format":"1"', '"format":"2"');
  writeFileSync(at('classifier.safetensors'), blankClassifier());
  writeFileSync(at('eleven.idx'), writeIdxLabels(new Uint8Array(60).fill(11, 30)));
  writeFileSync(at('eleven-test.idx'), writeIdxLabels(new Uint8Array(24).fill(11, 12)));
});

/** A model file of the first family that knows no p(x). */
function blankClassifier(): Uint8Array {
  const spec = families.find((each) => each.task === 'classifier');
  if (!spec) throw new Error('there is no classifier');
  const hyper = completeHyper(spec);
  const tensors = Object.fromEntries(
    spec
      .tensors(GRID, hyper)
      .map(({ name, shape }) => [name, new Float32Array(shape.reduce((size, side) => size * side, 1))]),
  );
  return encodeModel({
    model: { family: spec.id, grid: GRID, hyper, tensors },
    provenance: {
      dataset: 'none',
      images: 0,
      binarisation: { kind: 'threshold' },
      seed: 0,
      epochs: 0,
      steps: 0,
      seconds: 0,
      backend: 'cpu',
    },
  });
}

const train = ['train', '--family', 'independent', '--images', 'train.idx', '--out', 'never.safetensors'];
const score = [
  'score',
  '--model',
  'model.safetensors',
  '--images',
  'test.idx',
  '--binarise',
  'threshold',
  '--per-image',
  'never.f32',
];
const sample = [
  'sample',
  '--model',
  'model.safetensors',
  '--count',
  '4',
  '--out',
  'never.idx',
  '--png',
  'never.png',
];

const classify = [
  ...['classify', '--model', 'classifier.safetensors', '--images', 'test.idx'],
  ...['--labels', 'eleven-test.idx', '--binarise', 'threshold'],
];
const check = ['check', '--model', 'model.safetensors'];

/** The command with some of its options given another value; undefined takes one away. */
function but(args: readonly string[], changes: Record<string, string | undefined>): string[] {
  const changed = [...args];
  for (const [option, value] of Object.entries(changes)) {
    const place = changed.indexOf(`--${option}`);
    if (place >= 0) changed.splice(place, 2);
    if (value !== undefined) changed.push(`--${option}`, value);
  }
  return changed;
}

const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['no command', [], ['command']],
  ['unknown command', ['dream'], ['command', 'dream']],
  ['unknown option', [...train, '--speed', '3'], ['--speed']],
  ['mistyped option', [...train, '--seeed', '3'], ['--seeed', '--seed?']],
  ['mistyped required option', ['train', '--famly', 'tree'], ['--famly', '--family?']],
  ['mistyped command', ['trian', ...train.slice(1)], ['trian', 'train?']],
  ['unknown short option', [...train, '-x'], ['-x']],
  ['option of another command', [...sample, '--epochs', '3'], ['--epochs']],
  ['stray word', [...train, 'more'], ['more']],
  ['option twice', [...train, '--seed', '1', '--seed', '2'], ['--seed']],
  ['option without a value', [...train, '--seed'], ['--seed']],
  ['option followed by an option', ['train', '--family', '--images', 'train.idx'], ['--family']],
  ['flag with a value', [...train, '--json=yes'], ['--json']],
  ['missing option', but(train, { images: undefined }), ['--images']],
  ['missing binarisation', but(score, { binarise: undefined }), ['--binarise']],
  ['missing count', but(sample, { count: undefined }), ['--count']],
  ['unknown family', but(train, { family: 'oracle' }), ['--family', 'oracle']],
  ['bad number', but(train, { epochs: 'ten' }), ['--epochs', 'ten']],
  ['hexadecimal', but(train, { epochs: '0x10' }), ['--epochs', '0x10']],
  ['not whole', but(train, { epochs: '1.5' }), ['--epochs', '1.5']],
  ['out of range', but(train, { epochs: '0' }), ['--epochs']],
  ['negative seed', but(train, { seed: '-1' }), ['--seed', '-1']],
  ['infinite rate', but(train, { 'learning-rate': 'Infinity' }), ['--learning-rate', 'Infinity']],
  ['soft targets of fixed bits', but(train, { family: 'fvsbn', targets: 'soft' }), ['--targets', 'dynamic']],
  [
    'soft targets of a counted family',
    but(train, { binarise: 'dynamic:1', targets: 'soft' }),
    ['--targets', 'Adam'],
  ],
  ['hyper-parameter of another family', but(train, { k: '3' }), ['--k', 'independent']],
  ['hyper-parameter out of range', but(train, { family: 'neighbours', k: '99' }), ['--k', '99']],
  [
    'hyper-parameter by an unknown word',
    but(train, { family: 'chain', direction: 'in' }),
    ['--direction', 'in', 'up'],
  ],
  ['choice out of range', but(train, { family: 'chain', direction: '7' }), ['--direction', '7']],
  ['flag with a word', [...train, '--class-conditional', 'yes'], ['yes']],
  ['flag with a number', [...train, '--class-conditional=1'], ['--class-conditional']],
  [
    'flag of other families',
    [...but(train, { family: 'naive-bayes', labels: 'train-labels.idx' }), '--class-conditional'],
    ['--class-conditional', 'naive-bayes'],
  ],
  ['family that needs labels', but(train, { family: 'naive-bayes' }), ['--labels', 'naive-bayes']],
  [
    'model of every class without labels',
    [...train, '--class-conditional'],
    ['--labels', 'class-conditional'],
  ],
  [
    'labels beyond 9',
    [...but(train, { labels: 'eleven.idx' }), '--class-conditional'],
    ['eleven.idx', 'labels', '11'],
  ],
  ['labels for no validation images', but(train, { 'valid-labels': 'x.idx' }), ['--valid-labels']],
  [
    'validation images without labels',
    [...but(train, { labels: 'train-labels.idx', 'valid-images': 'test.idx' }), '--class-conditional'],
    ['--valid-labels'],
  ],
  [
    'validation labels beyond 9',
    [
      ...but(train, {
        labels: 'train-labels.idx',
        'valid-images': 'test.idx',
        'valid-labels': 'eleven-test.idx',
      }),
      '--class-conditional',
    ],
    ['eleven-test.idx', 'labels', '11'],
  ],
  ['grid of one number', but(train, { grid: '4' }), ['--grid', '4']],
  ['grid of a stroke', but(train, { grid: '1x4' }), ['--grid', '1x4']],
  ['grid beyond the pad', but(train, { grid: '28x29' }), ['--grid', '28x29']],
  ['finer grid than the images', but(train, { grid: '7x4' }), ['--grid', 'train.idx', '7x4']],
  [
    'validation images smaller than the grid',
    but(train, { grid: '5x5', 'valid-images': 'small.idx' }),
    ['--grid', 'small.idx'],
  ],
  ['images too large for the family', but(train, { family: 'full-joint' }), ['train.idx', 'grid']],
  ['grid too large for the family', but(train, { family: 'full-joint', grid: '5x4' }), ['--grid', '5 x 4']],
  ['curve in no folder', but(train, { curve: 'nowhere/never.csv' }), ['nowhere/never.csv', '--curve']],
  ['folder as curve', but(train, { curve: 'folder' }), ['folder', '--curve']],
  [
    'score of a classifier',
    but(score, { model: 'classifier.safetensors' }),
    ['classifier.safetensors', '--model'],
  ],
  ['samples of a classifier', but(sample, { model: 'classifier.safetensors' }), ['--model', 'classify']],
  ['classes of a density', but(classify, { model: 'model.safetensors' }), ['model.safetensors', '--model']],
  ['classes without labels', but(classify, { labels: undefined }), ['--labels']],
  ['classes of an unknown part', but(classify, { keep: 'some' }), ['--keep', 'some']],
  ['classes beyond 9', classify, ['eleven-test.idx', 'labels', '11']],
  ['classes of other images', but(classify, { labels: 'train-labels.idx' }), ['train-labels.idx', 'count']],
  [
    'classes of smaller images',
    but(classify, { images: 'small.idx', labels: 'small-labels.idx' }),
    ['small.idx', 'width'],
  ],
  ['classes of coins', but(classify, { binarise: 'coin' }), ['--binarise', 'coin']],
  ['check of nothing', ['check'], ['--model']],
  ['check of too large a grid', check, ['model.safetensors', 'grid', '6x5']],
  [
    'check of a classifier',
    but(check, { model: 'classifier.safetensors' }),
    ['classifier.safetensors', '--model'],
  ],
  ['check on an abacus', [...check, '--backend', 'abacus'], ['--backend', 'abacus']],
  [
    'check of a missing model',
    but(check, { model: 'nowhere.safetensors' }),
    ['nowhere.safetensors', '--model'],
  ],
  ['unknown binarisation', but(train, { binarise: 'coin' }), ['--binarise', 'coin']],
  ['binarisation without a seed', but(score, { binarise: 'stochastic' }), ['--binarise', 'stochastic']],
  ['unknown backend', but(score, { backend: 'abacus' }), ['--backend', 'abacus']],
  ['missing file', but(train, { images: 'nowhere.idx' }), ['nowhere.idx', '--images']],
  ['folder as file', but(train, { images: 'folder' }), ['folder', '--images']],
  ['missing labels', but(train, { labels: 'nowhere.idx' }), ['nowhere.idx', '--labels']],
  ['images as labels', but(train, { labels: 'train.idx' }), ['train.idx', 'magic']],
  ['labels of another count', but(score, { labels: 'train-labels.idx' }), ['train-labels.idx', 'count']],
  ['labels as images', but(train, { images: 'train-labels.idx' }), ['train-labels.idx', 'magic']],
  ['wrong magic', but(train, { images: 'magic.idx' }), ['magic.idx', 'magic']],
  ['text as images', but(train, { images: 'text.idx' }), ['text.idx', 'magic']],
  ['truncated images', but(train, { images: 'short.idx' }), ['short.idx', 'length']],
  ['images too long', but(train, { images: 'long.idx' }), ['long.idx', 'length']],
  ['truncated header', but(train, { images: 'stub.idx' }), ['stub.idx', 'header']],
  ['empty images', but(train, { images: 'empty.idx' }), ['empty.idx', 'magic']],
  ['grey images not to be binarised', but(train, { binarise: 'none' }), ['train.idx', 'pixels']],
  ['validation images of another size', but(train, { 'valid-images': 'small.idx' }), ['small.idx', 'width']],
  ['images of another size than the model', but(score, { images: 'small.idx' }), ['small.idx', 'width']],
  ['missing model', but(score, { model: 'nowhere.safetensors' }), ['nowhere.safetensors', '--model']],
  ['images as model', but(score, { model: 'test.idx' }), ['test.idx', 'header']],
  [
    'truncated model',
    but(score, { model: 'short.safetensors' }),
    ['short.safetensors', 'logit', 'data_offsets'],
  ],
  [
    'model of an unknown family',
    but(sample, { model: 'family.safetensors' }),
    ['family.safetensors', 'family'],
  ],
  ['model of another format', but(sample, { model: 'format.safetensors' }), ['format.safetensors', 'format']],
  [
    'model with broken hyper-parameters',
    but(sample, { model: 'hyper.safetensors' }),
    ['hyper.safetensors', 'hyper'],
  ],
  [
    'model with tensors of another size',
    but(sample, { model: 'shape.safetensors' }),
    ['shape.safetensors', 'logit', 'shape'],
  ],
  [
    'target in no folder',
    but(train, { out: 'nowhere/never.safetensors' }),
    ['nowhere/never.safetensors', '--out'],
  ],
  ['folder as target', but(sample, { out: 'folder' }), ['folder', '--out']],
  ['contact sheet in no folder', but(sample, { png: 'nowhere/never.png' }), ['nowhere/never.png', '--png']],
  ['zero samples', but(sample, { count: '0' }), ['--count']],
  ['frozen temperature', but(sample, { temperature: '0' }), ['--temperature']],
];

it('help is shown wherever it is asked for', async () => {
  for (const args of [
    [...score, '--help'],
    ['score', '--images', '-h'],
    ['race', '--help', '--count'],
  ])
    expect(await cliInProcess(args)).toMatchObject({ code: 0, stderr: '' });
});

describe('bad input', () => {
  const from = process.cwd();
  beforeAll(() => process.chdir(folder));
  afterAll(() => process.chdir(from));

  it.each(cases)('%s', async (_, args, named) => {
    const before = readdirSync(folder).sort();
    const ended = await cliInProcess(args);
    expect(ended.code).toBe(2);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toMatch(/^[^\n]+\n$/);
    expect(ended.stderr).not.toMatch(/\bat .*:\d+:\d+|Error/);
    for (const name of named) expect(ended.stderr).toContain(name);
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});
