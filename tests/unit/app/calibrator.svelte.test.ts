import { describe, expect, it, vi } from 'vitest';
import { Calibrator } from '../../../src/app/calibration/calibrator.svelte.ts';
import { ModelSlot } from '../../../src/app/compare/model-slot.svelte.ts';
import type { Binarisation } from '../../../src/data/binarisation.ts';
import { blankImages, type GreyImages, type PackedImages } from '../../../src/data/images.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import type { Engine, PackRequest } from '../../../src/engine/api.ts';
import type { ModelRecord } from '../../../src/store/records.ts';

const grid = { width: 4, height: 4 };
const COUNT = 120;
const digits: GreyImages = { grid, count: COUNT, pixels: new Uint8Array(16 * COUNT), labels: null };

/** Resolves after the effects have run, and what they began, as far as it waits for nothing else. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

function recordOf(id: string, changes: Partial<ModelRecord> = {}): ModelRecord {
  const binarisation: Binarisation = { kind: 'stochastic', seed: 3 };
  return {
    ...{ id, name: id, family: 'independent', grid, hyper: {}, tensors: {}, binarisation },
    ...changes,
  } as unknown as ModelRecord;
}

/** Two slots with a calibrator, as in the page; parts of the digits are scored when `answer` is called. */
function open() {
  const waiting: (() => void)[] = [];
  const requests: PackRequest[] = [];
  const engine = {
    load: () => Promise.resolve(ok(null)),
    loadLearning: () => Promise.resolve(ok(null)),
    unload: () => Promise.resolve(),
    read: () => Promise.resolve(ok({ density: { logLikelihood: -7 }, posterior: null })),
    pack: (request: PackRequest) => {
      requests.push(request);
      return Promise.resolve(ok(blankImages(request.grid, COUNT)));
    },
    score: vi.fn(
      (_name: string, { count }: PackedImages, signal?: AbortSignal) =>
        new Promise<Result<Float64Array<ArrayBuffer>>>((resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error));
          waiting.push(() => resolve(ok(Float64Array.from({ length: count }, (_, i) => -10 + (i % 5)))));
        }),
    ),
  };
  const slots = {
    left: new ModelSlot('left', engine as unknown as Engine),
    right: new ModelSlot('right', engine as unknown as Engine),
  };
  const page = $state({ painted: false });
  const fetchDigits = vi.fn(() => Promise.resolve<Result<GreyImages>>(ok(digits)));
  const keep = vi.fn(() => Promise.resolve());
  const calibrator = new Calibrator({
    engine: engine,
    slots,
    painted: () => page.painted,
    digits: fetchDigits,
    keep,
  });
  const end = $effect.root(() => {
    for (const side of ['left', 'right'] as const) $effect(() => calibrator.follow(slots[side]));
  });
  /** Answers all calls, one after the other, until none follows. */
  const answer = async () => {
    for (let at = 0; at < 10; at++) {
      for (const each of waiting.splice(0)) each();
      await settled();
    }
  };
  const read = () => {
    for (const slot of Object.values(slots)) slot.read(blankImages(grid, 1));
    return settled();
  };
  return { slots, page, engine, requests, fetchDigits, keep, calibrator, end, answer, read };
}

/** As `open`, with a model in slot B that has read the drawing, beside one with scores of its own. */
async function ready(model = recordOf('b')) {
  const opened = open();
  const { slots } = opened;
  await slots.left.load(recordOf('a', { unseen: Float32Array.of(-8, -9) }));
  await slots.right.load(model);
  await opened.read();
  return opened;
}

