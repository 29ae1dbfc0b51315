/** What an arrow key does to a cursor: one pixel in its direction, with Shift four. Undefined for other keys. */
export function arrowAction(
  event: KeyboardEvent,
  move: (columns: number, rows: number) => void,
): (() => void) | undefined {
  const far = event.shiftKey ? 4 : 1;
  const actions: Readonly<Record<string, (() => void) | undefined>> = {
    ArrowLeft: () => move(-far, 0),
    ArrowRight: () => move(far, 0),
    ArrowUp: () => move(0, -far),
    ArrowDown: () => move(0, far),
  };
  return actions[event.key];
}
