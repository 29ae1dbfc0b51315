import { expect, it, vi } from 'vitest';
import { reloadOnceSaved } from '../../../src/app/announcements.ts';
import { Notices } from '../../../src/app/notices.svelte.ts';
import { fail, ok } from '../../../src/data/result.ts';

const IDLE = { busy: false, checkpoints: { kept: false } };
const NEW_RUN = { busy: true, checkpoints: { kept: false } };
const KEPT_RUN = { busy: true, checkpoints: { kept: true } };

it('the page reloads once everything is saved', async () => {
  const notices = new Notices();
  const reload = vi.fn();
  await reloadOnceSaved(
    notices,
    () => Promise.resolve(ok(null)),
    () => 0,
    () => IDLE,
    reload,
  );
  expect(reload).toHaveBeenCalledTimes(1);
  expect(notices.list).toEqual([]);
});

it.each([
  ['the drawing', fail('storage: it is full'), 0, IDLE, 'your last drawing (storage: it is full).'],
  ['a model', ok(null), 1, IDLE, '1 trained model.'],
  ['both', fail('storage: full'), 2, IDLE, 'your last drawing (storage: full) and 2 trained models.'],
  ['a run', ok(null), 0, NEW_RUN, 'the training run under way.'],
  ['steps of a run', ok(null), 0, KEPT_RUN, 'the steps of the training run since its last checkpoint.'],
] as const)('a reload that would cost %s asks the visitor', async (_, saved, unkept, run, lost) => {
  const notices = new Notices();
  const reload = vi.fn();
  await reloadOnceSaved(
    notices,
    () => Promise.resolve(saved),
    () => unkept,
    () => run,
    reload,
  );
  expect(reload).not.toHaveBeenCalled();
  expect(notices.list[0].text).toBe(`A reload now would lose what is not kept: ${lost}`);
  notices.list[0].action!.run();
  expect(reload).toHaveBeenCalledTimes(1);
});
