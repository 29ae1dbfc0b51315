import { expect, it, vi } from 'vitest';
import type { Film, FilmFrame } from '../../../src/app/results/film.ts';
import { encodeGif } from '../../../src/app/results/gif.ts';
import { IMAGE_PALETTE, ImageFrames } from '../../../src/app/results/image-frames.ts';
import { samplesFilm } from '../../../src/app/results/sample-film.ts';
import { snapshotsFilm } from '../../../src/app/results/snapshot-film.ts';
import { unpackImage } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import { readGif } from './read-gif.ts';
import { trainedModel } from './trained-model.ts';

const grid = { width: 6, height: 5 };
const blankWords = (_: string, width: number, height: number) => new Uint8Array(width * height);
const never = () => new AbortController().signal;

function film(frames: readonly FilmFrame[], width = 4, height = 3): Film {
  return {
    width,
    height,
    palette: IMAGE_PALETTE,
    count: frames.length,
    description: 'A film',
    frames: async function* () {
      await Promise.resolve();
      yield* frames;
    },
  };
}

it('encodes every frame of a film as a GIF with its times and its comment', async () => {
  const frames = [0, 1, 2].map((k) => ({
    indices: Uint8Array.from({ length: 12 }, (_, i) => (i * (k + 1)) % IMAGE_PALETTE.length),
    ms: 100 * (k + 1),
  }));
  const progress: number[] = [];
  const gif = await encodeGif(film(frames), `words ${'x'.repeat(600)}`, never(), (done) =>
    progress.push(done),
  );
  const read = readGif(gif);
  expect(read).toMatchObject({ width: 4, height: 3, loops: 0, comment: `words ${'x'.repeat(600)}` });
  expect(read.palette.slice(0, IMAGE_PALETTE.length)).toEqual(IMAGE_PALETTE);
  expect(read.frames.map(({ ms }) => ms)).toEqual([100, 200, 300]);
  expect(read.frames.map(({ indices }) => [...indices])).toEqual(frames.map(({ indices }) => [...indices]));
  expect(progress.at(-1)).toBe(1);
});

it('makes no file of a film that is cancelled, has no frames or fails', async () => {
  const stop = new AbortController();
  const long = film(Array.from({ length: 50 }, () => ({ indices: new Uint8Array(12), ms: 10 })));
  let seen = 0;
  const encoding = encodeGif(long, '', stop.signal, () => {
    if (++seen === 3) stop.abort();
  });
  await expect(encoding).rejects.toThrow(/abort/);
  expect(seen).toBe(3);
  await expect(encodeGif(film([]), '', never(), () => undefined)).rejects.toThrow('no frames');
});

it('films the samples of the page: the last frame shows the same images, and the sampler is closed', async () => {
  const { engine, model } = await trainedModel('neighbours', grid, { kind: 'threshold' });
  expect(await engine.load('m', model)).toMatchObject({ ok: true });
  const request = { seed: 5, indices: indexRange(0, 3), temperature: 1 };
  const opened = await engine.openSampler('page', 'm', request);
  const last = await engine.advanceSampler('page', 30);
  if (!opened.ok || !last.ok) throw new Error('no samples');
  const close = vi.spyOn(engine, 'closeSampler');
  const places = Uint32Array.from({ length: 30 }, (_, i) => i);
  const of = { title: 'Samples', note: 'Seed 5.', grid, places, request, columns: 3 };
  const made = samplesFilm(engine, 'm', of, blankWords);
  const frames: FilmFrame[] = [];
  for await (const frame of made.frames(never())) frames.push(frame);
  expect(frames).toHaveLength(made.count);
  expect(close).toHaveBeenCalledTimes(1);
  const images = [0, 1, 2].map((at) => unpackImage(last.value.images, at));
  const expected = new ImageFrames(grid, 3, 3, blankWords).frame(images, '', '');
  expect(frames.at(-1)!.indices).toEqual(expected);
  expect(frames[0].indices).not.toEqual(expected);
});

it('closes the sampler of a film that is cancelled, and says why one cannot be made', async () => {
  const { engine, model } = await trainedModel('independent', grid, { kind: 'threshold' });
  await engine.load('m', model);
  const close = vi.spyOn(engine, 'closeSampler');
  const stop = new AbortController();
  const request = { seed: 5, indices: indexRange(0, 2), temperature: 1 };
  const of = { title: '', note: '', grid, places: null, request, columns: 2 };
  const frames = samplesFilm(engine, 'm', of, blankWords).frames(stop.signal)[Symbol.asyncIterator]();
  await frames.next();
  stop.abort(new Error('enough'));
  await expect(frames.next()).rejects.toThrow('enough');
  expect(close).toHaveBeenCalledTimes(1);
  const missing = samplesFilm(engine, 'no such model', of, blankWords);
  const first = missing.frames(never())[Symbol.asyncIterator]();
  await expect(first.next()).rejects.toThrow();
});

it('films a run: a frame for each snapshot and one for the trained model', async () => {
  const { engine, model } = await trainedModel('independent', grid, { kind: 'threshold' });
  const loaded: number[] = [];
  vi.spyOn(engine, 'loadSnapshot').mockImplementation(async (name, _, step) => {
    loaded.push(step);
    return await engine.load(name, model);
  });
  const unload = vi.spyOn(engine, 'unload');
  const stops = [0, 10, 100].map((step) => ({ step, nats: step, place: `after ${step} steps` }));
  const words: string[] = [];
  const write = (text: string, width: number, height: number) => {
    words.push(text);
    return new Uint8Array(width * height);
  };
  const made = snapshotsFilm(engine, { runId: 'run', grid, title: 'A run', stops, trained: model }, write);
  const frames: FilmFrame[] = [];
  for await (const frame of made.frames(never())) frames.push(frame);
  expect(loaded).toEqual([0, 10, 100]);
  expect(frames).toHaveLength(4);
  expect(made.count).toBe(4);
  expect(words).toContain('After 10 steps: −log p 10.0 nats');
  expect(unload).toHaveBeenCalled();
});
