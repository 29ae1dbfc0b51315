import { expect, it, vi } from 'vitest';
import { scoresFile } from '../../../src/app/scores/scores.ts';
import type { TrainingData } from '../../../src/app/training/training-data.ts';
import { binarise } from '../../../src/data/binarise.ts';
import { writeIdxImages, writeIdxLabels } from '../../../src/data/idx.ts';
import { sliceImages } from '../../../src/data/images.ts';
import { fail } from '../../../src/data/result.ts';
import { readCsv } from '../data/read-csv.ts';
import { stripes } from './stripes.ts';
import { trainedModel } from './trained-model.ts';

const grid = { width: 6, height: 5 };
const images = stripes(grid, 230, 3, (on, word) => (on ? 255 : word % 256));
const dataset = { id: 'd', name: '=Stripes, "mine"', revision: 1, images: images.count };
const grey: TrainingData = { images: { kind: 'grey', images }, dataset };
const idx: TrainingData = {
  images: { kind: 'idx', images: writeIdxImages(images), labels: writeIdxLabels(images.labels!) },
  dataset,
};
const ignore = () => undefined;

it.each([
  ['grey images', grey],
  ['IDX files', idx],
])('writes the scores of %s as the engine has them, to the last bit', async (_, data) => {
  const { engine, model } = await trainedModel('neighbours', grid, { kind: 'stochastic', seed: 4 });
  const progress: number[] = [];
  const file = await scoresFile({
    engine,
    model,
    data,
    signal: new AbortController().signal,
    onProgress: (done) => progress.push(done),
  });
  if (!file.ok) throw new Error(file.reason);
  expect(file.value.name).toMatch(/^inkling-scores-stripes-mine-neighbours.*\.csv$/);
  const [head, ...rows] = readCsv(new TextDecoder().decode(file.value.bytes));
  expect(head).toEqual([
    'id',
    'label',
    'log p (nats)',
    'log2 p (bits)',
    'bits per pixel',
    'model',
    'binarisation',
    'data set',
  ]);
  expect(rows).toHaveLength(230);
  await engine.load('m', model);
  const packed = binarise(images, { kind: 'stochastic', seed: 4 });
  const scores: number[] = [];
  for (const first of [0, 100, 200]) {
    const part = await engine.score('m', sliceImages(packed, first, Math.min(100, 230 - first)));
    if (!part.ok) throw new Error(part.reason);
    scores.push(...part.value);
  }
  expect(rows.map((row) => Number(row[2]))).toEqual(scores);
  rows.forEach(([id, label, nats, bits, perPixel, name, binarisation, set], at) => {
    expect([Number(id), Number(label)]).toEqual([at + 1, images.labels![at]]);
    expect(Number(nats)).toBeLessThan(0);
    expect(Number(bits)).toBeCloseTo(Number(nats) / Math.log(2), 9);
    expect(Number(perPixel)).toBeCloseTo(-Number(bits) / 30, 9);
    expect([name, binarisation, set]).toEqual([model.name, 'stochastic, seed 4', '\'=Stripes, "mine"']);
  });
  expect(progress).toEqual([100 / 230, 200 / 230, 1]);
});

it('writes no labels where there are none, and thresholds grey images for a model of bits', async () => {
  const { engine, model } = await trainedModel('independent', grid, { kind: 'threshold' });
  const bits = { ...model, binarisation: { kind: 'none' } as const };
  const data: TrainingData = { ...grey, images: { kind: 'grey', images: { ...images, labels: null } } };
  const signal = new AbortController().signal;
  const file = await scoresFile({ engine, model: bits, data, signal, onProgress: ignore });
  if (!file.ok) throw new Error(file.reason);
  const rows = readCsv(new TextDecoder().decode(file.value.bytes)).slice(1);
  expect(rows.every((row) => row[1] === '' && row[6] === 'threshold 0.5')).toBe(true);
});

it('ends with a cancel, and with a failure of the engine; the model is unloaded in both cases', async () => {
  const { engine, model } = await trainedModel('independent', grid, { kind: 'threshold' });
  const unload = vi.spyOn(engine, 'unload');
  const stop = new AbortController();
  const cancelled = scoresFile({
    engine,
    model,
    data: grey,
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('enough')),
  });
  await expect(cancelled).rejects.toThrow('enough');
  expect(unload).toHaveBeenCalledTimes(1);
  vi.spyOn(engine, 'score').mockResolvedValue(fail('device: it is lost'));
  const signal = new AbortController().signal;
  const failed = await scoresFile({ engine, model, data: grey, signal, onProgress: ignore });
  expect(failed).toEqual(fail('device: it is lost'));
  expect(unload).toHaveBeenCalledTimes(2);
});
