import { History } from './history.ts';
import { blankCanvas } from './ink.ts';

/**
 * Where the ink of a page comes from: none yet, the first digit that the app shows, the store (an earlier visit), a
 * link, or a change by the visitor. Only the visitor's ink is saved; it replaces what was stored before.
 */
export type InkOrigin = 'none' | 'app' | 'stored' | 'link' | 'visitor';

/** One page of the pad: its ink and its history. Drawings share one page; on a small grid, painted pixels have a page of their own. */
export class Page {
  readonly ink = blankCanvas();
  readonly history = new History(this.ink);
  origin: InkOrigin = 'none';
}
