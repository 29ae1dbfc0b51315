import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeIdxImages } from '../../../src/data/idx.ts';
import { decodeModel } from '../../../src/models/model-file.ts';
import { bars, cli, json as jsonIn, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);

const at = (name: string) => join(folder, name);
const bytesOf = (name: string) => new Uint8Array(readFileSync(at(name)));
const json = (args: readonly string[]) => jsonIn(folder, args);
// A step of so large a batch is worth two shards even where the model is small.
const TRAIN = ['train', '--family', 'fvsbn', '--images', 'many.idx', '--epochs', '20', '--batch', '65536'];

function tensorsOf(name: string) {
  const file = decodeModel(bytesOf(name), name);
  if (!file.ok) throw new Error(file.reason);
  return file.value.model.tensors;
}

beforeAll(async () => {
  writeFileSync(at('many.idx'), writeIdxImages(bars(600)));
  for (const [name, workers] of [
    ['one', '1'],
    ['two', '2'],
    ['again', '2'],
  ]) {
    const report = await json([...TRAIN, '--workers', workers, '--out', `${name}.safetensors`]);
    expect(report.shards).toBe(Number(workers));
  }
});

it('training on two threads gives the same weights every time', () => {
  expect(tensorsOf('again.safetensors')).toEqual(tensorsOf('two.safetensors'));
});

it('training on two threads gives what one gives, but for rounding', () => {
  const one = tensorsOf('one.safetensors');
  const two = tensorsOf('two.safetensors');
  expect(Object.keys(two)).toEqual(Object.keys(one));
  for (const [name, tensor] of Object.entries(one))
    tensor.forEach((value, i) => expect(Math.abs(two[name][i] - value)).toBeLessThan(1e-2));
});

it('scores and samples are the same on one thread and on three', async () => {
  for (const workers of ['1', '3']) {
    const model = ['--model', 'one.safetensors', '--workers', workers];
    await json([
      ...['score', ...model, '--images', 'many.idx', '--binarise', 'threshold'],
      ...['--per-image', `scores-${workers}.f32`],
    ]);
    await json(['sample', ...model, '--count', '300', '--seed', '3', '--out', `samples-${workers}.idx`]);
  }
  expect(bytesOf('scores-3.f32')).toEqual(bytesOf('scores-1.f32'));
  expect(bytesOf('samples-3.idx')).toEqual(bytesOf('samples-1.idx'));
});

it.each(['0', '65', '1.5'])('refuses %s workers', async (workers) => {
  const ended = await cli(folder, [...TRAIN, '--workers', workers]);
  expect(ended).toMatchObject({ code: 2, stdout: '' });
  expect(ended.stderr).toMatch(/^--workers: /);
});
