import { describe, expect, it, vi } from 'vitest';
import { ModelSlot } from '../../../src/app/compare/model-slot.svelte.ts';
import { snapshotRecord } from '../../../src/app/compare/counted-models.ts';
import { lossWords, placeWords } from '../../../src/app/training/snapshot-words.ts';
import { RunSnapshots } from '../../../src/app/training/snapshots.svelte.ts';
import { fail, ok } from '../../../src/data/result.ts';
import type { Engine, Snapshot } from '../../../src/engine/api.ts';
import { completeHyper, findFamily } from '../../../src/models/registry.ts';

const run = {
  id: 'r1',
  request: {
    runId: 'r1',
    family: 'fvsbn',
    grid: { width: 4, height: 4 },
    hyper: completeHyper(findFamily('fvsbn')!),
    binarisation: { kind: 'threshold' } as const,
    validationShare: 0.1,
    seed: 0,
    epochs: 4,
    batchSize: 10,
    learningRate: 0.01,
  },
  dataset: { id: 'starter', name: 'starter digits', revision: 0, images: 40 },
};
const at = (...steps: number[]): Snapshot[] =>
  steps.map((step) => ({ step, nats: 200 - step / 10, images: 100 }));
const point = (step: number, validation: number | null) => ({ step, epoch: step, train: 1, validation });

function open() {
  const shown: (number | 'now')[] = [];
  const dropSnapshots = vi.fn(() => Promise.resolve());
  const snapshots = new RunSnapshots({
    engine: { dropSnapshots },
    onSnapshot: ({ name }, runId, step) => {
      expect(runId).toBe('r1');
      expect(name).toBe(
        step === 0 ? 'Before the first of 30 steps: FVSBN, 4 × 4' : `After ${step} of 30 steps: FVSBN, 4 × 4`,
      );
      shown.push(step);
    },
    length: () => ({ training: 'descended', steps: 30, epochs: 3 }),
    onNow: () => shown.push('now'),
  });
  snapshots.begin(run);
  return { snapshots, shown, dropSnapshots };
}

describe('the slider over the snapshots of a run', () => {
  it('stands at the model as it is now until it is moved, however many stops there are', () => {
    const { snapshots, shown } = open();
    expect([snapshots.position, snapshots.stops.length]).toEqual([0, 0]);
    for (const all of [at(0), at(0, 1), at(0, 1, 3)]) {
      snapshots.take(all);
      expect(snapshots.position).toBe(all.length);
      expect(snapshots.shown).toBeNull();
    }
    expect(shown).toEqual([]);
  });

  it('shows a stop once, and the model as it is now at its right end', () => {
    const { snapshots, shown } = open();
    snapshots.take(at(0, 1, 3));
    snapshots.go(0);
    snapshots.go(0);
    expect(snapshots.shown?.step).toBe(0);
    snapshots.go(2);
    snapshots.go(3);
    snapshots.now();
    expect(shown).toEqual([0, 3, 'now']);
  });

  it('stays at its stop while the run adds others', () => {
    const { snapshots, shown } = open();
    snapshots.take(at(0, 1));
    snapshots.go(1);
    snapshots.take(at(0, 1, 3, 9));
    expect([snapshots.position, shown]).toEqual([1, [1]]);
  });

  it('returns to now where its stop is gone: a lost device took the run back', () => {
    const { snapshots, shown } = open();
    snapshots.take(at(0, 1, 3));
    snapshots.go(2);
    snapshots.take(at(0, 1));
    expect([snapshots.chosen, shown]).toEqual([null, [3, 'now']]);
  });

  it('has the trained model once, as its right end, which is the best that was measured', () => {
    const { snapshots, shown } = open();
    snapshots.take(at(0, 10, 20, 30));
    snapshots.go(1);
    snapshots.end([point(10, 150), point(15, null), point(20, 120), point(30, 125)], 30);
    expect(snapshots.stops.map(({ step }) => step)).toEqual([0, 10, 30]);
    expect([snapshots.keptStep, snapshots.position, shown]).toEqual([20, 1, [10]]);
    snapshots.now();
    snapshots.end([point(10, null)], 30);
    expect(snapshots.stops.map(({ step }) => step)).toEqual([0, 10, 20]);
  });

  it('forgets its stop without a word where slot B shows another model by then', () => {
    const { snapshots, shown } = open();
    snapshots.take(at(0, 1));
    snapshots.go(0);
    snapshots.left();
    expect([snapshots.position, shown]).toEqual([2, [0]]);
  });

  it('frees the memory in the engine, which may have ended', async () => {
    const { snapshots, dropSnapshots } = open();
    snapshots.take(at(0, 1));
    dropSnapshots.mockRejectedValueOnce(new Error('The engine was restarted.'));
    snapshots.clear();
    await Promise.resolve();
    expect(dropSnapshots.mock.calls).toEqual([['r1']]);
    expect([snapshots.stops, snapshots.run]).toEqual([[], null]);
    snapshots.clear();
    expect(dropSnapshots).toHaveBeenCalledTimes(1);
  });
});

describe('the words of a stop', () => {
  it('say where in the run it is, in steps or in iterations', () => {
    const descent = { training: 'descended', steps: 3200, epochs: 20 } as const;
    expect(placeWords(0, descent)).toBe('before the first of 3,200 steps');
    expect(placeWords(120, descent)).toBe('after 120 of 3,200 steps');
    expect(placeWords(12, { training: 'em', steps: 120, epochs: 30 })).toBe('after 3 of 30 iterations');
  });

  it('say the loss where it is known', () => {
    expect(lossWords({ nats: 134.21 }, '−log p')).toBe('−log p 134.2 nats');
    expect(lossWords({ nats: null }, '−log p')).toBe('');
  });
});

describe('slot B', () => {
  it('loads the weights of a snapshot out of the worker, says which they are, and why where they are gone', async () => {
    const engine = {
      load: vi.fn(),
      unload: () => Promise.resolve(),
      loadSnapshot: vi.fn((_: string, __: string, step: number) =>
        Promise.resolve(step === 3 ? ok(null) : fail('snapshot: that of step 7 is no longer there')),
      ),
    };
    const slot = new ModelSlot('right', engine as unknown as Engine);
    const loaded: boolean[] = [];
    slot.onModel = (_, learning) => loaded.push(learning);
    await slot.load(snapshotRecord(run, 3, 'after 3 of 30 steps'), false, { runId: 'r1', step: 3 });
    expect(engine.loadSnapshot).toHaveBeenCalledWith('right-1', 'r1', 3);
    expect([slot.snapshot, slot.learning, slot.state]).toEqual([true, true, 'ready']);
    expect(slot.model!.name).toBe('After 3 of 30 steps: FVSBN, 4 × 4');
    // Its samples are drawn anew at once.
    expect(loaded).toEqual([false]);
    await slot.load(snapshotRecord(run, 7, 'after 7 of 30 steps'), false, { runId: 'r1', step: 7 });
    expect([slot.state, slot.note]).toEqual(['failed', 'snapshot: that of step 7 is no longer there']);
    expect(engine.load).not.toHaveBeenCalled();
  });
});
