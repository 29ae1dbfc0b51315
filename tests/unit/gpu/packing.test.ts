import { describe, expect, it } from 'vitest';
import { Condition } from '../../../src/gpu/condition.ts';
import { Costs } from '../../../src/gpu/costs.ts';
import type { Dispatch, Kernel } from '../../../src/gpu/kernel.ts';
import { Packing, TARGET_MS } from '../../../src/gpu/packing.ts';
import type { Recorder } from '../../../src/gpu/recorder.ts';
import { WorkQueue } from '../../../src/gpu/work-queue.ts';

const MOST = 1000;

function dispatchOf(label: string, workgroups: Dispatch['workgroups'], splittable = true): Dispatch {
  const kernel = { label, splittable, dispatches: 0 } as unknown as Kernel;
  return { kind: 'dispatch', kernel, workgroups, work: 1 } as unknown as Dispatch;
}

/** Packs `work` submit by submit; of each the label, the first workgroup and the number of every dispatch. */
function packAll(work: readonly Dispatch[], costs: Costs): string[][] {
  const queue = new WorkQueue(MOST);
  const packing = new Packing(costs, MOST);
  queue.add(work);
  const submits: string[][] = [];
  while (!queue.isEmpty) {
    const recorded: string[] = [];
    packing.pack(queue, {
      hasRoom: () => true,
      dispatch: ({ kernel }: Dispatch, first: number, columns: number) =>
        recorded.push(`${kernel.label} ${first}+${columns}`),
    } as unknown as Recorder);
    submits.push(recorded);
  }
  expect(queue.submitted).toBe(queue.queued);
  return submits;
}

/** Costs of kernels that have run on `largest` workgroups, a millisecond each. */
function measured(labels: readonly string[], largest: number): Costs {
  const costs = new Costs();
  for (const label of labels) costs.learn(new Map([[label, largest]]), largest);
  return costs;
}

describe('what goes into a submit', () => {
  it('is what takes the target by its costs, cut where the kernel allows it', () => {
    const work = [dispatchOf('a', [7]), dispatchOf('b', [2, 3]), dispatchOf('a', [4])];
    expect(packAll(work, measured(['a', 'b'], 100))).toEqual([
      ['a 0+7', 'b 0+1'],
      ['b 1+1', 'a 0+4'],
    ]);
  });

  it('is a kernel alone that was never measured: one column, or the whole grid where it cannot be cut', () => {
    expect(packAll([dispatchOf('a', [1]), dispatchOf('new', [1])], measured(['a'], 100))).toEqual([
      ['a 0+1'],
      ['new 0+1'],
    ]);
    expect(packAll([dispatchOf('new', [5], false)], new Costs())).toEqual([['new 0+5']]);
  });

  it('grows by eight from one submit to the next, and never beyond what a dispatch may have', () => {
    const cheap = new Costs();
    cheap.learn(new Map([['a', 1000]]), 0.1);
    expect(packAll([dispatchOf('a', [1500])], cheap)).toEqual([['a 0+1000', 'a 1000+500']]);
    const small = new Costs();
    small.learn(new Map([['a', 2]]), 0.02);
    expect(packAll([dispatchOf('a', [20])], small)).toEqual([['a 0+16'], ['a 16+4']]);
  });

  it('is at least one workgroup, or one grid that cannot be cut, however much it costs', () => {
    const costs = measured(['a', 'whole'], 100);
    costs.learn(new Map([['a', 1]]), 1e6);
    expect(packAll([dispatchOf('a', [2])], costs)).toEqual([['a 0+1'], ['a 1+1']]);
    expect(packAll([dispatchOf('whole', [50], false)], costs)).toEqual([['whole 0+50']]);
  });
});

describe('room for more work', () => {
  it('is there while what waits takes less than the target', () => {
    const queue = new WorkQueue(MOST);
    const packing = new Packing(measured(['a'], 100), MOST);
    queue.add([dispatchOf('a', [TARGET_MS - 1])]);
    expect(packing.fillsSubmit(queue)).toBe(false);
    queue.add([dispatchOf('a', [1])]);
    expect(packing.fillsSubmit(queue)).toBe(true);
    queue.clear();
    queue.add([dispatchOf('new', [1])]);
    expect(packing.fillsSubmit(queue)).toBe(true);
  });
});

describe('a queue of work', () => {
  it('takes all or none, and no grid of nothing', () => {
    const queue = new WorkQueue(MOST);
    const tooLarge = dispatchOf('whole', [MOST + 1], false);
    expect(() => queue.add([dispatchOf('a', [1]), tooLarge])).toThrow(
      'whole: 1001 workgroups cannot be split',
    );
    expect(queue.isEmpty).toBe(true);
    queue.add([dispatchOf('a', [0])]);
    expect(queue.queued).toBe(0);
  });
});

describe('a condition', () => {
  it('resolves what holds when it is looked at, and rejects all of it after a failure', async () => {
    let at = 0;
    const condition = new Condition();
    const order: number[] = [];
    const waits = [2, 1].map((least) => condition.until(() => at >= least).then(() => order.push(least)));
    at = 1;
    condition.changed();
    await waits[1];
    expect(order).toEqual([1]);
    condition.fail(new Error('first'));
    condition.fail(new Error('second'));
    await expect(waits[0]).rejects.toThrow('first');
    await expect(condition.until(() => true)).rejects.toThrow('first');
  });
});
