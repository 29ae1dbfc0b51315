import { cut, paste, union, type Rect } from './ink.ts';

/** One change of the paper, kept as the rectangle that it touched before and after: undo and redo are exact. */
interface Change {
  readonly name: string;
  readonly rect: Rect;
  readonly before: Uint8Array<ArrayBuffer>;
  readonly after: Uint8Array<ArrayBuffer>;
}

const KEPT = 1000;
/** Bytes that all changes together may hold before the oldest are forgotten. */
const BUDGET = 64 * 2 ** 20;

/** Undo and redo of one paper. */
export class History {
  #done: Change[] = [];
  #undone: Change[] = [];
  #before: Uint8Array<ArrayBuffer> | null = null;
  #touched: Rect | null = null;
  #bytes = 0;
  readonly #paper: Uint8Array<ArrayBuffer>;

  constructor(paper: Uint8Array<ArrayBuffer>) {
    this.#paper = paper;
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  begin(): void {
    this.#before = this.#paper.slice();
    this.#touched = null;
  }

  touch(rect: Rect | null): void {
    this.#touched = union(this.#touched, rect);
  }

  /** Closes the change; one that touched nothing leaves no trace. */
  commit(name: string): void {
    if (this.#before && this.#touched) {
      const rect = this.#touched;
      const change = { name, rect, before: cut(this.#before, rect), after: cut(this.#paper, rect) };
      this.#done.push(change);
      this.#undone = [];
      this.#bytes = this.#done.reduce((sum, each) => sum + 2 * each.before.length, 0);
      while (this.#done.length > KEPT || (this.#bytes > BUDGET && this.#done.length > 1)) {
        this.#bytes -= 2 * this.#done.shift()!.before.length;
      }
    }
    this.#before = null;
    this.#touched = null;
  }

  /** Takes back the open change. Returns what it had touched. */
  discard(): Rect | null {
    const rect = this.#touched;
    if (this.#before && rect) paste(this.#paper, rect, cut(this.#before, rect));
    this.#before = null;
    this.#touched = null;
    return rect;
  }

  undo(): { name: string; rect: Rect } | null {
    const change = this.#done.pop();
    if (!change) return null;
    paste(this.#paper, change.rect, change.before);
    this.#undone.push(change);
    return change;
  }

  redo(): { name: string; rect: Rect } | null {
    const change = this.#undone.pop();
    if (!change) return null;
    paste(this.#paper, change.rect, change.after);
    this.#done.push(change);
    return change;
  }
}
