/** Number of the digits with which drawings are compared. */
export const UNSEEN_DIGITS = 1000;

/**
 * Rows of those digits among `count` test digits: every tenth, from the sixth on, so that they come from all writers. MNIST's 10,000
 * give UNSEEN_DIGITS. Models of the app train on training digits alone: none has seen these.
 */
export function unseenRows(count: number): number[] {
  return Array.from({ length: Math.floor((count + 4) / 10) }, (_, row) => 10 * row + 5);
}
