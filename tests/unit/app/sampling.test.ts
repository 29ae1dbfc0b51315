import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Questions, type QuestionPorts } from '../../../src/app/questions/questions.svelte.ts';
import { Race } from '../../../src/app/sampling/sampling.svelte.ts';
import { type Grid, packImages, pixelCount } from '../../../src/data/images.ts';
import { ok, type Result } from '../../../src/data/result.ts';
import type { Agreement, SamplingApi, RaceFrame } from '../../../src/engine/queries/api.ts';
import type { SampleMethod } from '../../../src/engine/backends/backend.ts';

const grid: Grid = { width: 28, height: 28 };
const images = packImages(grid, new Uint8Array(pixelCount(grid)));

/** Decides one pixel a pass; every turn also takes `trip` milliseconds that are not computing. */
class FakeRace implements SamplingApi {
  readonly turns: number[] = [];
  readonly #passes = new Map<string, number>();

  constructor(
    readonly passMs: number,
    readonly trip: number,
  ) {}

  methods(): Promise<Result<Readonly<Record<SampleMethod, string | null>>>> {
    return Promise.resolve(ok({ ancestral: null, 'fixed-point': 'no', 'first-firing': 'no' }));
  }

  start(runner: string): Promise<Result<RaceFrame>> {
    this.#passes.set(runner, 0);
    return Promise.resolve(ok(this.#frame(0)));
  }

  async advance(runner: string, passes: number): Promise<Result<RaceFrame>> {
    const before = this.#passes.get(runner) ?? 0;
    const after = Math.min(pixelCount(grid), before + passes);
    this.#passes.set(runner, after);
    this.turns.push(passes);
    await new Promise((resolve) => setTimeout(resolve, this.trip + (after - before) * this.passMs));
    return ok(this.#frame(after));
  }

  compare(): Promise<Result<Agreement>> {
    return Promise.resolve(ok({ images: 1, different: 0, ties: 0 }));
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  #frame(passes: number): RaceFrame {
    const finished = Uint32Array.of(passes < pixelCount(grid) ? 0 : passes);
    return { images, passes, finished, seconds: (passes * this.passMs) / 1000 };
  }
}

async function run(desk: FakeRace): Promise<Race> {
  const slot = { model: { grid }, engineName: 'right-1', state: 'ready', note: '', classifies: false };
  const engine = { sampling: desk, status: () => Promise.resolve({ kind: 'cpu' }) };
  const ports = { engine, pad: { grid }, slots: { left: slot, right: slot } };
  const race = new Questions(ports as unknown as QuestionPorts).panelState(Race);
  race.follow();
  await vi.advanceTimersByTimeAsync(0);
  race.toggle();
  await vi.advanceTimersByTimeAsync(300_000);
  return race;
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
  it('takes few turns where a turn takes long only because the page is slow', async () => {
    const desk = new FakeRace(0.05, 60);
    const race = await run(desk);
    expect(race.over).toBe(true);
    expect(desk.turns.length).toBeLessThan(30);
  });

  it('takes turns that compute no longer than other work can wait', async () => {
    const desk = new FakeRace(10, 0);
    const race = await run(desk);
    expect(race.over).toBe(true);
    // 30 ms are two or three passes of 10 ms; a step is halved once it took longer.
    expect(Math.max(...desk.turns)).toBeLessThanOrEqual(4);
  });

  it('never spends more time on the way than on computing, as long as a turn stays short', async () => {
    const desk = new FakeRace(10, 60);
    const race = await run(desk);
    expect(race.over).toBe(true);
    // 784 passes of 10 ms, in turns that compute for at least half of the 60 ms and the frame that they wait.
    expect(desk.turns.length).toBeLessThan(220);
    expect(Math.max(...desk.turns) * 10).toBeLessThanOrEqual(200);
  });
});
