import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelSlot } from '../../../src/app/compare/model-slot.svelte.ts';
import type { Side } from '../../../src/app/sides.ts';
import { SAMPLE_COUNT, SampleGrids } from '../../../src/app/samples/samples.svelte.ts';
import { blankImages, pixelCount } from '../../../src/data/images.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import type { Engine, SampleFrame } from '../../../src/engine/api.ts';

const grid = { width: 4, height: 4 };

let now = 0;
let frame: ((now: number) => void) | null = null;
/** Animation frames requested so far. */
let requested = 0;

beforeEach(() => {
  now = 0;
  frame = null;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('performance', { now: () => now });
  vi.stubGlobal('requestAnimationFrame', (next: (now: number) => void) => {
    frame = next;
    return ++requested;
  });
  vi.stubGlobal('cancelAnimationFrame', () => (frame = null));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Waits until pending promises have settled. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Runs animation frames of a sixtieth of a second for `milliseconds`. */
async function pass(milliseconds: number): Promise<void> {
  for (const end = now + milliseconds; now < end;) {
    now += 1000 / 60;
    vi.advanceTimersByTime(1000 / 60);
    const next = frame;
    frame = null;
    next?.(now);
    await settle();
  }
}

/** An engine that records its open samplers and can be made to fail. */
function fakeEngine() {
  const open = new Map<string, number>();
  const state = { open, calls: 0, fault: null as (() => Promise<Result<SampleFrame>>) | null };
  const frameOf = (name: string): Result<SampleFrame> =>
    ok({ images: blankImages(grid, SAMPLE_COUNT), position: open.get(name)! });
  const engine = {
    openSampler: async (name: string): Promise<Result<SampleFrame>> => {
      state.calls++;
      if (state.fault) return await state.fault();
      open.set(name, 0);
      return await Promise.resolve(frameOf(name));
    },
    advanceSampler: async (name: string, pixels: number): Promise<Result<SampleFrame>> => {
      state.calls++;
      if (state.fault) return await state.fault();
      if (!open.has(name)) return await Promise.resolve(fail(`sampler: "${name}" is not open`));
      open.set(name, Math.min(pixelCount(grid), open.get(name)! + pixels));
      return frameOf(name);
    },
    closeSampler: (name: string): Promise<void> => {
      open.delete(name);
      return Promise.resolve();
    },
  };
  return { engine, state };
}

function fakeSlot(side: Side) {
  return {
    canSample: true,
    engineName: `${side}-1`,
    model: { grid },
    releaseAllBut: () => Promise.resolve(),
  };
}

/** `watch`: the visitor watches them being drawn. */
function start(watch = true) {
  const { engine, state } = fakeEngine();
  const slots = { left: fakeSlot('left'), right: fakeSlot('right') };
  const sampleGrids = new SampleGrids(
    engine as unknown as Engine,
    slots as unknown as Record<Side, ModelSlot>,
  );
  sampleGrids.start();
  if (watch) sampleGrids.toggle();
  return { sampleGrids, engine, state, slots };
}

describe('sample grids', () => {
  it('are drawn to their last pixel', async () => {
    const { sampleGrids } = start();
    await pass(6500);
    expect([sampleGrids.left?.position, sampleGrids.right?.position]).toEqual([16, 16]);
    expect(sampleGrids.failure).toBe('');
  });

  it('of a link are finished at any pace, and drawn at it once the visitor watches', async () => {
    const { sampleGrids } = start();
    await pass(1000);
    sampleGrids.showLinked({ seed: 9, temperature: 0.7, pace: 'slow', first: 24 });
    await pass(300);
    expect(sampleGrids).toMatchObject({ seed: 9, temperature: 0.7, pace: 'slow', first: 24, running: false });
    expect([sampleGrids.left?.position, sampleGrids.right?.position]).toEqual([16, 16]);
    sampleGrids.toggle();
    await pass(3000);
    expect(sampleGrids.pace).toBe('slow');
    expect(sampleGrids.left?.position).toBeLessThan(16);
  });

  it('are finished at once, those of a model that comes later too, and stay until the visitor watches', async () => {
    const { sampleGrids, slots } = start(false);
    slots.right.canSample = false;
    await pass(100);
    expect(sampleGrids.left?.position).toBe(16);
    slots.right.canSample = true;
    sampleGrids.reopen('right');
    await pass(300);
    expect([sampleGrids.left?.position, sampleGrids.right?.position]).toEqual([16, 16]);
    await pass(10_000);
    expect(sampleGrids.first).toBe(0);

    // The same images again from their first pixel; the next follow after two seconds and a half.
    sampleGrids.toggle();
    await pass(1000);
    expect(sampleGrids.first).toBe(0);
    expect(sampleGrids.left?.position).toBeGreaterThan(0);
    expect(sampleGrids.left?.position).toBeLessThan(16);
    await pass(9000);
    expect(sampleGrids.first).toBe(SAMPLE_COUNT);
    expect(sampleGrids.left?.position).toBeLessThan(16);
  });

  it.each([
    ['a new seed', (grids: SampleGrids) => grids.newSeed()],
    ['another temperature', (grids: SampleGrids) => grids.setTemperature(0.5)],
  ])('are finished at once after %s, unless the visitor watches', async (_, change) => {
    const still = start(false).sampleGrids;
    await pass(100);
    change(still);
    await pass(300);
    expect(still.left?.position).toBe(16);
    still.stop();

    const { sampleGrids } = start();
    await pass(1000);
    change(sampleGrids);
    await pass(1000);
    expect(sampleGrids.left?.position).toBeGreaterThan(0);
    expect(sampleGrids.left?.position).toBeLessThan(16);
    // Paused in the middle: what is drawn then would not go on.
    sampleGrids.toggle();
    change(sampleGrids);
    await pass(500);
    expect(sampleGrids.left?.position).toBe(16);
  });

  it.each([
    ['a rejection', () => Promise.reject(new Error('the device is gone'))],
    ['a failure', () => Promise.resolve(fail('the device is gone'))],
  ])('report why they do not advance after %s, retry at growing intervals and recover', async (_, fault) => {
    const { sampleGrids, state } = start();
    await pass(1000);
    const before = sampleGrids.left!.position;
    state.fault = fault;
    await pass(1000);
    expect(sampleGrids.failure).toMatch(/the device is gone/);
    expect(sampleGrids.failure).toMatch(/tried again/);
    state.calls = 0;
    await pass(30_000);
    // 60 frames a second would make 1,800 calls a side; doubling from half a second makes about six.
    expect(state.calls).toBeGreaterThan(4);
    expect(state.calls).toBeLessThan(20);
    state.fault = null;
    await pass(31_000);
    expect(sampleGrids.failure).toBe('');
    expect(sampleGrids.left!.position).toBeGreaterThan(before);
  });

  it('continue at once with another model, and after the engine has lost its samplers', async () => {
    const { sampleGrids, state, slots } = start();
    await pass(1000);
    state.fault = () => Promise.resolve(fail('model: "left-1" is not loaded'));
    await pass(20_000);
    state.fault = null;
    slots.left.engineName = 'left-2';
    sampleGrids.reopen('left');
    await pass(100);
    expect(sampleGrids.failure).not.toMatch(/Model A/);
    // A fresh engine has no open samplers.
    state.open.clear();
    await pass(12_000);
    expect(sampleGrids.failure).toBe('');
    expect([sampleGrids.left?.position, sampleGrids.right?.position]).toEqual([16, 16]);
  });

  it('request few frames while they are paused, and go on at once', async () => {
    const { sampleGrids } = start();
    await pass(1000);
    const { position } = sampleGrids.left!;
    sampleGrids.toggle();
    await pass(100);
    requested = 0;
    await pass(2000);
    expect(sampleGrids.left!.position).toBe(position);
    // Sixty a second would be 120.
    expect(requested).toBeLessThan(25);
    sampleGrids.toggle();
    expect(frame).not.toBeNull();
    await pass(1000);
    expect(sampleGrids.left!.position).toBeGreaterThan(position);
  });

  it('of one model continue where the other one fails', async () => {
    const { sampleGrids, engine } = start();
    const { openSampler } = engine;
    engine.openSampler = (name) =>
      name === 'right' ? Promise.resolve(fail('too large')) : openSampler(name);
    await pass(6500);
    expect(sampleGrids.left?.position).toBe(16);
    expect(sampleGrids.failure).toMatch(/^Model B: too large/);
  });

  it('are closed in the engine once their models are removed, also while they are being opened', async () => {
    const { sampleGrids, engine, state, slots } = start();
    await pass(500);
    expect([...state.open.keys()]).toEqual(['left', 'right']);
    // Another grid removes both models.
    for (const side of ['left', 'right'] as const)
      Object.assign(slots[side], { canSample: false, engineName: null, model: null });
    sampleGrids.clear();
    await settle();
    expect([...state.open.keys()]).toEqual([]);

    // A sampler whose model is removed while it opens.
    Object.assign(slots.left, fakeSlot('left'));
    const { openSampler } = engine;
    let go: () => void = () => undefined;
    engine.openSampler = async (name) => {
      await new Promise<void>((resolve) => (go = resolve));
      return await openSampler(name);
    };
    await pass(50);
    Object.assign(slots.left, { canSample: false, engineName: null, model: null });
    sampleGrids.reopen('left');
    go();
    await settle();
    expect([...state.open.keys()]).toEqual([]);
  });

  it('are closed without an error where the engine has ended', async () => {
    const { sampleGrids, engine, slots } = start();
    engine.closeSampler = () => Promise.reject(new Error('the worker ended'));
    Object.assign(slots.left, { canSample: false });
    sampleGrids.reopen('left');
    sampleGrids.clear();
    await settle();
    expect(sampleGrids.left).toBeNull();
  });
});
