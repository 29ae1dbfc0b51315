/** What classes can be called: as they were read, or as EMNIST numbers them (Cohen, Afshar, Tapson and van Schaik, 2017). */
export const NAMINGS = ['as-read', 'letters', 'balanced', 'by-class'] as const;
export type Naming = (typeof NAMINGS)[number];

const DIGITS = '0123456789';
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** Small letters that are no class of their own with the capital: the other eleven of "balanced" and "bymerge". */
const UNMERGED = 'abdefghnqrt';

const NAMES: Readonly<Record<Exclude<Naming, 'as-read'>, readonly string[]>> = {
  letters: [...CAPITALS],
  balanced: [...DIGITS, ...CAPITALS, ...UNMERGED],
  'by-class': [...DIGITS, ...CAPITALS, ...CAPITALS.toLowerCase()],
};

/** Names of the classes by label; null for "as-read". */
export function namesOf(naming: Naming): readonly string[] | null {
  return naming === 'as-read' ? null : NAMES[naming];
}
