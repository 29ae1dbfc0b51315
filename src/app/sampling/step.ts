/** Computing time of one turn in milliseconds: other work of the engine, such as reading the drawing, runs between turns. */
const TURN_MS = 30;
/** Its maximum where the page is slow: other work must not wait longer. */
const MAX_TURN_MS = 200;

/**
 * Iterations of a method's next turn, from those of its last one. `computing` and `waiting` are milliseconds of that turn: the
 * engine's computing time, and the rest, which messages and drawing take. A turn computes for at least as
 * long as it waits, so that a slow page does not multiply the time of the comparison. Steps grow slowly, so that a quick
 * comparison is visible too.
 */
export function nextStep(step: number, computing: number, waiting: number): number {
  const target = Math.min(MAX_TURN_MS, Math.max(TURN_MS, waiting));
  if (computing < target / 2) return step + Math.ceil(step / 4);
  return computing > target ? Math.max(1, step >> 1) : step;
}