describe('the calibration of a slot', () => {
  it('takes the scores that come with a model, and fetches nothing', async () => {
    const { slots, fetchDigits, end } = open();
    await slots.left.load(recordOf('a', { unseen: Float32Array.of(-8, -9, -6, -5) }));
    slots.left.read(blankImages(grid, 1));
    await settled();
    expect(slots.left.unseen.sorted).toEqual(Float32Array.of(-9, -8, -6, -5));
    expect(slots.left.share).toBe(0.5);
    expect(fetchDigits).not.toHaveBeenCalled();
    end();
  });

  it('fetches digits only once both slots have read the drawing', async () => {
    const { slots, fetchDigits, answer, end } = open();
    await slots.left.load(recordOf('a'));
    slots.left.read(blankImages(grid, 1));
    await settled();
    expect(slots.left.density).not.toBeNull();
    expect(fetchDigits).not.toHaveBeenCalled();
    await slots.right.load(recordOf('b', { unseen: Float32Array.of(-8, -9) }));
    slots.right.read(blankImages(grid, 1));
    await settled();
    expect(fetchDigits).toHaveBeenCalledOnce();
    await answer();
    expect(slots.left.unseen.known?.scores).toHaveLength(COUNT);
    end();
  });

  it('fetches digits where the other slot has failed', async () => {
    const { slots, fetchDigits, end } = open();
    await slots.left.load(recordOf('a'));
    slots.right.state = 'failed';
    slots.left.read(blankImages(grid, 1));
    await settled();
    expect(fetchDigits).toHaveBeenCalledOnce();
    end();
  });

  it('scores thresholded digits in parts, and adds them to the record', async () => {
    const { slots, engine, requests, keep, answer, end } = await ready();
    expect(requests).toMatchObject([{ rows: null, grid, binarisation: { kind: 'threshold' } }]);
    expect(engine.score.mock.calls.map(([name, { count }]) => [name, count])).toEqual([['right-1', 50]]);
    expect(slots.right.share).toBeNull();
    await answer();
    expect(engine.score.mock.calls.map(([, { count }]) => count)).toEqual([50, 50, 20]);
    const wanted = Float32Array.from({ length: COUNT }, (_, i) => -10 + ((i % 50) % 5));
    expect(slots.right.unseen.known).toEqual({ scores: wanted, binarisation: { kind: 'threshold' } });
    expect(slots.right.unseen.progress).toBe(1);
    // -10, -9 and -8 of five are below -7.
    expect(slots.right.share).toBe(0.6);
    expect(keep).toHaveBeenCalledExactlyOnceWith('b', wanted);
    end();
  });

  it('ends where another model is loaded, and remembers what was scored', async () => {
    const { slots, engine, answer, end } = await ready();
    const [, , signal] = engine.score.mock.calls[0];
    await slots.right.load(recordOf('c'));
    await settled();
    expect(signal?.aborted).toBe(true);
    expect(slots.right.unseen).toMatchObject({ known: null, failure: '' });
    await answer();
    expect(slots.right.unseen.known).not.toBeNull();
    const calls = engine.score.mock.calls.length;
    await slots.right.load(recordOf('d'));
    await settled();
    expect(slots.right.unseen.known).toBeNull();
    await slots.right.load(recordOf('c'));
    await settled();
    expect(slots.right.unseen.known?.scores).toHaveLength(COUNT);
    // Those of d.
    expect(engine.score.mock.calls.length).toBe(calls + 1);
    end();
  });

  it('binarises as for the training where whole pixels are painted, and stores none of these', async () => {
    const { slots, page, requests, keep, answer, end } = await ready(
      recordOf('b', { unseen: Float32Array.of(-1) }),
    );
    expect(slots.right.unseen.known?.scores).toHaveLength(1);
    page.painted = true;
    await settled();
    await answer();
    const drawn = { kind: 'stochastic', seed: 3 };
    expect(requests.map(({ binarisation }) => binarisation)).toEqual([drawn, drawn]);
    expect(slots.right.unseen.known).toMatchObject({ binarisation: drawn, scores: { length: COUNT } });
    expect(keep).not.toHaveBeenCalled();
    page.painted = false;
    await settled();
    expect(slots.right.unseen.known?.scores).toHaveLength(1);
    end();
  });

  it('leaves out classifiers and the model of a training run', async () => {
    const { slots, fetchDigits, read, end } = await ready(recordOf('b', { family: 'logistic-regression' }));
    await slots.right.load(recordOf('learning r1'), true);
    await read();
    expect(slots.right.learning).toBe(true);
    expect(fetchDigits).not.toHaveBeenCalled();
    expect(slots.right.unseen.known).toBeNull();
    end();
  });

  it('says why it failed, and tries again', async () => {
    const opened = open();
    const { slots, fetchDigits, calibrator, answer, read, end } = opened;
    fetchDigits.mockResolvedValueOnce(fail('unseen-images.bin: HTTP 404'));
    await slots.left.load(recordOf('a', { unseen: Float32Array.of(-8, -9) }));
    await slots.right.load(recordOf('b'));
    await read();
    expect(slots.right.unseen).toMatchObject({ known: null, failure: 'unseen-images.bin: HTTP 404' });
    calibrator.retry(slots.right);
    await answer();
    expect(slots.right.unseen).toMatchObject({ failure: '', known: { scores: { length: COUNT } } });
    end();
  });

  it('takes no score that is no number', async () => {
    const { slots, engine, answer, read, end } = open();
    engine.score.mockResolvedValue(ok(Float64Array.of(NaN)));
    await slots.left.load(recordOf('a'));
    await slots.right.load(recordOf('b', { unseen: Float32Array.of(-8) }));
    await read();
    await answer();
    expect(slots.left.unseen).toMatchObject({
      known: null,
      failure: expect.stringMatching(/no numbers/) as string,
    });
    end();
  });
});
