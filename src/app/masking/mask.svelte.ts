import { untrack } from 'svelte';
import { maskOf } from '../../data/known-pixels.ts';
import { type Grid, type PackedImages, pixelCount, unpackImage } from '../../data/images.ts';
import { presetMask } from '../../data/mask-presets.ts';
import { describePlace, paintsCells, sameGrid } from '../grids.ts';
import { GridCursor } from '../pad/grid-cursor.svelte.ts';
import { cellAt, cellsBetween, type Point } from '../pad/ink.ts';
import { capital, plural } from '../format.ts';
import { FIRST_PRESET, type LinkedMask, type PresetId, PRESETS } from './presets.ts';

type MaskTool = 'hide' | 'reveal';

/** Widths of the brush in pixels of the model's grid; where these are painted one by one, it is always one. */
export const MASK_BRUSH = { min: 1, max: 7, step: 1, start: 3 } as const;
const MAX_UNDO = 200;

/** What a mask reads of the drawing and of links, and what a copied link reads of the mask. */
interface MaskPorts {
  readonly ports: { readonly pad: { readonly grid: Grid } };
  linkedMask: LinkedMask;
  sharedMask: () => LinkedMask;
}

interface MaskState {
  readonly hidden: Uint8Array<ArrayBuffer>;
  readonly preset: PresetId | null;
}

/** Known mask of the drawing on the models' grid. The panels that hide pixels share one. */
export class Mask {
  grid = $state.raw<Grid>({ width: 0, height: 0 });
  /** [n], 1 where a pixel is hidden. Replaced as a whole, never written to. */
  hidden = $state.raw<Uint8Array<ArrayBuffer>>(new Uint8Array(0));
  /** The preset that the mask equals; null after painting. */
  chosen = $state<PresetId | null>(FIRST_PRESET);
  tool = $state<MaskTool>('hide');
  width = $state<number>(MASK_BRUSH.start);
  /** The keyboard's brush, on the models' grid. */
  readonly cursor = new GridCursor();
  /** For screen readers: the last action. */
  said = $state('');
  canUndo = $state(false);
  canRedo = $state(false);
  /** One image: 1 where a pixel is known. */
  known = $derived.by<PackedImages>(() => maskOf(this.grid, (pixel) => this.hidden[pixel] === 0));
  /** Hidden pixels. */
  count = $derived(this.hidden.reduce((sum, bit) => sum + bit, 0));
  /** The preset that a new grid starts with. */
  #last: PresetId = FIRST_PRESET;
  #done: MaskState[] = [];
  #undone: MaskState[] = [];
  #stroke: { before: MaskState; last: Point; reveal: boolean } | null = null;

