import { History } from './history.ts';
import { blankPaper } from './ink.ts';

/** One sheet on the pad: its ink and its history. Every small grid has a sheet of its own beside the one for drawing. */
export class Paper {
  readonly ink = blankPaper();
  readonly history = new History(this.ink);
  /** Nothing was ever put on it. */
  untouched = true;
}
