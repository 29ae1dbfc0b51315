import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { QuestionPorts } from '../../../src/app/questions/ports.ts';
import { Questions } from '../../../src/app/questions/questions.svelte.ts';
import { Completions, COMPLETIONS } from '../../../src/app/complete/completion.svelte.ts';
import {
  bestMethod,
  overlookedPixels,
  describeOverlooked,
  expectedNoise,
} from '../../../src/app/complete/words.ts';
import { pixelMeans } from '../../../src/data/dataset.ts';
import { knownPixelsOf, maskOf } from '../../../src/data/known-pixels.ts';
import { type Grid, packImages, type PackedImages, setPixel } from '../../../src/data/images.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import type {
  Completion,
  CompleteApi,
  CompletionFrame,
  CompletionMethod,
  CompletionMethodInfo,
  CompletionRequest,
} from '../../../src/engine/queries/api.ts';

const grid: Grid = { width: 3, height: 3 };
const info = (method: CompletionMethod, part: Partial<CompletionMethodInfo> = {}): CompletionMethodInfo => ({
  method,
  available: true,
  exact: method === 'exact',
  why: `how ${method} works`,
  ...part,
});
const ALL = (['exact', 'forward', 'importance', 'gibbs'] as const).map((method) => info(method));

/** Records requests; the test decides when they are answered. */
class FakeQueries implements CompleteApi {
  available: readonly CompletionMethodInfo[] = ALL;
  readonly requests: CompletionRequest[] = [];
  readonly names: string[] = [];
  aborted = 0;
  onFrame: (frame: CompletionFrame) => void = () => undefined;
  answer: (completion: Result<Completion>) => void = () => undefined;
  measure: (distance: Result<number>) => void = () => undefined;

  methods(): Promise<Result<readonly CompletionMethodInfo[]>> {
    return Promise.resolve(ok(this.available));
  }

  complete(
    name: string,
    request: CompletionRequest,
    onFrame: (frame: CompletionFrame) => void,
    signal: AbortSignal,
  ): Promise<Result<Completion>> {
    this.names.push(name);
    this.requests.push(request);
    this.onFrame = onFrame;
    return this.#until(signal, (resolve) => (this.answer = resolve));
  }

  distance(_: string, request: CompletionRequest, signal: AbortSignal): Promise<Result<number>> {
    this.requests.push(request);
    return this.#until(signal, (resolve) => (this.measure = resolve));
  }

  /** Rejects on an abort, as calls of the engine do. */
  #until<T>(signal: AbortSignal, begin: (resolve: (answer: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      begin(resolve);
      signal.addEventListener('abort', () => {
        this.aborted++;
        reject(signal.reason as Error);
      });
    });
  }
}

const drawn = (bits: readonly number[]): PackedImages => packImages(grid, bits);
const RING = drawn([1, 1, 1, 1, 0, 1, 1, 1, 1]);
/** `count` completions of the ring's upper row, all of whose hidden pixels are `bit`. */
function completionsOf(request: CompletionRequest, bit: 0 | 1): Completion {
  const bits = Array.from({ length: request.count }, () => [1, 1, 1, bit, bit, bit, bit, bit, bit]).flat();
  return { images: packImages(grid, bits), exact: true, effectiveSamples: null, logMarginal: -2 };
}

