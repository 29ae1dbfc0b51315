import { plural } from '../format.ts';
import type { Notices } from '../notices.svelte.ts';
import type { openStore } from '../../store/db.ts';

/** What the store reports by itself, as notices. `beforeClosing` is called before the connection is closed for a newer version in another tab. */
export function storeNotices(
  notices: Notices,
  beforeClosing: () => Promise<void>,
): Parameters<typeof openStore>[0] {
  const warn = (id: string, text: string): void => notices.say(id, text, { tone: 'warning' });
  return {
    onSetAside: (rows) =>
      warn('aside', `${plural(rows.length, 'damaged record')} could not be read and was put aside.`),
    onBlocked: () =>
      warn(
        'blocked',
        'Another tab holds an older version of Inkling. Close it, so that what you keep can be opened here.',
      ),
    onBlocking: async () => {
      await beforeClosing();
      warn('blocking', 'A newer version of Inkling is open in another tab. Reload this one to go on saving.');
    },
  };
}
