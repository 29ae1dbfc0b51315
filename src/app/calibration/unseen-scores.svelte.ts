import type { Binarisation } from '../../data/binarisation.ts';

/** Scores of the unseen digits under one model. */
export interface ScoredDigits {
  /** log p in nats, in the order of the digits, [count]. */
  readonly scores: Float32Array<ArrayBuffer>;
  /** Of the digits. */
  readonly binarisation: Binarisation;
}

/** What is known of the unseen digits under the model of a slot, with which its score of the drawing is compared. */
export class UnseenScores {
  /** Null while they are not known. */
  known = $state.raw<ScoredDigits | null>(null);
  /** Of their computation, 0 to 1. */
  progress = $state(0);
  /** Why they could not be computed; empty where they could, or may yet be. */
  failure = $state('');
  /** The scores, ascending; null while they are not known. */
  sorted = $derived(this.known && this.known.scores.toSorted());

  reset(): void {
    this.known = null;
    this.progress = 0;
    this.failure = '';
  }
}
