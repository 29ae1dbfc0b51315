import { run } from '../store/samples.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { holdingRun, isHeld, untilReleased } from '../../../src/app/run-locks.ts';
import { sortRuns } from '../../../src/app/training/interrupted.ts';

afterEach(() => vi.unstubAllGlobals());

const refused = () => Promise.reject(new DOMException('site data are blocked', 'SecurityError'));

/** The part of the Web Locks API that the page uses. */
function workingLocks() {
  return {
    request: async (_name: string, ...given: unknown[]) => await (given.at(-1) as () => unknown)(),
    query: () => Promise.resolve({ held: [{ name: 'inkling-run-r1' }] }),
  };
}

describe.each([
  ['no locks', {}],
  ['locks that are refused', { locks: { request: refused, query: refused } }],
  [
    'locks that throw',
    {
      get locks() {
        throw new DOMException('site data are blocked', 'SecurityError');
      },
    },
  ],
])('a browser with %s', (_, navigator) => {
  it('still works on a run, once', async () => {
    vi.stubGlobal('navigator', navigator);
    const work = vi.fn(() => Promise.resolve('trained'));
    expect(await holdingRun('r1', work)).toBe('trained');
    expect(work).toHaveBeenCalledTimes(1);
    expect(await isHeld('r1')).toBe(false);
    await untilReleased('r1');
  });

  it('does not offer a run that another tab may have started', async () => {
    vi.stubGlobal('navigator', navigator);
    const begun = { ...run, id: 'begun', checkpoint: null, updatedAt: 1000 };
    expect((await sortRuns([begun], 2000)).empty).toEqual([]);
    expect((await sortRuns([begun], 2000 + 24 * 3_600_000)).empty).toEqual([begun]);
    expect((await sortRuns([begun, run], 2000)).offered).toEqual(run);
  });

  it('passes on a failure of the work', async () => {
    vi.stubGlobal('navigator', navigator);
    await expect(holdingRun('r1', () => Promise.reject(new Error('the worker died')))).rejects.toThrow(
      'the worker died',
    );
  });
});

describe('a browser with locks', () => {
  it('holds the lock of the run during its work', async () => {
    vi.stubGlobal('navigator', { locks: workingLocks() });
    const work = vi.fn(() => Promise.resolve('trained'));
    expect(await holdingRun('r1', work)).toBe('trained');
    expect(work).toHaveBeenCalledTimes(1);
    expect([await isHeld('r1'), await isHeld('r2')]).toEqual([true, false]);
    const empty = { ...run, id: 'r2', checkpoint: null };
    expect(await sortRuns([run, empty], run.updatedAt)).toEqual({
      offered: null,
      empty: [empty],
      held: [run],
    });
  });

  it('passes on a failure of the work, also a SecurityError, and does not run it twice', async () => {
    vi.stubGlobal('navigator', { locks: workingLocks() });
    const work = vi.fn(() => Promise.reject(new DOMException('of the work', 'SecurityError')));
    await expect(holdingRun('r1', work)).rejects.toThrow('of the work');
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('completes the work when another tab steals its lock', async () => {
    let steal: (error: unknown) => void = () => undefined;
    const request = (_name: string, work: () => Promise<unknown>) =>
      new Promise((_, reject) => {
        steal = reject;
        void work();
      });
    vi.stubGlobal('navigator', { locks: { request } });
    let end: (value: string) => void = () => undefined;
    const held = holdingRun('r1', () => new Promise<string>((resolve) => (end = resolve)));
    steal(new DOMException('stolen', 'AbortError'));
    end('trained');
    expect(await held).toBe('trained');
  });
});
