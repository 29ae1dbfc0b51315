import { History } from './history.ts';
import { blankPaper } from './ink.ts';

/**
 * Where the ink on a sheet comes from: nothing was put on it yet, the app laid its first digit, an earlier visit left
 * it, or the visitor has changed it. Only the visitor's is saved, and it replaces what was saved before.
 */
export type InkOrigin = 'none' | 'app' | 'kept' | 'visitor';

/** One sheet on the pad: its ink and its history. Every small grid has a sheet of its own beside the one for drawing. */
export class Paper {
  readonly ink = blankPaper();
  readonly history = new History(this.ink);
  origin: InkOrigin = 'none';
}
