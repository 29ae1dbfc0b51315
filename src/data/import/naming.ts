/** What classes can be called: as they were read, or as EMNIST numbers them (Cohen, Afshar, Tapson and van Schaik, 2017). */
export const NAMINGS = ['as-read', 'letters', 'balanced', 'by-class'] as const;
export type Naming = (typeof NAMINGS)[number];

const DIGITS = Array.from('0123456789');
const CAPITALS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
const SMALL = CAPITALS.map((capital) => capital.toLowerCase());
/** Small letters that "balanced" and "bymerge" tell from their capitals; the others have one class with them. */
const UNMERGED = Array.from('abdefghnqrt');

const NAMES: Readonly<Record<Exclude<Naming, 'as-read'>, readonly string[]>> = {
  letters: CAPITALS,
  balanced: [...DIGITS, ...CAPITALS, ...UNMERGED],
  'by-class': [...DIGITS, ...CAPITALS, ...SMALL],
};

/** Names of the classes by label; null for "as-read". */
export function namesOf(naming: Naming): readonly string[] | null {
  return naming === 'as-read' ? null : NAMES[naming];
}
