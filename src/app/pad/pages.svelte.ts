import { type Rect, SIDE, union, WHOLE } from './ink.ts';
import { type InkOrigin, Page } from './page.ts';

/** The pages of the pad, of which one is shown, with the history of each. The pad reports here where a stroke changed the ink. */
export class Pages {
  /** By name. */
  readonly #pages: Record<string, Page | undefined> = {};
  readonly #nameShown: () => string;
  canUndo = $state(false);
  canRedo = $state(false);
  /** Class of the digit shown, where that is a test digit or a kept drawing, unchanged since it was laid there. */
  label = $state<number | null>(null);
  /** Goes up with every change of the ink shown. */
  version = $state(0);
  /** Origin of the ink before the change that is open. */
  #originBefore: InkOrigin = 'none';
  #dirty: Rect | null = WHOLE;

  /** `nameShown` returns the name of the page that is shown. */
  constructor(nameShown: () => string) {
    this.#nameShown = nameShown;
  }

  /** The page that is shown, made when it is first asked for. */
  get shown(): Page {
    return (this.#pages[this.#nameShown()] ??= new Page());
  }

  /** Opens a change: what is touched from now on is undone together. */
  begin(): void {
    this.#originBefore = this.shown.origin;
    this.shown.history.begin();
  }

  /** The open change changed the ink in this rectangle. */
  touch(rect: Rect | null): void {
    this.shown.origin = 'visitor';
    this.label = null;
    this.shown.history.touch(rect);
    this.#dirty = union(this.#dirty, rect);
  }

  commit(name: string): void {
    this.shown.history.commit(name);
    this.#showHistory();
  }

  /** Reverts the open change. */
  discard(): void {
    this.#invalidate(this.shown.history.discard());
    this.shown.origin = this.#originBefore;
  }

  /** Replaces the ink shown, as one change. */
  replace(ink: Uint8Array, name: string): void {
    this.begin();
    this.shown.ink.set(ink);
    this.shown.history.touch(WHOLE);
    this.#invalidate(WHOLE);
    this.commit(name);
  }

  /** Puts the stored ink of an earlier visit on the page shown, with an empty history. False where the value is not a page's ink. */
  restore(ink: unknown): boolean {
    if (!(ink instanceof Uint8Array) || ink.length !== SIDE * SIDE) return false;
    this.#pages[this.#nameShown()] = new Page();
    this.shown.ink.set(ink);
    this.#invalidate(WHOLE);
    this.shown.origin = 'stored';
    this.#showHistory();
    return true;
  }

  /** All pages are blank again, without a history; what is stored of them can be restored. */
  forget(): void {
    for (const name of Object.keys(this.#pages)) this.#pages[name] = undefined;
    this.turn();
  }

  /** Name of the change that was undone; null where there is none. */
  undo(): string | null {
    return this.#afterUndo(this.shown.history.undo());
  }

  /** Name of the change that was redone; null where there is none. */
  redo(): string | null {
    return this.#afterUndo(this.shown.history.redo());
  }

  /** Another page is shown from now on. */
  turn(): void {
    this.label = null;
    this.#dirty = WHOLE;
    this.version++;
    this.#showHistory();
  }

  /** What changed since the last call; everything for a canvas that is still empty. */
  takeDirtyRect(fresh: boolean): Rect | null {
    const rect = fresh ? WHOLE : this.#dirty;
    this.#dirty = null;
    return rect;
  }

  #afterUndo(change: { name: string; rect: Rect } | null): string | null {
    if (!change) return null;
    this.#invalidate(change.rect);
    this.#showHistory();
    return change.name;
  }

  #showHistory(): void {
    const { history } = this.shown;
    this.canUndo = history.canUndo;
    this.canRedo = history.canRedo;
  }

  #invalidate(rect: Rect | null): void {
    this.shown.origin = 'visitor';
    this.label = null;
    this.#dirty = union(this.#dirty, rect);
    this.version++;
  }
}
