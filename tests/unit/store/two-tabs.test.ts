import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import type { Result } from '../../../src/data/result.ts';
import { openStore } from '../../../src/store/db.ts';
import type { Store } from '../../../src/store/store.ts';
import { edit } from './raw.ts';
import { checkpoint, dataset, drawing, run } from './samples.ts';

async function must<T>(promise: Promise<Result<T>>): Promise<T> {
  const result = await promise;
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

/** One change by one tab, and whether the tab waits for it. */
interface Step {
  readonly tab: 0 | 1;
  readonly what: 'add' | 'label' | 'delete' | 'rename' | 'checkpoint';
  readonly which: number;
  readonly value: number;
  readonly wait: boolean;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    tab: fc.constantFrom(0, 1),
    what: fc.constantFrom('add', 'add', 'label', 'delete', 'rename', 'checkpoint'),
    which: fc.nat({ max: 3 }),
    value: fc.nat({ max: 9 }),
    wait: fc.boolean(),
  }),
  { minLength: 2, maxLength: 12 },
);

/** Runs the steps on two connections to one database; returns, for every step, whether it took effect. */
async function play(tabs: readonly Store[], script: readonly Step[], id: string): Promise<boolean[]> {
  const running: Promise<Result<unknown>>[] = [];
  for (const [i, { tab, what, which, value, wait }] of script.entries()) {
    const store = tabs[tab];
    const target = `${id}-${which}`;
    const actions: Record<Step['what'], () => Promise<Result<unknown>>> = {
      add: () => store.addDrawing({ ...drawing, id: target, datasetId: id, label: null, createdAt: i }, 1000),
      // Only from null: of two tabs that label the same drawing one is refused.
      label: () => store.updateDrawing(target, value, null, 1000),
      delete: () => store.deleteDrawing(target, 1000),
      rename: () => store.putDataset({ ...dataset, id, name: `name ${value}` }),
      checkpoint: () => store.putCheckpoint(id, { ...checkpoint, step: value }),
    };
    running.push(actions[what]());
    if (wait) await running[i];
  }
  return (await Promise.all(running)).map(({ ok }) => ok);
}

it('two tabs lose nothing, in 1,000 interleavings of their changes', async () => {
  const name = 'two-tabs';
  const tabs = [await openStore({ name }), await openStore({ name })];
  let sets = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const id = `set-${++sets}`;
      await must(tabs[0].putDataset({ ...dataset, id }));
      await must(tabs[0].putRun({ ...run, id, checkpoint: null }));
      const effect = await play(tabs, script, id);
      const count = (what: Step['what'], which?: number) =>
        script.filter((step, i) => effect[i] && step.what === what && (which ?? step.which) === step.which)
          .length;

      const drawings = await must(tabs[1].drawings(id));
      for (let which = 0; which < 4; which++) {
        // Added as often as deleted, or once more: then it is there.
        const there = drawings.filter((entry) => entry.id === `${id}-${which}`);
        expect(there.length).toBe(count('add', which) - count('delete', which));
        // A label that was set stays the only one until its drawing is deleted.
        const labels = script.filter((step, i) => effect[i] && step.what === 'label' && step.which === which);
        expect(labels.length).toBeLessThanOrEqual(count('add', which));
        if (count('add', which) === 1 && there.length === 1)
          expect(there[0].label).toBe(labels[0]?.value ?? null);
      }
      const set = (await must(tabs[0].datasets())).find((entry) => entry.id === id);
      expect(set?.count).toBe(drawings.length);
      expect(set?.labelled).toBe(drawings.length > 0 && drawings.every(({ label }) => label !== null));
      // Every change that took effect is counted: none was overwritten by a stale copy.
      expect(set?.revision).toBe(1 + count('add') + count('label') + count('delete'));
      const written = script
        .filter((step, i) => effect[i] && step.what === 'checkpoint')
        .map(({ value }) => value);
      const kept = (await must(tabs[1].runs())).find((entry) => entry.id === id)?.checkpoint?.step;
      expect(kept).toBe(written.length > 0 ? Math.max(...written) : undefined);
      await must(tabs[0].deleteDataset(id));
      await must(tabs[1].deleteRun(id));
    }),
    { numRuns: 1000 },
  );
});

it('changes of one setting by two tabs at once are both kept', async () => {
  const tabs = await Promise.all([openStore({ name: 'settings' }), openStore({ name: 'settings' })]);
  const add = (entry: number) => (stored: unknown) => [...((stored as number[] | undefined) ?? []), entry];
  const entries = Array.from({ length: 20 }, (_, i) => i);
  await Promise.all(entries.map((entry) => must(tabs[entry % 2].changeSetting('board', add(entry)))));
  const kept = (await must(tabs[0].getSetting('board'))) as number[];
  expect([...kept].sort((a, b) => a - b)).toEqual(entries);
});

it('a damaged setting is not replaced', async () => {
  const store = await openStore({ name: 'damaged' });
  await must(store.putSetting('board', [1]));
  await edit('damaged', 'settings', (row) => ({ ...row, checksum: 0 }));
  const change = vi.fn(() => [2]);
  expect(await store.changeSetting('board', change)).toMatchObject({ ok: false });
  expect(change).not.toHaveBeenCalled();
});
