import { type GreyImages, type Grid, MNIST_GRID } from '../../data/images.ts';
import { describePlace, paintsCells } from '../grids.ts';
import { blankPaper, cellAt, cellsBetween, drawSegment, enlarge, fillCell } from './ink.ts';
import { PIXELS, type Point, type Rect, SIDE, union, WHOLE } from './ink.ts';
import { observe } from '../observe.ts';
import { type InkOrigin, Paper } from './page.ts';
import { lookAt, middleOf, type Seen } from './model-input.ts';

export type Tool = 'pen' | 'eraser';

/** Brush widths in model pixels. */
export const BRUSH = { min: 1, max: 5, step: 0.5, start: 2.5 } as const;
/** Where drawing by hand moves the keyboard's pen: in pixels of the digits' own grid, whatever the models' is. */
const DRAWN: Grid = { width: PIXELS, height: PIXELS };

/** The drawing, its tools and its history. The canvas shows `paper`; the models see `seen`. */
export class Pad {
  /** By the names of sheets. */
  readonly #papers: Record<string, Paper | undefined> = {};
  /** Of the models. */
  grid = $state.raw<Grid>(MNIST_GRID);
  /** On small grids: whether the pad paints whole pixels instead of drawing. */
  whole = $state(true);
  tool = $state<Tool>('pen');
  brush = $state<number>(BRUSH.start);
  centred = $state(true);
  canUndo = $state(false);
  canRedo = $state(false);
  /** The pen of the keyboard, in pixels of `board`, and whether it is down. */
  cursor = $state.raw({ column: 14, row: 14 });
  cursorDown = $state(false);
  /** For screen slots: what just happened. */
  said = $state('');
  /** Goes up with every change of what lies on the pad. */
  version = $state(0);
  seen = $derived.by<Seen>(() => {
    observe(this.version);
    return lookAt(this.paper, this.grid, { painted: this.cells, centred: this.centred });
  });
  /** `origin` is that of the ink before the stroke. */
  #stroke: { last: Point; erase: boolean; origin: InkOrigin } | null = null;
  #damage: Rect | null = WHOLE;

  /** Whether pixels of the models' grid are painted, one by one. */
  get cells(): boolean {
    return this.whole && paintsCells(this.grid);
  }

  /** Pixels that the keyboard's pen steps through. */
  get board(): Grid {
    return this.cells ? this.grid : DRAWN;
  }

  /** Name of the sheet that lies on the pad: drawings are one sheet, painted pixels one a grid. */
  get sheet(): string {
    return this.cells ? `drawing ${this.grid.width}` : 'drawing';
  }

  /** The ink on the pad, [SIDE, SIDE]. */
  get paper(): Uint8Array<ArrayBuffer> {
    return this.#paper().ink;
  }

  /** Of the ink on this sheet. */
  get origin(): InkOrigin {
    return this.#paper().origin;
  }

  /** Neither the visitor nor an earlier visit put anything on this sheet: what lies there may be replaced. */
  get untouched(): boolean {
    return this.origin === 'none' || this.origin === 'app';
  }

  get drawing(): boolean {
    return this.#stroke !== null;
  }

  get blank(): boolean {
    return this.seen.inkPixels === 0;
  }

  /** Lays the sheet of another grid on the pad. */
  setGrid(grid: Grid): void {
    this.#turnOver(() => (this.grid = grid));
  }

  /** Painting whole pixels or drawing: each has a sheet of its own. */
  setWhole(whole: boolean): void {
    this.#turnOver(() => (this.whole = whole));
  }

