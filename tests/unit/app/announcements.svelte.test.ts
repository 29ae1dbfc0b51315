import { expect, it, vi } from 'vitest';
import { reloadOnceSaved } from '../../../src/app/announcements.ts';
import { Notices } from '../../../src/app/notices.svelte.ts';
import { fail, ok } from '../../../src/data/result.ts';

it('the page reloads once everything is saved', async () => {
  const notices = new Notices();
  const reload = vi.fn();
  await reloadOnceSaved(
    notices,
    () => Promise.resolve(ok(null)),
    () => 0,
    reload,
  );
  expect(reload).toHaveBeenCalledTimes(1);
  expect(notices.list).toEqual([]);
});

it.each([
  ['the drawing', fail('storage: it is full'), 0, 'your last drawing (storage: it is full).'],
  ['a model', ok(null), 1, '1 trained model.'],
  ['both', fail('storage: it is full'), 2, 'your last drawing (storage: it is full) and 2 trained models.'],
] as const)('a reload that would cost %s waits for a word of the visitor', async (_, saved, unkept, lost) => {
  const notices = new Notices();
  const reload = vi.fn();
  await reloadOnceSaved(
    notices,
    () => Promise.resolve(saved),
    () => unkept,
    reload,
  );
  expect(reload).not.toHaveBeenCalled();
  expect(notices.list[0].text).toBe(`A reload now would lose what is not kept: ${lost}`);
  notices.list[0].action!.run();
  expect(reload).toHaveBeenCalledTimes(1);
});
