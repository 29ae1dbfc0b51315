import { expect, it, vi } from 'vitest';
import { STARTER } from '../../../src/app/compare/counted-models.ts';
import { type HandInRequest, handInFile } from '../../../src/app/hand-in/make.ts';
import type { Figure } from '../../../src/app/results/figure.ts';
import { binarise } from '../../../src/data/binarise.ts';
import { indexRange } from '../../../src/data/rng.ts';
import { fail, ok } from '../../../src/data/result.ts';
import { readZip } from '../../../src/data/zip.ts';
import { meanOf } from '../../../src/app/leaderboard/rows.ts';
import { drawFigure } from '../../../src/app/results/draw/svg.ts';
import { smallPng } from '../data/pngs.ts';
import { readCsv } from '../data/read-csv.ts';
import { stripes } from './stripes.ts';
import { trainedModel } from './trained-model.ts';

const grid = { width: 6, height: 5 };
const unseen = stripes(grid, 60, 9, (on, word) => (on ? 255 : word % 256));
const LINK = 'https://example.org/#/play?right=model:run';
const STOCHASTIC = { kind: 'stochastic', seed: 4 } as const;

async function made(family: string, changes: Partial<HandInRequest> = {}, dataset: object = STARTER) {
  const { engine, model } = await trainedModel(family, grid, STOCHASTIC, dataset);
  const figures: Figure[] = [];
  const progress: number[] = [];
  const file = await handInFile({
    engine,
    model,
    link: LINK,
    unseen: () => Promise.resolve(ok(unseen)),
    png: (figure) => {
      figures.push(figure);
      return Promise.resolve(smallPng());
    },
    signal: new AbortController().signal,
    onProgress: (done) => progress.push(done),
    ...changes,
  });
  if (!file.ok) throw new Error(file.reason);
  const limits = { entries: 10, entryBytes: 2 ** 20, bytes: 2 ** 22 };
  const entries = readZip(file.value.bytes, file.value.name, limits);
  if (!entries.ok) throw new Error(entries.reason);
  const texts = new Map(
    entries.value.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)] as const),
  );
  const json = (name: string) => JSON.parse(texts.get(name)!) as Record<string, unknown>;
  return { engine, model, file: file.value, texts, json, figures, progress, entries: entries.value };
}

it('holds the recipe, the curve, the measured test loss, samples, a link and words on them', async () => {
  const { engine, model, file, texts, json, figures, progress, entries } = await made('fvsbn');
  expect(file.name).toBe('inkling-hand-in-fvsbn.zip');
  expect([...texts.keys()]).toEqual([
    'README.txt',
    'recipe.json',
    'results.json',
    'curve.csv',
    'link.txt',
    'samples.png',
  ]);
  expect(json('recipe.json')).toMatchObject({
    family: 'fvsbn',
    hyper: model.hyper,
    grid,
    binarisation: 'stochastic:4',
    seed: 7,
    dataset: { name: STARTER.name, images: 80 },
    epochs: model.epochs,
  });
  const [head, ...curve] = readCsv(texts.get('curve.csv')!);
  expect(head[0]).toBe('step');
  expect(curve.map((row) => Number(row[0]))).toEqual(model.curve.map(({ step }) => step));
  // The loss is that of the engine.
  await engine.load('m', model);
  const scores = await engine.score('m', binarise(unseen, STOCHASTIC));
  if (!scores.ok) throw new Error(scores.reason);
  const { nats, standardError, images } = meanOf(scores.value);
  const { test } = json('results.json') as { test: Record<string, number> };
  expect(test.nats).toBeCloseTo(nats, 6);
  expect(test.standardError).toBeCloseTo(standardError, 6);
  expect(test.images).toBe(images);
  expect(texts.get('README.txt')).toContain(`${nats.toFixed(2)} ± ${standardError.toFixed(2)} nats`);
  expect(texts.get('README.txt')).toContain(LINK);
  expect(texts.get('link.txt')).toBe(`${LINK}\r\n`);
  // The sheet shows the first hundred images of the run's seed.
  await engine.openSampler('s', 'm', { seed: 7, indices: indexRange(0, 100), temperature: 1 });
  const frame = await engine.advanceSampler('s', 30);
  if (!frame.ok) throw new Error(frame.reason);
  const [panel] = figures[0].panels;
  if (panel.kind !== 'images') throw new Error('not a sheet');
  expect(panel.pictures).toHaveLength(100);
  panel.pictures.forEach(({ colours }, at) => {
    for (let pixel = 0; pixel < 30; pixel++)
      expect(colours[3 * pixel] === 30).toBe(((frame.value.images.words[at] >>> pixel) & 1) === 1);
  });
  expect(drawFigure(figures[0], LINK).svg).toContain('seed 7');
  expect(entries.at(-1)!.bytes).toEqual(smallPng());
  expect(progress.at(-1)).toBe(1);
  expect(progress.every((done, at) => done >= (progress[at - 1] ?? 0))).toBe(true);
});

it('says what is missing, and what was measured instead, where the test digits cannot be had', async () => {
  const { texts, json } = await made('independent', {
    unseen: () => Promise.resolve(fail('The download did not come through.')),
  });
  expect(json('results.json')).toMatchObject({ test: null, validation: expect.anything() as unknown });
  expect(texts.get('README.txt')).toMatch(/test digits could not be had: The download.*held back/);
});

it('does not take digits for the test images of other data', async () => {
  const digits = vi.fn();
  const { texts, json } = await made('independent', { unseen: digits }, { id: 'shirts', name: 'Shirts' });
  expect(digits).not.toHaveBeenCalled();
  expect(json('results.json')).toMatchObject({ test: null });
  expect(texts.get('README.txt')).toContain('There are no test images of Shirts');
});

it('has the accuracy of a classifier, and no samples', async () => {
  const { texts, json } = await made('logistic-regression');
  expect(texts.has('samples.png')).toBe(false);
  expect(texts.get('README.txt')).toContain('a classifier draws no images');
  expect(json('results.json')).toMatchObject({ test: null, accuracy: { images: 60 } });
});

it('makes nothing where it is cancelled, and leaves neither a model nor a sampler', async () => {
  const { engine, model } = await trainedModel('independent', grid, STOCHASTIC, STARTER);
  const [unload, close] = [vi.spyOn(engine, 'unload'), vi.spyOn(engine, 'closeSampler')];
  const stop = new AbortController();
  const png = vi.fn();
  const making = handInFile({
    engine,
    model,
    link: LINK,
    unseen: () => Promise.resolve(ok(unseen)),
    png,
    signal: stop.signal,
    onProgress: (done) => {
      if (done > 0.4) stop.abort(new Error('enough'));
    },
  });
  await expect(making).rejects.toThrow('enough');
  expect(png).not.toHaveBeenCalled();
  expect(unload).toHaveBeenCalledTimes(2);
  expect(close).toHaveBeenCalledTimes(1);
});
