import { count } from '../format.ts';
import { UNSEEN_DIGITS } from '../../data/unseen.ts';

/**
 * A share of the unseen digits, 0 to 1, as a number of them: "67 of 100", near the ends "3 of 1,000", at the ends "none of 1,000" and
 * "all 1,000".
 */
export function digitsOf(share: number): string {
  if (share <= 0) return `none of ${count(UNSEEN_DIGITS)}`;
  if (share >= 1) return `all ${count(UNSEEN_DIGITS)}`;
  if (share >= 0.01 && share <= 0.99) return `${Math.round(100 * share)} of 100`;
  // Neither end, whatever the rounding says.
  const digits = Math.min(UNSEEN_DIGITS - 1, Math.max(1, Math.round(UNSEEN_DIGITS * share)));
  return `${digits} of ${count(UNSEEN_DIGITS)}`;
}

/** Where the share is unusual and no end, which says so itself: how, to be added after a colon. A high log p does not mean a digit. */
export function judge(share: number): 'among the least likely' | 'almost all of them' | null {
  if (share <= 0 || share >= 1) return null;
  if (share < 0.05) return 'among the least likely';
  return share > 0.99 ? 'almost all of them' : null;
}

/** From this share on an empty page needs an explanation. */
const LIKELY = 0.95;

/** Whether the drawing is an empty page that the model finds likelier than nearly all digits. */
export function isLikelyBlank(blank: boolean, share: number): boolean {
  return blank && share > LIKELY;
}
