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

const reports = new Map<string, Readonly<Record<string, unknown>>>();

beforeAll(async () => {
  writeFileSync(at('many.idx'), writeIdxImages(bars(600)));
  for (const [name, workers] of [
    ['one', '1'],
    ['two', '2'],
    ['again', '2'],
  ]) {
    const report = await json([...TRAIN, '--workers', workers, '--out', `${name}.safetensors`]);
    expect(report.shards).toBe(Number(workers));
    reports.set(name, report);
  }
});

it('the report says that multiplications and additions were fused, which some versions of Node are to be asked for', () => {
  expect(reports.get('one')).toMatchObject({ description: 'wasm SIMD, fused multiply-add' });
  expect(reports.get('two')).toMatchObject({ description: 'wasm SIMD, fused multiply-add, 2 threads' });
});

it('training on two threads gives the same weights every time', () => {
  expect(tensorsOf('again.safetensors')).toEqual(tensorsOf('two.safetensors'));
});

/** log p of every image in nats. */
async function scoresOf(model: string, workers: string): Promise<Float32Array> {
  await json([
    ...['score', '--model', model, '--images', 'many.idx', '--binarise', 'threshold'],
    ...['--workers', workers, '--per-image', 'scores.f32'],
  ]);
  return new Float32Array(bytesOf('scores.f32').buffer);
}

const mean = (scores: Float32Array) => scores.reduce((sum, nats) => sum + nats, 0) / scores.length;
const farthest = (some: Float32Array, others: Float32Array) =>
  some.reduce((most, nats, image) => Math.max(most, Math.abs(nats - others[image])), 0);

it('training on two threads gives the model that one gives, but for rounding', async () => {
  const [one, two] = [await scoresOf('one.safetensors', '1'), await scoresOf('two.safetensors', '1')];
  expect(one).toHaveLength(600);
  // Adam makes steps of one size out of slopes that would be 0 but for rounding, so single images differ by more than their mean.
  expect(Math.abs(mean(one) - mean(two))).toBeLessThan(1e-3);
});

it('scores and samples are the same on one thread and on three', async () => {
  const alone = await scoresOf('one.safetensors', '1');
  // How many images are read at a time decides whether tables of sums are made: the last digit may differ.
  expect(farthest(alone, await scoresOf('one.safetensors', '3'))).toBeLessThan(1e-5);
  for (const workers of ['1', '3']) {
    const model = ['--model', 'one.safetensors', '--workers', workers];
    await json(['sample', ...model, '--count', '300', '--seed', '3', '--out', `samples-${workers}.idx`]);
  }
  expect(bytesOf('samples-3.idx')).toEqual(bytesOf('samples-1.idx'));
});

it.each(['0', '65', '1.5'])('refuses %s workers', async (workers) => {
  const ended = await cli(folder, [...TRAIN, '--workers', workers]);
  expect(ended).toMatchObject({ code: 2, stdout: '' });
  expect(ended.stderr).toMatch(/^--workers: /);
});
