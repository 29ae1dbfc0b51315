import type { Mask } from '../../app/masking/mask.svelte.ts';
import { arrowAction } from '../parts/arrow-keys.ts';

/** The action of a key on the focused mask; undefined where it has none. */
export function maskAction(mask: Mask, event: KeyboardEvent): (() => void) | undefined {
  if (event.altKey) return undefined;
  return event.ctrlKey || event.metaKey ? undoOrRedo(mask, event) : editOrMove(mask, event);
}

function undoOrRedo(mask: Mask, event: KeyboardEvent): (() => void) | undefined {
  const name = event.key.toLowerCase();
  if (name === 'y' || (name === 'z' && event.shiftKey)) return () => mask.redo();
  return name === 'z' ? () => mask.undo() : undefined;
}

function editOrMove(mask: Mask, event: KeyboardEvent): (() => void) | undefined {
  const actions: Record<string, (() => void) | undefined> = {
    ' ': () => mask.toggle(),
    Enter: () => mask.toggleBrush(),
    h: () => mask.switchTool(),
    H: () => mask.switchTool(),
    Delete: () => mask.clear(),
  };
  return arrowAction(event, (columns, rows) => mask.moveCursor(columns, rows)) ?? actions[event.key];
}
