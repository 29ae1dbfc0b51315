import { duration } from '../format.ts';
import type { Training } from './training.svelte.ts';

/** What a run is doing, in a few words: "2 min left", "paused". */
export function statusWords({ state, progress }: Pick<Training, 'state' | 'progress'>): string {
  if (state === 'fetching') return 'fetching images';
  if (state === 'waiting') return 'waiting';
  if (state === 'stopping') return 'stopping';
  if (progress?.phase === 'paused' || progress?.phase === 'stepping') return 'paused';
  if (progress?.phase === 'recovering') return 'waits for the graphics device';
  if (progress?.secondsLeft != null) return `${duration(progress.secondsLeft)} left`;
  return 'begins';
}
