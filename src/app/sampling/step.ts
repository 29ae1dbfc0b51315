/** Computing time of one turn in milliseconds: other work of the engine, the pad above all, comes between turns. */
const TURN_MS = 30;
/** The same where the page is slow: other work is not to wait for longer. */
const MAX_TURN_MS = 200;

/**
 * Passes of a method's next turn, from those of its last one. `computing` and `waiting` are milliseconds of that turn: what
 * the engine computed for, and the rest, spent on the way there and back and on showing it. A turn computes for at least as
 * long as it waits, so that a slow page does not multiply the time of the comparison. Steps grow slowly, so that a quick
 * comparison is seen too.
 */
export function nextStep(step: number, computing: number, waiting: number): number {
  const aim = Math.min(MAX_TURN_MS, Math.max(TURN_MS, waiting));
  if (computing < aim / 2) return step + Math.ceil(step / 4);
  return computing > aim ? Math.max(1, step >> 1) : step;
}