  constructor(questions: MaskPorts) {
    this.setGrid(questions.ports.pad.grid);
    questions.sharedMask = () => this.shared;
    // In a root of its own, which lasts as long as the page: so does this state.
    $effect.root(() => {
      $effect.pre(() => {
        const { linkedMask } = questions;
        if (!linkedMask || !this.#takes(linkedMask)) return;
        questions.linkedMask = null;
      });
    });
  }

  /** What a copied link says of it: null for the preset that every visit begins with. */
  get shared(): Uint8Array<ArrayBuffer> | PresetId | null {
    return this.chosen === FIRST_PRESET ? null : (this.chosen ?? this.hidden);
  }

  /** Hidden pixels as a share of all. */
  get share(): number {
    return this.hidden.length === 0 ? 0 : this.count / this.hidden.length;
  }

  /** Whether pixels are large enough to be hidden one by one: then a tap toggles one. */
  get cells(): boolean {
    return paintsCells(this.grid);
  }

  /** A new grid starts with the preset chosen last. The same grid changes nothing. */
  setGrid(grid: Grid): void {
    if (sameGrid(grid, this.grid)) return;
    this.#stroke = null;
    this.cursor.down = false;
    this.grid = grid;
    this.cursor.centre(grid);
    this.#done = [];
    this.#undone = [];
    this.#show({ hidden: hiddenBy(this.#last, grid), preset: this.#last });
  }

  preset(id: PresetId): void {
    this.end();
    this.#last = id;
    this.#change({ hidden: hiddenBy(id, this.grid), preset: id });
    this.said = `${plural(this.count, 'pixel')} hidden.`;
  }

  clear(): void {
    this.end();
    this.#change({ hidden: new Uint8Array(pixelCount(this.grid)), preset: 'none' });
    this.said = 'Nothing is hidden.';
  }

  // --- painting: points are in cells of the canvas, as on the pad ------------------------------------------

  begin(at: Point, reveal = this.tool === 'reveal'): void {
    this.end();
    const toggles = this.cells && this.hidden[cellAt(at, this.grid)] === 1;
    this.#stroke = { before: this.#state(), last: at, reveal: reveal || toggles };
    this.extend([at]);
  }

  /** Extends the stroke through the points in order, with straight lines between them. */
  extend(points: readonly Point[]): void {
    if (!this.#stroke || points.length === 0) return;
    const hidden = this.hidden.slice();
    const value = this.#stroke.reveal ? 0 : 1;
    for (const point of points) {
      for (const cell of cellsBetween(this.#stroke.last, point, this.grid)) this.#stamp(hidden, cell, value);
      this.#stroke.last = point;
    }
    if (hidden.every((bit, pixel) => bit === this.hidden[pixel])) return;
    this.#show({ hidden, preset: null });
  }

  end(): void {
    if (!this.#stroke) return;
    const { before } = this.#stroke;
    this.#stroke = null;
    if (before.hidden !== this.hidden) this.#remember(before);
  }

  /** Discards the stroke: the browser took over the pointer, for example to scroll. */
  cancel(): void {
    if (!this.#stroke) return;
    this.#show(this.#stroke.before);
    this.#stroke = null;
    this.cursor.down = false;
  }

  undo(): void {
    this.end();
    const before = this.#done.pop();
    if (!before) return;
    this.#undone.push(this.#state());
    this.#show(before);
    this.said = `Undone: ${plural(this.count, 'pixel')} hidden.`;
  }

  redo(): void {
    this.end();
    const after = this.#undone.pop();
    if (!after) return;
    this.#done.push(this.#state());
    this.#show(after);
    this.said = `Redone: ${plural(this.count, 'pixel')} hidden.`;
  }

  // --- keyboard -------------------------------------------------------------------------------------------

  moveCursor(columns: number, rows: number): void {
    const { grid } = this;
    this.cursor.move(columns, rows, grid);
    if (this.cursor.down) this.extend([this.cursor.point(grid)]);
    const pixel = this.cursor.pixel(grid);
    this.said = `${capital(describePlace(pixel, grid))}${this.hidden[pixel] ? ', hidden' : ''}`;
  }

  /** Hides or reveals what lies under the keyboard's brush, the opposite of its middle pixel. */
  toggle(): void {
    if (this.cursor.down) return;
    const reveal = this.hidden[this.cursor.pixel(this.grid)] === 1;
    this.begin(this.cursor.point(this.grid), reveal);
    this.end();
    this.said = reveal ? 'Revealed.' : 'Hidden.';
  }

  toggleBrush(): void {
    this.cursor.down = !this.cursor.down;
    if (this.cursor.down) this.begin(this.cursor.point(this.grid));
    else this.end();
    this.said = this.cursor.down ? 'Brush down.' : 'Brush up.';
  }

  /** For when the pad loses the focus. */
  liftCursor(): void {
    if (this.cursor.down) this.toggleBrush();
  }

  switchTool(): void {
    this.liftCursor();
    this.tool = this.tool === 'hide' ? 'reveal' : 'hide';
    this.said = this.tool === 'hide' ? 'Hiding.' : 'Revealing.';
  }

  /** Sets every pixel whose middle the round brush covers, centred on `cell`. */
  #stamp(hidden: Uint8Array, cell: number, value: 0 | 1): void {
    const { width, height } = this.grid;
    const radius = this.cells ? 0 : this.width / 2;
    const column = cell % width;
    const row = Math.floor(cell / width);
    const reach = Math.floor(radius);
    for (let y = Math.max(0, row - reach); y <= Math.min(height - 1, row + reach); y++)
      for (let x = Math.max(0, column - reach); x <= Math.min(width - 1, column + reach); x++)
        if (Math.hypot(x - column, y - row) <= radius) hidden[y * width + x] = value;
  }

  /** Shows the hidden pixels of a link; false where they are those of another grid. */
  #takes(linked: Uint8Array<ArrayBuffer> | PresetId): boolean {
    if (typeof linked === 'string') untrack(() => this.preset(linked));
    else if (linked.length !== this.hidden.length) return false;
    else untrack(() => this.#change({ hidden: linked, preset: null }));
    return true;
  }

  #state(): MaskState {
    return { hidden: this.hidden, preset: this.chosen };
  }

  #show({ hidden, preset }: MaskState): void {
    this.hidden = hidden;
    this.chosen = preset;
    this.canUndo = this.#done.length > 0;
    this.canRedo = this.#undone.length > 0;
  }

  /** Applies a change; one that hides the same pixels adds no undo step. */
  #change(state: MaskState): void {
    const before = this.#state();
    const same = state.hidden.every((bit, pixel) => bit === before.hidden[pixel]);
    this.#show(same ? { hidden: before.hidden, preset: state.preset } : state);
    if (!same) this.#remember(before);
  }

  #remember(before: MaskState): void {
    this.#done.push(before);
    if (this.#done.length > MAX_UNDO) this.#done.shift();
    this.#undone = [];
    this.#show(this.#state());
  }
}

/** The pixels that a preset hides, [n]. */
function hiddenBy(id: PresetId, grid: Grid): Uint8Array<ArrayBuffer> {
  const known = presetMask(grid, PRESETS.find((each) => each.id === id)!.keeps);
  return unpackImage(known, 0).map((bit) => 1 - bit);
}
