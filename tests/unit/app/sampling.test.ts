import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { QuestionPorts } from '../../../src/app/questions/ports.ts';
import { Questions } from '../../../src/app/questions/questions.svelte.ts';
import { SamplingComparison } from '../../../src/app/sampling/sampling.svelte.ts';
import { type Grid, packImages, pixelCount } from '../../../src/data/images.ts';
import { ok, type Result } from '../../../src/data/result.ts';
import type { Agreement, MethodFrame, SamplingApi } from '../../../src/engine/queries/api.ts';
import type { SampleMethod } from '../../../src/engine/backends/backend.ts';

const grid: Grid = { width: 28, height: 28 };
const images = packImages(grid, new Uint8Array(pixelCount(grid)));

/** Decides one pixel per iteration; every turn also takes `trip` milliseconds that are not computing. */
class FakeSampling implements SamplingApi {
  readonly turns: number[] = [];
  readonly #iterations = new Map<string, number>();

  constructor(
    readonly iterationMs: number,
    readonly trip: number,
  ) {}

  methods(): Promise<Result<Readonly<Record<SampleMethod, string | null>>>> {
    return Promise.resolve(ok({ ancestral: null, 'fixed-point': 'no', 'first-firing': 'no' }));
  }

  start(run: string): Promise<Result<MethodFrame>> {
    this.#iterations.set(run, 0);
    return Promise.resolve(ok(this.#frame(0)));
  }

  async advance(run: string, iterations: number): Promise<Result<MethodFrame>> {
    const before = this.#iterations.get(run) ?? 0;
    const after = Math.min(pixelCount(grid), before + iterations);
    this.#iterations.set(run, after);
    this.turns.push(iterations);
    await new Promise((resolve) => setTimeout(resolve, this.trip + (after - before) * this.iterationMs));
    return ok(this.#frame(after));
  }

  compare(): Promise<Result<Agreement>> {
    return Promise.resolve(ok({ images: 1, different: 0, ties: 0 }));
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  #frame(iterations: number): MethodFrame {
    const finished = Uint32Array.of(iterations < pixelCount(grid) ? 0 : iterations);
    return { images, iterations, finished, seconds: (iterations * this.iterationMs) / 1000 };
  }
}

async function run(sampling: FakeSampling): Promise<SamplingComparison> {
  const slot = { model: { grid }, engineName: 'right-1', state: 'ready', note: '', classifies: false };
  const engine = { sampling, status: () => Promise.resolve({ kind: 'cpu' }) };
  const ports = { engine, pad: { grid }, slots: { left: slot, right: slot } };
  const comparison = new Questions(ports as unknown as QuestionPorts).of('right').state(SamplingComparison);
  comparison.follow();
  await vi.advanceTimersByTimeAsync(0);
  comparison.toggle();
  await vi.advanceTimersByTimeAsync(300_000);
  return comparison;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  vi.stubGlobal('requestAnimationFrame', (act: () => void) => setTimeout(act, 16));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('the comparison of sampling methods', () => {
  it('takes few turns where turns are long only because the page is slow', async () => {
    const sampling = new FakeSampling(0.05, 60);
    const comparison = await run(sampling);
    expect(comparison.over).toBe(true);
    expect(sampling.turns.length).toBeLessThan(30);
  });

  it('takes turns that compute no longer than other work can wait', async () => {
    const sampling = new FakeSampling(10, 0);
    const comparison = await run(sampling);
    expect(comparison.over).toBe(true);
    // 30 ms are two or three iterations of 10 ms; a step is halved once it took longer.
    expect(Math.max(...sampling.turns)).toBeLessThanOrEqual(4);
  });

  it('never spends more time on the way than on computing, as long as a turn stays short', async () => {
    const sampling = new FakeSampling(10, 60);
    const comparison = await run(sampling);
    expect(comparison.over).toBe(true);
    // 784 iterations of 10 ms, in turns that compute for at least half of the 60 ms and the frame that they wait.
    expect(sampling.turns.length).toBeLessThan(220);
    expect(Math.max(...sampling.turns) * 10).toBeLessThanOrEqual(200);
  });
});
