import { wordsOf } from '../data/error-words.ts';
import type { Result } from '../data/result.ts';
import { plural } from './format.ts';
import type { Notices } from './notices.svelte.ts';
import type { RunCheckpoints } from './training/checkpoints.svelte.ts';
import type { Training } from './training/training.svelte.ts';
import type { UpdateState } from './updates.svelte.ts';

/** What the visitor can do about a new version. */
interface UpdateChoices {
  accept(): Promise<void>;
  startNow(): Promise<void>;
  cancel(): void;
  reload(): Promise<void>;
}

/**
 * Reloads the page after saving the drawing. Where that fails, a trained model is not stored or a run is under way, a notice
 * says what a reload would lose, and the visitor decides. `unkept` counts the models that are not stored.
 */
export async function reloadOnceSaved(
  notices: Notices,
  save: () => Promise<Result<null>>,
  unkept: () => number,
  run: () => Pick<Training, 'busy'> & { readonly checkpoints: Pick<RunCheckpoints, 'kept'> },
  reload: () => void,
): Promise<void> {
  const saved = await save();
  const { busy, checkpoints } = run();
  const runLost = checkpoints.kept
    ? 'the steps of the training run since its last checkpoint'
    : 'the training run under way';
  const lost = [
    ...(saved.ok ? [] : [`your last drawing (${saved.reason})`]),
    ...(unkept() > 0 ? [plural(unkept(), 'trained model')] : []),
    ...(busy ? [runLost] : []),
  ];
  if (lost.length === 0) reload();
  else
    notices.say('reload', `A reload now would lose what is not kept: ${lost.join(' and ')}.`, {
      tone: 'warning',
      action: { label: 'Reload all the same', run: reload },
    });
}

/** Shows the notice of an update state, or removes it. */
export function announceUpdate(notices: Notices, state: UpdateState, choices: UpdateChoices): void {
  switch (state) {
    case 'none':
      notices.drop('update');
      return;
    case 'ready':
      notices.say('update', 'A new version of Inkling is ready. It starts when you reload.', {
        action: { label: 'Reload now', run: () => void choices.accept() },
      });
      return;
    case 'held':
      notices.say(
        'update',
        'The new version waits: another tab is training a model. It starts, and this page reloads, when no training ' +
          'run is left. Started earlier, it does not end the run: that tab goes on with the version it has.',
        {
          dismissable: false,
          action: { label: 'Do not wait', run: () => void choices.startNow() },
          secondAction: { label: 'Cancel', run: () => choices.cancel() },
        },
      );
      return;
    case 'starting':
      notices.say(
        'update',
        'The browser starts the new version, then this page reloads. If it takes long, close the other tabs of Inkling.',
        { dismissable: false },
      );
      return;
    case 'taken':
      notices.say('update', `${TAKEN}; reload when it suits you.`, {
        action: { label: 'Reload now', run: () => void choices.reload() },
      });
      return;
    case 'taken during a run':
      notices.say('update', `${TAKEN}; reload when the training run has ended.`);
  }
}

const TAKEN = 'Another tab started a new version of Inkling. This tab goes on with the version it has';

/** Announces that the engine's worker ended, and offers to restart it. */
export function announceEngineEnd(notices: Notices, reason: string, restart: () => void): void {
  notices.say('death', `The engine stopped: ${reason} Your drawing and everything saved are untouched.`, {
    tone: 'error',
    dismissable: false,
    action: {
      label: 'Restart the engine',
      run: () => {
        notices.drop('death');
        restart();
      },
    },
  });
}

/** Says that the page is there, but not all that it opens at the start. */
export function announceStartFailure(notices: Notices, error: unknown): void {
  notices.say(
    'start',
    `Not everything could be opened: ${wordsOf(error)}. What you have saved is untouched.`,
    { tone: 'error', action: { label: 'Reload', run: () => location.reload() } },
  );
}
