import { binarise } from '../data/binarise.ts';
import { centre, shrink } from '../data/centring.ts';
import type { GreyImages, PackedImages } from '../data/images.ts';
import { History } from './history.ts';
import { blankPaper, CELL, drawSegment, enlarge, PIXELS, SIDE, union, WHOLE, type Rect } from './ink.ts';
import { observe } from './observe.ts';

export type Tool = 'pen' | 'eraser';

export interface Point {
  /** In cells of the paper, 0 to SIDE. */
  readonly x: number;
  readonly y: number;
}

/** Brush widths in model pixels. */
export const BRUSH = { min: 1, max: 5, step: 0.5, start: 2.5 } as const;

/** What the model is shown: grey levels [784], the same as bits, and how the drawing was moved. */
export interface Seen {
  readonly grey: GreyImages;
  readonly packed: PackedImages;
  readonly inkPixels: number;
}

/** The drawing, its tools and its history. The canvas shows `paper`; the models see `seen`. */
export class Pad {
  readonly paper = blankPaper();
  readonly #history = new History(this.paper);
  tool = $state<Tool>('pen');
  brush = $state<number>(BRUSH.start);
  centred = $state(true);
  canUndo = $state(false);
  canRedo = $state(false);
  /** The pen of the keyboard, in model pixels, and whether it is down. */
  cursor = $state.raw({ column: 14, row: 14 });
  cursorDown = $state(false);
  /** For screen readers: what just happened. */
  said = $state('');
  /** Goes up with every change of the paper. */
  version = $state(0);
  seen = $derived.by<Seen>(() => this.#look());
  #stroke: { last: Point; erase: boolean } | null = null;
  #damage: Rect | null = WHOLE;

  get drawing(): boolean {
    return this.#stroke !== null;
  }

  get blank(): boolean {
    return this.seen.inkPixels === 0;
  }

  begin(at: Point, erase = this.tool === 'eraser'): void {
    if (this.#stroke) this.end();
    this.#history.begin();
    this.#stroke = { last: at, erase };
    this.#segment(at, at);
    this.version++;
  }

  /** Goes on through the points in order, with straight segments between them. */
  extend(points: readonly Point[]): void {
    if (!this.#stroke || points.length === 0) return;
    for (const point of points) {
      this.#segment(this.#stroke.last, point);
      this.#stroke.last = point;
    }
    this.version++;
  }

  end(): void {
    if (!this.#stroke) return;
    const name = this.#stroke.erase ? 'eraser stroke' : 'pen stroke';
    this.#stroke = null;
    this.#commit(name);
  }

  /** The stroke never was: the browser took the pointer for something else. */
  cancel(): void {
    if (!this.#stroke) return;
    this.#stroke = null;
    this.cursorDown = false;
    this.#spoil(this.#history.discard());
  }

  clear(): void {
    this.#replace(blankPaper(), 'clear');
    this.said = 'Cleared. Undo brings the drawing back.';
  }

  /** Lays a grey image of 28x28 on the pad. */
  lay(grey: Uint8Array, name: string): void {
    this.#replace(enlarge(grey), name);
  }

  /** Puts back a paper kept from an earlier visit; it starts a new history. False where it is not a paper. */
  restore(paper: unknown): boolean {
    if (!(paper instanceof Uint8Array) || paper.length !== SIDE * SIDE) return false;
    this.paper.set(paper);
    this.#spoil(WHOLE);
    return true;
  }

  undo(): void {
    this.end();
    const change = this.#history.undo();
    if (change) this.#afterTravel(change, `Undone: ${change.name}.`);
  }

  redo(): void {
    this.end();
    const change = this.#history.redo();
    if (change) this.#afterTravel(change, `Redone: ${change.name}.`);
  }

  // --- keyboard -----------------------------------------------------------------------------------------

  moveCursor(columns: number, rows: number): void {
    const clampTo = (v: number) => Math.min(PIXELS - 1, Math.max(0, v));
    this.cursor = { column: clampTo(this.cursor.column + columns), row: clampTo(this.cursor.row + rows) };
    if (this.cursorDown) this.extend([this.#cursorPoint()]);
    const ink = this.paper[this.#cursorCell()] > 127;
    this.said = `Row ${this.cursor.row + 1}, column ${this.cursor.column + 1}${ink ? ', ink' : ''}`;
  }

  togglePen(): void {
    if (this.cursorDown) {
      this.cursorDown = false;
      this.end();
      this.said = 'Pen up.';
    } else {
      this.begin(this.#cursorPoint());
      this.cursorDown = true;
      this.said = this.tool === 'pen' ? 'Pen down.' : 'Eraser down.';
    }
  }

  dot(): void {
    if (this.cursorDown) return;
    this.begin(this.#cursorPoint());
    this.end();
    this.said = this.tool === 'pen' ? 'Dot.' : 'Erased.';
  }

  switchTool(): void {
    this.liftCursor();
    this.tool = this.tool === 'pen' ? 'eraser' : 'pen';
    this.said = this.tool === 'pen' ? 'Pen.' : 'Eraser.';
  }

  /** Leaving the pad lifts the pen. */
  liftCursor(): void {
    if (this.cursorDown) this.togglePen();
  }

  // --- for the canvas -----------------------------------------------------------------------------------

  /** What changed since the last call; everything for a canvas that has shown nothing yet. */
  takeDamage(fresh: boolean): Rect | null {
    const damage = fresh ? WHOLE : this.#damage;
    this.#damage = null;
    return damage;
  }

  #cursorPoint(): Point {
    return { x: (this.cursor.column + 0.5) * CELL, y: (this.cursor.row + 0.5) * CELL };
  }

  #cursorCell(): number {
    const { x, y } = this.#cursorPoint();
    return Math.floor(y) * SIDE + Math.floor(x);
  }

  #segment(from: Point, to: Point): void {
    const segment = { x0: from.x, y0: from.y, x1: to.x, y1: to.y };
    const rect = drawSegment(this.paper, segment, (this.brush * CELL) / 2, this.#stroke?.erase ?? false);
    this.#history.touch(rect);
    this.#damage = union(this.#damage, rect);
  }

  #replace(paper: Uint8Array, name: string): void {
    this.cancel();
    this.#history.begin();
    this.paper.set(paper);
    this.#history.touch(WHOLE);
    this.#spoil(WHOLE);
    this.#commit(name);
  }

  #commit(name: string): void {
    this.#history.commit(name);
    this.canUndo = this.#history.canUndo;
    this.canRedo = this.#history.canRedo;
  }

  #afterTravel(change: { rect: Rect }, said: string): void {
    this.#spoil(change.rect);
    this.canUndo = this.#history.canUndo;
    this.canRedo = this.#history.canRedo;
    this.said = said;
  }

  #spoil(rect: Rect | null): void {
    this.#damage = union(this.#damage, rect);
    this.version++;
  }

  #look(): Seen {
    observe(this.version);
    const map = { width: SIDE, height: SIDE, ink: this.paper };
    const grey = this.centred ? centre(map) : shrink(map);
    const packed = binarise(grey, { kind: 'threshold' });
    return { grey, packed, inkPixels: grey.pixels.reduce((sum, level) => sum + (level >> 7), 0) };
  }
}
