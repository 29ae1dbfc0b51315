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
