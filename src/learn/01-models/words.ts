import type { Distance, Family } from './models.ts';

/** Names of the families and distances in the figures and in the text. */
export const FAMILY_NAMES: Readonly<Record<Family, string>> = {
  coins: 'pixel by pixel',
  copies: 'noisy copies',
  shifts: 'shifted copies',
};

export const DISTANCE_NAMES: Readonly<Record<Distance, string>> = {
  seen: 'the digits themselves',
  'left-out': 'each digit left out',
};
