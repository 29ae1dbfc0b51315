import { afterEach, describe, expect, it, vi } from 'vitest';
import { allRunsEnded } from '../../../src/app/run-locks.ts';
import { Turn } from '../../../src/app/turn.ts';
import { fakeLocks } from './locks.ts';

afterEach(() => vi.unstubAllGlobals());

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('a turn', () => {
  it('waits for the turn before it, and holds a lock from its request to its end', async () => {
    const { held, locks } = fakeLocks();
    vi.stubGlobal('navigator', { locks });
    const turn = new Turn();
    const endFirst = await turn.take();
    let second = false;
    const taken = turn.take().then((end) => {
      second = true;
      return end;
    });
    await settle();
    expect([second, held.length, turn.longWork.busy]).toEqual([false, 2, false]);
    endFirst();
    const endSecond = await taken;
    await settle();
    expect(held).toHaveLength(1);
    endSecond();
    await settle();
    expect(held).toEqual([]);
  });

  it('holds the start of a new version, also between the turns of longer work', async () => {
    const { locks } = fakeLocks();
    vi.stubGlobal('navigator', { locks });
    const turn = new Turn();
    let finish: () => void = () => undefined;
    const work = turn.longWork.during(async () => {
      for (let model = 0; model < 3; model++) {
        const end = await turn.take();
        end();
      }
      await new Promise<void>((resolve) => (finish = resolve));
    });
    const onWait = vi.fn();
    let ended = false;
    const update = allRunsEnded(new AbortController().signal, onWait).then((all) => (ended = all));
    for (let i = 0; i < 20; i++) await settle();
    expect([ended, onWait.mock.calls.length > 0, turn.longWork.busy]).toEqual([false, true, true]);
    finish();
    await work;
    await update;
    expect([ended, turn.longWork.busy]).toEqual([true, false]);
  });

  it('works without locks, and ends with a failure of the work', async () => {
    vi.stubGlobal('navigator', {});
    const turn = new Turn();
    (await turn.take())();
    await expect(turn.longWork.during(() => Promise.reject(new Error('the worker died')))).rejects.toThrow(
      'died',
    );
    expect(turn.longWork.busy).toBe(false);
  });
});
