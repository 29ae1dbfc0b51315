/** Something in a unit square that a pointer or the arrow keys move. */
export interface Handle {
  readonly name: string;
  /** What it sets, as a screen reader says it. */
  readonly label: string;
  /** In the unit square, y upwards. */
  readonly x: number;
  readonly y: number;
  /** Along which it moves. */
  readonly axis: 'x' | 'y' | 'both';
  /** Its values in words. */
  readonly told: string;
  /** Round and in the accent's colour, or square and in ink. */
  readonly tone: 'accent' | 'ink';
  /** Written on it. */
  readonly mark?: string;
  /** Whether a teacher's link keeps it where it is. */
  readonly locked?: boolean;
}
