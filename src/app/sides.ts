/** The places of the two models: A on the left, B on the right. */
export const SIDES = ['left', 'right'] as const;
export type Side = (typeof SIDES)[number];

/** The letter that a visitor sees. */
export function letterOf(side: Side): 'A' | 'B' {
  return side === 'left' ? 'A' : 'B';
}

export function otherSide(side: Side): Side {
  return side === 'left' ? 'right' : 'left';
}
