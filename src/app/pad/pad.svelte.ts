import { type GreyImages, type Grid, MNIST_GRID } from '../../data/images.ts';
import { paintsCells } from '../grids.ts';
import { blankCanvas, cellAt, cellsBetween, drawSegment, enlarge, enlargeInSteps, fillCell } from './ink.ts';
import { PIXELS, type Point, type Rect, SIDE, WHOLE } from './ink.ts';
import { KeyboardPen } from './keyboard-pen.ts';
import { observe } from '../observe.ts';
import type { InkOrigin } from './page.ts';
import { Pages } from './pages.svelte.ts';
import { modelInput, middleOf, type ModelInput } from './model-input.ts';

type Tool = 'pen' | 'eraser';

/** Brush widths in model pixels. */
export const BRUSH = { min: 1, max: 5, step: 0.5, start: 2.5 } as const;
/** The keyboard's pen moves in pixels of 28 x 28 while drawing, whatever the models' grid is. */
const DRAWING_GRID: Grid = { width: PIXELS, height: PIXELS };

/** The drawing, its tools and its history. The screen shows `ink`; the models read `seen`. */
export class Pad {
  readonly #pages = new Pages(() => this.pageName);
  /** The models' grid. */
  grid = $state.raw<Grid>(MNIST_GRID);
  /** On small grids: whether the pad paints whole pixels instead of drawing with a brush. */
  whole = $state(true);
  tool = $state<Tool>('pen');
  brush = $state<number>(BRUSH.start);
  centred = $state(true);
  readonly keyboard = new KeyboardPen(this);
  /** What just happened, for screen readers. */
  said = $state('');
  seen = $derived.by<ModelInput>(() => {
    observe(this.version);
    return modelInput(this.ink, this.grid, { painted: this.cells, centred: this.centred });
  });
  #stroke: { last: Point; erase: boolean } | null = null;

  constructor() {
    this.keyboard.cursor.centre(this.board);
  }

  /** Whether whole pixels of the models' grid are painted. */
  get cells(): boolean {
    return this.whole && paintsCells(this.grid);
  }

  /** The grid in which the keyboard's pen moves. */
  get board(): Grid {
    return this.cells ? this.grid : DRAWING_GRID;
  }

  /** Name of the page shown, also its key in the store: one page for drawings, one for each grid of painted pixels. */
  get pageName(): string {
    return this.cells ? `drawing ${this.grid.width}` : 'drawing';
  }

  /** The ink of the page shown, [SIDE, SIDE]. */
  get ink(): Uint8Array<ArrayBuffer> {
    return this.#pages.shown.ink;
  }

  /** Origin of the ink shown. */
  get origin(): InkOrigin {
    return this.#pages.shown.origin;
  }

  /** Class of the digit on the pad, where that is a test digit or a kept drawing, unchanged since it was laid there. */
  get label(): number | null {
    return this.#pages.label;
  }

  /** Goes up with every change of the ink shown. */
  get version(): number {
    return this.#pages.version;
  }

  get canUndo(): boolean {
    return this.#pages.canUndo;
  }

  get canRedo(): boolean {
    return this.#pages.canRedo;
  }

  /** Neither the visitor nor an earlier visit changed this page: its ink may be replaced. */
  get untouched(): boolean {
    return this.origin === 'none' || this.origin === 'app';
  }

  /** Whether an example lies on the pad, which the first stroke of the pen replaces. */
  get placeholder(): boolean {
    observe(this.version);
    return this.origin === 'app';
  }

  get drawing(): boolean {
    return this.#stroke !== null;
  }

  /** Whether the stroke being drawn erases. */
  get erasing(): boolean {
    return this.#stroke?.erase ?? false;
  }

  get blank(): boolean {
    return this.seen.inkPixels === 0;
  }

  /** Shows the page of another grid. */
  setGrid(grid: Grid): void {
    this.#changePage(() => (this.grid = grid));
  }

  /** Painting whole pixels or drawing: each has its own page. */
  setWhole(whole: boolean): void {
    this.#changePage(() => (this.whole = whole));
  }

