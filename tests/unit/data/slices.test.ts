import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fail, ok } from '../../../src/data/result.ts';
import { forEachSlice, yieldToEventLoop } from '../../../src/data/slices.ts';

let clock = 0;

beforeEach(() => {
  clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
});
afterEach(() => void vi.restoreAllMocks());

/** The slices of `total` items of which each takes so many milliseconds. */
async function slicesOf(total: number, itemMs: (item: number) => number, size?: number) {
  const slices: [number, number][] = [];
  await forEachSlice(total, {
    targetMs: 20,
    ...(size === undefined ? {} : { size }),
    work: (first, count) => {
      slices.push([first, count]);
      for (let item = first; item < first + count; item++) clock += itemMs(item);
    },
  });
  return slices;
}

describe('slices', () => {
  it.each([0, 1, 7, 8, 9, 1000])('cover %i items once, in their order', async (total) => {
    const slices = await slicesOf(total, (item) => (item % 5) / 10);
    let next = 0;
    for (const [first, count] of slices) {
      expect(first).toBe(next);
      expect(count).toBeGreaterThan(0);
      next += count;
    }
    expect(next).toBe(total);
  });

  it('grow while they are quick, shrink where they are slow, and stay near the intended time', async () => {
    const slices = await slicesOf(3000, (item) => (item < 2000 ? 0.1 : 2));
    expect(slices.slice(0, 5).map(([, count]) => count)).toEqual([8, 16, 32, 64, 128]);
    const slow = slices.filter(([first]) => first >= 2100).slice(3, -1);
    for (const [, count] of slow) expect(2 * count).toBeLessThanOrEqual(40);
    expect((await slicesOf(10_000, () => 0)).every(([, count]) => count <= 4096)).toBe(true);
    expect((await slicesOf(100, () => 0, 64)).map(([, count]) => count)).toEqual([64, 36]);
    const next = await forEachSlice(24, { targetMs: 20, size: 16, work: () => undefined });
    expect(next).toEqual(ok(32));
  });

  it('have the same size where no time is intended', async () => {
    const slices: number[] = [];
    await forEachSlice(600, { size: 256, work: (_, count) => void slices.push(count) });
    expect(slices).toEqual([256, 256, 88]);
  });

  it('let other work of the thread run after each', async () => {
    const seen: string[] = [];
    const timer = setInterval(() => seen.push('timer'), 0);
    await forEachSlice(40, {
      targetMs: 20,
      work: async (first) => {
        seen.push(`slice ${first}`);
        await yieldToEventLoop();
        await new Promise((resolve) => setTimeout(resolve, 2));
      },
    });
    clearInterval(timer);
    expect(seen.indexOf('timer')).toBeLessThan(seen.indexOf('slice 8'));
  });

  it('end with an abort, whose reason is thrown', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const done: number[] = [];
    const sliced = forEachSlice(100, {
      targetMs: 20,
      signal,
      work: (first) => {
        done.push(first);
        if (first === 8) controller.abort(new Error('planted'));
      },
    });
    await expect(sliced).rejects.toThrow('planted');
    expect(done).toEqual([0, 8]);
    const none = forEachSlice(1, { targetMs: 20, signal, work: () => void done.push(-1) });
    await expect(none).rejects.toThrow('planted');
    expect(done).toEqual([0, 8]);
  });

  it('end with the first that fails', async () => {
    const done: number[] = [];
    const sliced = await forEachSlice(100, {
      targetMs: 20,
      work: (first) => {
        done.push(first);
        return Promise.resolve(first < 8 ? ok(first) : fail('planted'));
      },
    });
    expect(sliced).toEqual(fail('planted'));
    expect(done).toEqual([0, 8]);
  });
});
