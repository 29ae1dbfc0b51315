import type { Grid } from '../../data/images.ts';
import { capital } from '../format.ts';
import { describePlace } from '../grids.ts';
import { GridCursor } from './grid-cursor.svelte.ts';
import type { Point } from './ink.ts';
import { middleOf } from './model-input.ts';

/** What the pen of the keyboard needs of the pad. */
interface KeyboardPad {
  readonly board: Grid;
  readonly ink: Uint8Array;
  /** Whether the stroke that was begun erases. */
  readonly erasing: boolean;
  tool: 'pen' | 'eraser';
  said: string;
  begin(at: Point): void;
  extend(points: readonly Point[]): void;
  end(): void;
}

/** Drawing by keyboard: a pen that moves by pixels of the board, and tells screen readers where it is. */
export class KeyboardPen {
  readonly cursor = new GridCursor();
  readonly #pad: KeyboardPad;

  constructor(pad: KeyboardPad) {
    this.#pad = pad;
  }

  move(columns: number, rows: number): void {
    const { board } = this.#pad;
    this.cursor.move(columns, rows, board);
    if (this.cursor.down) this.#pad.extend([this.cursor.point(board)]);
    const cell = this.cursor.pixel(board);
    const ink = this.#pad.ink[middleOf(cell, board)] > 127;
    const place = describePlace(cell, board);
    this.#pad.said = `${capital(place)}${ink ? ', ink' : ''}`;
  }

  toggle(): void {
    if (this.cursor.down) {
      this.cursor.down = false;
      this.#pad.end();
      this.#pad.said = 'Pen up.';
    } else {
      this.#pad.begin(this.cursor.point(this.#pad.board));
      this.cursor.down = true;
      this.#pad.said = this.#pad.erasing ? 'Eraser down.' : 'Pen down.';
    }
  }

  dot(): void {
    if (this.cursor.down) return;
    this.#pad.begin(this.cursor.point(this.#pad.board));
    const erased = this.#pad.erasing;
    this.#pad.end();
    this.#pad.said = erased ? 'Erased.' : 'Dot.';
  }

  switchTool(): void {
    this.lift();
    this.#pad.tool = this.#pad.tool === 'pen' ? 'eraser' : 'pen';
    this.#pad.said = this.#pad.tool === 'pen' ? 'Pen.' : 'Eraser.';
  }

  /** Leaving the pad lifts the pen. */
  lift(): void {
    if (this.cursor.down) this.toggle();
  }
}