function open() {
  const queries = new FakeQueries();
  const slot = {
    model: { grid },
    engineName: 'right-1' as string | null,
    reading: null,
    state: 'ready',
    note: '',
    classifies: false,
    order: null,
  };
  const pad = { grid, seen: { packed: RING } };
  const ports = { engine: { complete: queries }, pad, slots: { left: slot, right: slot } };
  const questions = new Questions(ports as unknown as QuestionPorts);
  return { queries, slot, pad, completions: questions.of('right').state(Completions) };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

describe('the completion panel', () => {
  it('queries the best method at once, shows frames, then the answer and its mean', async () => {
    const { queries, completions } = open();
    completions.follow();
    await settle();
    expect(queries.requests).toHaveLength(1);
    const [request] = queries.requests;
    expect([request.method, request.count]).toEqual(['exact', COMPLETIONS]);
    expect([...request.knownPixels.image.words]).toEqual([0b111]);
    expect(completions.running).toBe(true);
    queries.onFrame({ images: { grid, count: 2, words: new Uint32Array([0b111, 0b1111]) }, done: 0.5 });
    expect([...completions.samples!.images.words]).toEqual([0b111, 0b1111]);
    expect(completions.samples!.done).toBe(0.5);
    queries.answer(ok(completionsOf(request, 1)));
    await settle();
    expect(completions.running).toBe(false);
    expect([...completions.samples!.shares!]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1]);
    completions.follow();
    await settle();
    expect(queries.requests).toHaveLength(1);
  });

  it('uses the method that the visitor chose, and another one only where that is not available', async () => {
    const { queries, completions } = open();
    completions.wanted = 'gibbs';
    completions.sweeps = 5;
    completions.follow();
    await settle();
    expect([queries.requests[0].method, queries.requests[0].sweeps]).toEqual(['gibbs', 5]);
    queries.available = [info('forward'), info('gibbs', { available: false })];
    completions.newSeed();
    completions.follow();
    queries.answer(ok(completionsOf(queries.requests[0], 0)));
    await settle();
    expect(queries.requests[1].method).toBe('forward');
    expect(completions.method).toBe('forward');
  });

  it('shows a quick answer and aborts a slow query when a newer one is submitted', async () => {
    const { queries, completions } = open();
    completions.follow();
    await settle();
    completions.mask.preset('top-half');
    completions.follow();
    await vi.advanceTimersByTimeAsync(200);
    expect(queries.aborted).toBe(0);
    await vi.advanceTimersByTimeAsync(100);
    expect(queries.aborted).toBe(1);
    // The aborted query left no samples; the newest one is running.
    expect(completions.samples).toBeNull();
    expect(queries.requests).toHaveLength(2);
    expect([...queries.requests[1].knownPixels.known.words]).toEqual([0b111000000]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(queries.aborted).toBe(1);
  });

  it('marks its samples as stale from a new choice until the first new frame', async () => {
    const { queries, completions } = open();
    completions.follow();
    await settle();
    expect(completions.stale).toBe(false);
    queries.answer(ok(completionsOf(queries.requests[0], 1)));
    await settle();
    expect([completions.stale, completions.done]).toEqual([false, 1]);

    completions.wanted = 'gibbs';
    completions.follow();
    await settle();
    expect(completions.samples!.methodInfo.method).toBe('exact');
    expect([completions.stale, completions.done]).toEqual([true, 0]);
    // Stopped before the first frame: the samples are still those of the former choice.
    completions.stop();
    await settle();
    expect([completions.stopped, completions.stale, completions.done]).toEqual([true, true, 0]);

    completions.restart();
    await settle();
    queries.onFrame({ images: RING, done: 0.25 });
    expect([completions.stale, completions.done]).toEqual([false, 0.25]);
    completions.newSeed();
    expect(completions.stale).toBe(true);
  });

  it('never shows an answer of the previous model', async () => {
    const { queries, slot, completions } = open();
    completions.follow();
    await settle();
    const late = queries.onFrame;
    slot.engineName = 'right-2';
    completions.mask.preset('left-half');
    completions.follow();
    late({ images: RING, done: 0.9 });
    queries.answer(ok(completionsOf(queries.requests[0], 1)));
    await settle();
    expect(completions.samples).toBeNull();
    expect(queries.names).toEqual(['right-1', 'right-2']);
  });

  it('stops on request, keeps the partial samples, and restarts on request', async () => {
    const { queries, completions } = open();
    completions.follow();
    await settle();
    queries.onFrame({ images: RING, done: 0.4 });
    completions.stop();
    await settle();
    expect([completions.running, completions.stopped, completions.failure]).toEqual([false, true, '']);
    expect(completions.samples!.done).toBe(0.4);
    completions.restart();
    await settle();
    expect([completions.running, completions.stopped, queries.requests.length]).toEqual([true, false, 2]);
  });

  it('says why it submits no query, and why one failed', async () => {
    const { queries, completions } = open();
    completions.mask.preset('none');
    completions.follow();
    await settle();
    expect(completions.idle).toContain('Nothing is hidden');
    completions.mask.preset('top-half');
    completions.follow();
    await settle();
    expect([completions.idle, queries.requests.length]).toEqual(['', 1]);
    queries.answer(fail('sweeps: too many'));
    await settle();
    expect([completions.failure, completions.running]).toEqual(['sweeps: too many', false]);
    queries.methods = () => Promise.reject(new Error('The engine stopped.'));
    completions.restart();
    await settle();
    expect(completions.failure).toBe('The engine stopped.');
  });

  it('measures the distance of one method after the other, and drops the table when the drawing changes', async () => {
    const { queries, completions } = open();
    queries.available = [info('exact'), info('forward'), info('gibbs', { available: false })];
    completions.follow();
    await settle();
    completions.compare();
    expect(completions.distances.measuring).toBe(false);
    queries.answer(ok(completionsOf(queries.requests[0], 1)));
    await settle();
    completions.compare();
    await settle();
    queries.measure(ok(0.007));
    await settle();
    expect(completions.distances.measuring).toBe(true);
    queries.measure(fail('no time'));
    await settle();
    const { rows, unknown } = completions.distances.comparison!;
    expect(unknown).toBe(6);
    expect(rows.map(({ methodInfo: { method }, distance, note }) => [method, distance, note])).toEqual([
      ['exact', 0.007, ''],
      ['forward', null, 'no time'],
    ]);
    expect(completions.distances.measuring).toBe(false);
    completions.mask.preset('left-half');
    completions.follow();
    expect(completions.distances.comparison).toBeNull();
  });
});

describe('texts and figures about methods', () => {
  it('prefers an exact method, and forward sampling last', () => {
    const exact = info('exact', { available: false });
    expect(bestMethod([exact, ...ALL.slice(1)], null)?.method).toBe('importance');
    expect(bestMethod([exact, info('forward', { exact: true }), ...ALL.slice(2)], null)?.method).toBe(
      'forward',
    );
    expect(bestMethod([exact], null)).toBeNull();
  });

  it('counts the known pixels that forward sampling overlooks, in the order of the model', () => {
    const order = (places: readonly number[] | null) => ({
      places: places && Uint32Array.from(places),
      count: 1,
      raster: false,
      words: '',
    });
    const hidden = (pixels: readonly number[]) =>
      knownPixelsOf(
        RING,
        maskOf(grid, (pixel) => !pixels.includes(pixel)),
      );
    const raster = order([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(overlookedPixels(hidden([2, 4]), raster)).toEqual({ known: 7, late: 5 });
    expect(overlookedPixels(hidden([7, 8]), raster)).toEqual({ known: 7, late: 0 });
    expect(overlookedPixels(hidden([7, 8]), order([8, 7, 6, 5, 4, 3, 2, 1, 0]))).toEqual({
      known: 7,
      late: 7,
    });
    expect(overlookedPixels(hidden([7, 8]), order(null))).toEqual({ known: 7, late: null });
    expect(describeOverlooked({ known: 7, late: 5 })).toContain('5 of 7 come');
    expect(describeOverlooked({ known: 7, late: 0 })).toContain('overlooks none');
  });

  it('computes the mean of the images, and the distance expected by chance', () => {
    const images = packImages(grid, new Array<number>(4 * 9).fill(0));
    setPixel(images, 0, 8, 1);
    setPixel(images, 3, 8, 1);
    setPixel(images, 2, 0, 1);
    expect([...pixelMeans(images)]).toEqual([0.25, 0, 0, 0, 0, 0, 0, 0, 0.5]);
    expect(expectedNoise(6, 100_000)).toBeCloseTo(Math.sqrt(64 / (2 * Math.PI * 1e5)), 12);
  });
});
