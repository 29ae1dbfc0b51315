import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelSlot, Side } from '../../../src/app/compare/model-slot.svelte.ts';
import { SAMPLE_COUNT, SampleGrids } from '../../../src/app/samples/samples.svelte.ts';
import { blankImages, pixelCount } from '../../../src/data/images.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import type { Engine, SampleFrame } from '../../../src/engine/api.ts';

const grid = { width: 4, height: 4 };

let now = 0;
let frame: ((now: number) => void) | null = null;

beforeEach(() => {
  now = 0;
  frame = null;
  vi.stubGlobal('performance', { now: () => now });
  vi.stubGlobal('requestAnimationFrame', (next: (now: number) => void) => {
    frame = next;
    return 1;
  });
  vi.stubGlobal('cancelAnimationFrame', () => (frame = null));
});
afterEach(() => vi.unstubAllGlobals());

/** What is under way has ended. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Frames of a sixtieth of a second for so long, in milliseconds. */
async function pass(milliseconds: number): Promise<void> {
  for (const end = now + milliseconds; now < end;) {
    now += 1000 / 60;
    frame?.(now);
    await settle();
  }
}

/** An engine whose walls can be counted, and told to fail. */
function fakeEngine() {
  const open = new Map<string, number>();
  const state = { open, calls: 0, fault: null as (() => Promise<Result<SampleFrame>>) | null };
  const frameOf = (wall: string): Result<SampleFrame> =>
    ok({ images: blankImages(grid, SAMPLE_COUNT), position: open.get(wall)! });
  const engine = {
    openSampler: async (wall: string): Promise<Result<SampleFrame>> => {
      state.calls++;
      if (state.fault) return await state.fault();
      open.set(wall, 0);
      return await Promise.resolve(frameOf(wall));
    },
    advanceSampler: async (wall: string, pixels: number): Promise<Result<SampleFrame>> => {
      state.calls++;
      if (state.fault) return await state.fault();
      if (!open.has(wall)) return await Promise.resolve(fail(`wall: "${wall}" is not open`));
      open.set(wall, Math.min(pixelCount(grid), open.get(wall)! + pixels));
      return frameOf(wall);
    },
    closeSampler: (wall: string): Promise<void> => {
      open.delete(wall);
      return Promise.resolve();
    },
  };
  return { engine, state };
}

function fakeReader(side: Side) {
  return {
    canSample: true,
    engineName: `${side}-1`,
    model: { grid },
    releaseAllBut: () => Promise.resolve(),
  };
}

function start() {
  const { engine, state } = fakeEngine();
  const slots = { left: fakeReader('left'), right: fakeReader('right') };
  const walls = new SampleGrids(engine as unknown as Engine, slots as unknown as Record<Side, ModelSlot>);
  walls.start(false);
  return { walls, engine, state, slots };
}

describe('walls', () => {
  it('are drawn to their last pixel', async () => {
    const { walls } = start();
    await pass(6500);
    expect([walls.left?.position, walls.right?.position]).toEqual([16, 16]);
    expect(walls.failure).toBe('');
  });

  it.each([
    ['a rejection', () => Promise.reject(new Error('the device is gone'))],
    ['a failure', () => Promise.resolve(fail('the device is gone'))],
  ])('say why they stand still after %s, try again at growing intervals and recover', async (_, fault) => {
    const { walls, state } = start();
    await pass(1000);
    const before = walls.left!.position;
    state.fault = fault;
    await pass(1000);
    expect(walls.failure).toMatch(/the device is gone/);
    expect(walls.failure).toMatch(/tried again/);
    state.calls = 0;
    await pass(30_000);
    // 60 frames a second would make 1,800 calls a side; doubling from half a second makes about six.
    expect(state.calls).toBeGreaterThan(4);
    expect(state.calls).toBeLessThan(20);
    state.fault = null;
    await pass(31_000);
    expect(walls.failure).toBe('');
    expect(walls.left!.position).toBeGreaterThan(before);
  });

  it('go on at once with another model, and after a wall that the engine has forgotten', async () => {
    const { walls, state, slots } = start();
    await pass(1000);
    state.fault = () => Promise.resolve(fail('model: "left-1" is not loaded'));
    await pass(20_000);
    state.fault = null;
    slots.left.engineName = 'left-2';
    walls.reopen('left');
    await pass(100);
    expect(walls.failure).not.toMatch(/Model A/);
    // A fresh engine has no walls.
    state.open.clear();
    await pass(12_000);
    expect(walls.failure).toBe('');
    expect([walls.left?.position, walls.right?.position]).toEqual([16, 16]);
  });

  it('of one model go on where the other one fails', async () => {
    const { walls, engine } = start();
    const { openSampler } = engine;
    engine.openSampler = (wall) =>
      wall === 'right' ? Promise.resolve(fail('too large')) : openSampler(wall);
    await pass(6500);
    expect(walls.left?.position).toBe(16);
    expect(walls.failure).toMatch(/^Model B: too large/);
  });

  it('are closed in the engine once their models have left, also while they are being opened', async () => {
    const { walls, engine, state, slots } = start();
    await pass(500);
    expect([...state.open.keys()]).toEqual(['left', 'right']);
    // Another grid: the models leave.
    for (const side of ['left', 'right'] as const)
      Object.assign(slots[side], { canSample: false, engineName: null, model: null });
    walls.clear();
    await settle();
    expect([...state.open.keys()]).toEqual([]);

    // A wall that was being opened while its model left.
    Object.assign(slots.left, fakeReader('left'));
    const { openSampler } = engine;
    let go: () => void = () => undefined;
    engine.openSampler = async (wall) => {
      await new Promise<void>((resolve) => (go = resolve));
      return await openSampler(wall);
    };
    await pass(50);
    Object.assign(slots.left, { canSample: false, engineName: null, model: null });
    walls.reopen('left');
    go();
    await settle();
    expect([...state.open.keys()]).toEqual([]);
  });

  it('are closed without complaint where the engine has ended', async () => {
    const { walls, engine, slots } = start();
    engine.closeSampler = () => Promise.reject(new Error('the worker ended'));
    Object.assign(slots.left, { canSample: false });
    walls.reopen('left');
    walls.clear();
    await settle();
    expect(walls.left).toBeNull();
  });
});
