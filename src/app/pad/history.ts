import { cut, paste, union, type Rect } from './ink.ts';

/** One change of the canvas: the cells of the rectangle that it touched, before and after, so that undo and redo are exact. */
interface Change {
  readonly name: string;
  readonly rect: Rect;
  readonly before: Uint8Array<ArrayBuffer>;
  readonly after: Uint8Array<ArrayBuffer>;
}

const MAX_CHANGES = 1000;
/** Bytes that all changes together may hold; above it the oldest are dropped. */
const MAX_BYTES = 64 * 2 ** 20;

/** Undo and redo on one canvas. */
export class History {
  #done: Change[] = [];
  #undone: Change[] = [];
  #before: Uint8Array<ArrayBuffer> | null = null;
  #touched: Rect | null = null;
  #bytes = 0;
  readonly #canvas: Uint8Array<ArrayBuffer>;

  constructor(canvas: Uint8Array<ArrayBuffer>) {
    this.#canvas = canvas;
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  begin(): void {
    this.#before = this.#canvas.slice();
    this.#touched = null;
  }

  touch(rect: Rect | null): void {
    this.#touched = union(this.#touched, rect);
  }

  /** Ends the change and stores it, unless it touched nothing. */
  commit(name: string): void {
    if (this.#before && this.#touched) {
      const rect = this.#touched;
      const change = { name, rect, before: cut(this.#before, rect), after: cut(this.#canvas, rect) };
      this.#done.push(change);
      this.#undone = [];
      this.#bytes = this.#done.reduce((sum, each) => sum + 2 * each.before.length, 0);
      while (this.#done.length > MAX_CHANGES || (this.#bytes > MAX_BYTES && this.#done.length > 1)) {
        this.#bytes -= 2 * this.#done.shift()!.before.length;
      }
    }
    this.#before = null;
    this.#touched = null;
  }

  /** Reverts the open change. Returns the rectangle that it had touched. */
  discard(): Rect | null {
    const rect = this.#touched;
    if (this.#before && rect) paste(this.#canvas, rect, cut(this.#before, rect));
    this.#before = null;
    this.#touched = null;
    return rect;
  }

  undo(): { name: string; rect: Rect } | null {
    const change = this.#done.pop();
    if (!change) return null;
    paste(this.#canvas, change.rect, change.before);
    this.#undone.push(change);
    return change;
  }

  redo(): { name: string; rect: Rect } | null {
    const change = this.#undone.pop();
    if (!change) return null;
    paste(this.#canvas, change.rect, change.after);
    this.#done.push(change);
    return change;
  }
}
