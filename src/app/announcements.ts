import type { Result } from '../data/result.ts';
import { plural } from './format.ts';
import type { Notices } from './notices.svelte.ts';

/** Says that a new version lies ready, or no longer says so. It starts when the visitor wants it to. */
export function announceUpdate(notices: Notices, offer: boolean, accept: () => void): void {
  if (!offer) {
    notices.drop('update');
    return;
  }
  notices.say('update', 'A new version of Inkling is ready. It starts when you reload.', {
    action: { label: 'Reload now', run: accept },
  });
}

/**
 * Starts the new version once the drawing is saved and every trained model is kept. Where that cannot be had, a notice
 * says what a reload would lose, and the visitor decides. `unkept` counts the models that are not kept.
 */
export async function acceptOnceSaved(
  notices: Notices,
  save: () => Promise<Result<null>>,
  unkept: () => number,
  accept: () => void,
): Promise<void> {
  const saved = await save();
  const lost = [
    ...(saved.ok ? [] : [`your last drawing (${saved.reason})`]),
    ...(unkept() > 0 ? [plural(unkept(), 'trained model')] : []),
  ];
  if (lost.length === 0) accept();
  else
    notices.say('update', `A reload now would lose what is not kept: ${lost.join(' and ')}.`, {
      tone: 'warning',
      action: { label: 'Reload all the same', run: accept },
    });
}

/** Says that the engine's thread ended, and offers another; `revive` has it announced no more. */
export function announceDeath(notices: Notices, reason: string, revive: () => void): void {
  notices.say('death', `The engine stopped: ${reason} Your drawing and everything saved are untouched.`, {
    tone: 'error',
    dismissable: false,
    action: {
      label: 'Restart the engine',
      run: () => {
        notices.drop('death');
        revive();
      },
    },
  });
}