  begin(at: Point, erase = this.tool === 'eraser'): void {
    if (this.#stroke) this.end();
    this.#paper().history.begin();
    // A pixel that is ink already is wiped by the pen: a second tap takes the first one back.
    const inked = this.cells && this.paper[middleOf(cellAt(at, this.grid), this.grid)] > 127;
    this.#stroke = { last: at, erase: erase || inked, origin: this.origin };
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
    const { origin } = this.#stroke;
    this.#stroke = null;
    this.cursorDown = false;
    this.#spoil(this.#paper().history.discard());
    this.#paper().origin = origin;
  }

  clear(): void {
    this.#replace(blankPaper(), 'clear');
    this.said = 'Cleared. Undo brings the drawing back.';
  }

  /** Lays a grey image of 28 x 28 on the pad, or of the models' grid where whole pixels are painted: ink from 128 on. */
  lay({ grid, pixels }: GreyImages, name: string): void {
    if (!this.cells) {
      this.#replace(enlarge(pixels), name);
      return;
    }
    const ink = blankPaper();
    pixels.forEach((grey, cell) => grey >= 128 && fillCell(ink, cell, grid, false));
    this.#replace(ink, name);
  }

  /** The same for what the app itself puts there, to be replaced by the visitor's own. */
  layFirst(image: GreyImages, name: string): void {
    this.lay(image, name);
    this.#paper().origin = 'app';
  }

  /** Puts back a sheet kept from an earlier visit; it starts a new history. False where it is not a sheet. */
  restore(ink: unknown): boolean {
    if (!(ink instanceof Uint8Array) || ink.length !== SIDE * SIDE) return false;
    this.#papers[this.sheet] = new Paper();
    this.paper.set(ink);
    this.#spoil(WHOLE);
    this.#paper().origin = 'kept';
    this.#showHistory();
    return true;
  }

  undo(): void {
    this.end();
    const change = this.#paper().history.undo();
    if (change) this.#afterTravel(change, `Undone: ${change.name}.`);
  }

  redo(): void {
    this.end();
    const change = this.#paper().history.redo();
    if (change) this.#afterTravel(change, `Redone: ${change.name}.`);
  }

  // --- keyboard -----------------------------------------------------------------------------------------

  moveCursor(columns: number, rows: number): void {
    const { board } = this;
    const clampTo = (v: number, side: number) => Math.min(side - 1, Math.max(0, v));
    this.cursor = {
      column: clampTo(this.cursor.column + columns, board.width),
      row: clampTo(this.cursor.row + rows, board.height),
    };
    if (this.cursorDown) this.extend([this.#cursorPoint()]);
    const cell = this.cursor.row * board.width + this.cursor.column;
    const ink = this.paper[middleOf(cell, board)] > 127;
    const place = describePlace(cell, board);
    this.said = `${place[0].toUpperCase()}${place.slice(1)}${ink ? ', ink' : ''}`;
  }

  togglePen(): void {
    if (this.cursorDown) {
      this.cursorDown = false;
      this.end();
      this.said = 'Pen up.';
    } else {
      this.begin(this.#cursorPoint());
      this.cursorDown = true;
      this.said = this.#stroke?.erase ? 'Eraser down.' : 'Pen down.';
    }
  }

  dot(): void {
    if (this.cursorDown) return;
    this.begin(this.#cursorPoint());
    const erased = this.#stroke?.erase ?? false;
    this.end();
    this.said = erased ? 'Erased.' : 'Dot.';
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

  #paper(): Paper {
    return (this.#papers[this.sheet] ??= new Paper());
  }

  #turnOver(change: () => void): void {
    this.liftCursor();
    this.end();
    change();
    const { width, height } = this.board;
    this.cursor = { column: width >> 1, row: height >> 1 };
    this.#damage = WHOLE;
    this.version++;
    this.#showHistory();
  }

  #cursorPoint(): Point {
    const { width, height } = this.board;
    return { x: ((this.cursor.column + 0.5) * SIDE) / width, y: ((this.cursor.row + 0.5) * SIDE) / height };
  }

  #segment(from: Point, to: Point): void {
    const erase = this.#stroke?.erase ?? false;
    const paper = this.#paper();
    if (this.cells) {
      for (const cell of cellsBetween(from, to, this.grid))
        this.#touch(fillCell(paper.ink, cell, this.grid, erase));
    } else {
      const radius = (this.brush * SIDE) / PIXELS / 2;
      const segment = { x0: from.x, y0: from.y, x1: to.x, y1: to.y };
      this.#touch(drawSegment(paper.ink, segment, radius, erase));
    }
  }

  #touch(rect: Rect | null): void {
    this.#paper().origin = 'visitor';
    this.#paper().history.touch(rect);
    this.#damage = union(this.#damage, rect);
  }

  #replace(ink: Uint8Array, name: string): void {
    this.cancel();
    const paper = this.#paper();
    paper.history.begin();
    paper.ink.set(ink);
    paper.history.touch(WHOLE);
    this.#spoil(WHOLE);
    this.#commit(name);
  }

  #commit(name: string): void {
    this.#paper().history.commit(name);
    this.#showHistory();
  }

  #showHistory(): void {
    const { history } = this.#paper();
    this.canUndo = history.canUndo;
    this.canRedo = history.canRedo;
  }

  #afterTravel(change: { rect: Rect }, said: string): void {
    this.#spoil(change.rect);
    this.#showHistory();
    this.said = said;
  }

  #spoil(rect: Rect | null): void {
    this.#paper().origin = 'visitor';
    this.#damage = union(this.#damage, rect);
    this.version++;
  }
}