  begin(at: Point, erase = this.tool === 'eraser'): void {
    if (this.#stroke) this.end();
    this.#pages.begin();
    if (this.placeholder && !erase) this.#wipe();
    // The pen erases a painted pixel that is ink already: a second tap reverts the first.
    const inked = this.cells && this.ink[middleOf(cellAt(at, this.grid), this.grid)] > 127;
    this.#stroke = { last: at, erase: erase || inked };
    this.#segment(at, at);
    this.#pages.version++;
  }

  /** Continues the stroke through the points in order, with straight segments between them. */
  extend(points: readonly Point[]): void {
    if (!this.#stroke || points.length === 0) return;
    for (const point of points) {
      this.#segment(this.#stroke.last, point);
      this.#stroke.last = point;
    }
    this.#pages.version++;
  }

  end(): void {
    if (!this.#stroke) return;
    const name = this.#stroke.erase ? 'eraser stroke' : 'pen stroke';
    this.#stroke = null;
    this.#pages.commit(name);
  }

  /** Reverts the stroke: the browser took the pointer for something else. */
  cancel(): void {
    if (!this.#stroke) return;
    this.#stroke = null;
    this.keyboard.cursor.down = false;
    this.#pages.discard();
  }

  clear(): void {
    this.#replace(blankCanvas(), 'clear');
    this.said = 'Cleared. Undo brings the drawing back.';
  }

  /** Replaces the ink by a grey image of 28 x 28, or of the models' grid where whole pixels are painted: ink from 128 on. */
  setImage({ grid, pixels, labels }: GreyImages, name: string): void {
    let ink: Uint8Array;
    if (this.cells) {
      ink = blankCanvas();
      for (const [cell, grey] of pixels.entries()) if (grey >= 128) fillCell(ink, cell, grid, false);
    } else {
      ink = enlarge(pixels);
    }
    this.#replace(ink, name);
    this.#pages.label = labels?.[0] ?? null;
  }

  /**
   * The same for an image that the app chose: a stored drawing may replace it. In several tasks; resolves with whether the image was
   * still wanted then: it is not where the page was changed meanwhile, or drawn on.
   */
  async setFirstImage(image: GreyImages, name: string): Promise<boolean> {
    const { pageName } = this;
    const ink = this.cells ? null : await enlargeInSteps(image.pixels);
    if (this.pageName !== pageName || !this.untouched) return false;
    if (ink) this.#replace(ink, name);
    else this.setImage(image, name);
    this.#pages.label = image.labels?.[0] ?? null;
    this.#pages.shown.origin = 'app';
    return true;
  }

  /**
   * Puts the drawing of a link on the pad, [n] of 0 and 1 on the models' grid: the models see exactly these pixels. It is not stored before
   * the visitor changes it, and undo brings back what was there.
   */
  showLinked(bits: Uint8Array): void {
    this.#replaceByBits(bits, 'drawing of the link');
    this.#pages.shown.origin = 'link';
    this.said = 'The drawing of the link lies on the pad.';
  }

  /** Puts a sample of a model on the pad, [n] of 0 and 1: the models see exactly these pixels, and undo brings back what was there. */
  setSample(bits: Uint8Array): void {
    this.#replaceByBits(bits, 'sample');
    this.said = 'The sample lies on the pad, pixel for pixel.';
  }

  #replaceByBits(bits: Uint8Array, name: string): void {
    if (paintsCells(this.grid)) this.setWhole(true);
    else this.centred = false;
    const ink = blankCanvas();
    for (const [cell, bit] of bits.entries()) if (bit) fillCell(ink, cell, this.grid, false);
    this.#replace(ink, name);
  }

  /** Every page is blank again, as before its stored ink was restored. */
  forgetPages(): void {
    this.#pages.forget();
  }

  /** Puts back the stored ink of an earlier visit, with an empty history. False where the value is not a page's ink. */
  restore(ink: unknown): boolean {
    return this.#pages.restore(ink);
  }

  undo(): void {
    this.end();
    const name = this.#pages.undo();
    if (name !== null) this.said = `Undone: ${name}.`;
  }

  redo(): void {
    this.end();
    const name = this.#pages.redo();
    if (name !== null) this.said = `Redone: ${name}.`;
  }

  /** What changed since the last call; everything for a canvas that is still empty. */
  takeDirtyRect(fresh: boolean): Rect | null {
    return this.#pages.takeDirtyRect(fresh);
  }

  #changePage(change: () => void): void {
    this.keyboard.lift();
    this.end();
    change();
    this.keyboard.cursor.centre(this.board);
    this.#pages.turn();
  }

  #wipe(): void {
    this.ink.fill(0);
    this.#pages.touch(WHOLE);
  }

  #segment(from: Point, to: Point): void {
    const { erasing, ink } = this;
    if (this.cells) {
      for (const cell of cellsBetween(from, to, this.grid))
        this.#pages.touch(fillCell(ink, cell, this.grid, erasing));
    } else {
      const radius = (this.brush * SIDE) / PIXELS / 2;
      const segment = { x0: from.x, y0: from.y, x1: to.x, y1: to.y };
      this.#pages.touch(drawSegment(ink, segment, radius, erasing));
    }
  }

  #replace(ink: Uint8Array, name: string): void {
    this.cancel();
    this.#pages.replace(ink, name);
  }
}
