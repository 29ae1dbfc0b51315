import { describe, expect, it } from 'vitest';
import { History } from '../../../src/app/pad/history.ts';
import {
  blankCanvas,
  CELL,
  cellAt,
  cellsBetween,
  drawSegment,
  enlarge,
  fillCell,
  SIDE,
  WHOLE,
} from '../../../src/app/pad/ink.ts';
import { GRIDS } from '../../../src/app/grids.ts';
import { centre, shrink } from '../../../src/data/centring.ts';
import { randomWords } from '../../../src/data/rng.ts';

/** Whole numbers below `below`, the same in every run. */
function randomInts(seed: number, count: number): (below: number) => number {
  const words = new Uint32Array(count);
  randomWords(seed, 0, 0, words);
  let at = 0;
  return (below) => words[at++ % count] % below;
}

function randomSegment(roll: (below: number) => number) {
  return { x0: roll(SIDE), y0: roll(SIDE), x1: roll(SIDE), y1: roll(SIDE) };
}

describe('the brush', () => {
  it('covers all cells within its radius and none outside the rectangle that it returns', () => {
    const canvas = blankCanvas();
    const rect = drawSegment(canvas, { x0: 100, y0: 100, x1: 200, y1: 160 }, 24, false)!;
    expect(canvas[130 * SIDE + 150]).toBe(255);
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++)
        if (x < rect.left || x >= rect.right || y < rect.top || y >= rect.bottom)
          if (canvas[y * SIDE + x] !== 0) throw new Error(`ink at ${x}, ${y}`);
  });

  it('leaves the same ink for the same points, however they are split into segments', () => {
    const whole = blankCanvas();
    drawSegment(whole, { x0: 50, y0: 80, x1: 450, y1: 80 }, 20, false);
    const split = blankCanvas();
    for (let x = 50; x < 450; x += 50) drawSegment(split, { x0: x, y0: 80, x1: x + 50, y1: 80 }, 20, false);
    expect(same(split, whole)).toBe(true);
  });

  it('erases what it drew', () => {
    const canvas = blankCanvas();
    const segment = { x0: 100, y0: 300, x1: 400, y1: 200 };
    drawSegment(canvas, segment, 20, false);
    drawSegment(canvas, segment, 22, true);
    expect(canvas.every((grey) => grey === 0)).toBe(true);
  });

  it('returns null off the canvas', () => {
    expect(drawSegment(blankCanvas(), { x0: -200, y0: -200, x1: -100, y1: -100 }, 20, false)).toBeNull();
  });
});

describe('whole pixels of a grid', () => {
  it.each(GRIDS)('$width x $height: tile the canvas and shrink to exactly the pixels painted', (grid) => {
    const n = grid.width * grid.height;
    const all = blankCanvas();
    for (let pixel = 0; pixel < n; pixel++) fillCell(all, pixel, grid, false);
    expect(all.every((grey) => grey === 255)).toBe(true);
    const canvas = blankCanvas();
    for (let pixel = 0; pixel < n; pixel += 2) fillCell(canvas, pixel, grid, false);
    fillCell(canvas, 0, grid, true);
    const seen = shrink({ width: SIDE, height: SIDE, ink: canvas }, grid).pixels;
    expect(Array.from(seen, (grey) => grey >> 7)).toEqual(
      Array.from({ length: n }, (_, pixel) => (pixel > 0 && pixel % 2 === 0 ? 1 : 0)),
    );
  });

  it('are found under a point, on the canvas and off it, and along a stroke without a gap', () => {
    const grid = { width: 4, height: 4 };
    expect(cellAt({ x: 150, y: 290 }, grid)).toBe(9);
    expect(cellAt({ x: -5, y: 9999 }, grid)).toBe(12);
    expect(cellsBetween({ x: 10, y: 10 }, { x: 550, y: 10 }, grid)).toEqual([0, 1, 2, 3]);
    expect(cellsBetween({ x: 10, y: 10 }, { x: 10, y: 10 }, grid)).toEqual([0]);
  });
});

describe('undo and redo', () => {
  it('restore the canvas exactly over 1,000 random steps', () => {
    const roll = randomInts(7, 20_000);
    const canvas = blankCanvas();
    const history = new History(canvas);
    /** Copies after each change that was not undone and overwritten; `at` is the one shown. */
    let canvases = [canvas.slice()];
    let at = 0;
    for (let i = 0; i < 1000; i++) {
      const action = roll(3);
      if (action === 0) {
        history.begin();
        const radius = 4 + roll(20);
        history.touch(drawSegment(canvas, randomSegment(roll), radius, roll(3) === 0));
        history.commit('stroke');
        canvases = [...canvases.slice(0, at + 1), canvas.slice()];
        at++;
      } else if (action === 1) {
        if (history.undo()) at--;
      } else if (history.redo()) {
        at++;
      }
      if (!same(canvas, canvases[at])) throw new Error(`step ${i}: the canvas differs`);
      expect(history.canUndo).toBe(at > 0);
      expect(history.canRedo).toBe(at < canvases.length - 1);
    }
  });

  it('discard reverts what a cancelled stroke had changed', () => {
    const canvas = blankCanvas();
    const history = new History(canvas);
    history.begin();
    history.touch(drawSegment(canvas, { x0: 10, y0: 10, x1: 300, y1: 300 }, 30, false));
    expect(history.discard()).not.toBeNull();
    expect(same(canvas, blankCanvas())).toBe(true);
    expect(history.canUndo).toBe(false);
  });

  it('a clear is one step', () => {
    const canvas = blankCanvas();
    const history = new History(canvas);
    canvas.fill(9);
    history.begin();
    canvas.fill(0);
    history.touch(WHOLE);
    history.commit('clear');
    history.undo();
    expect(canvas.every((grey) => grey === 9)).toBe(true);
  });
});

describe('a digit shown on the pad', () => {
  it('has the same bits after the threshold as its image, centred or not', () => {
    const grey = new Uint8Array(784);
    // A tall digit whose centre of mass is where MNIST puts it: a ring with a soft rim.
    for (let row = 4; row < 24; row++)
      for (let column = 7; column < 21; column++) {
        const distance = Math.hypot((column - 13.5) / 0.7, row - 13.5);
        grey[row * 28 + column] = Math.round(255 * Math.max(0, Math.min(1, 3.2 - Math.abs(distance - 6.8))));
      }
    const canvas = enlarge(grey);
    const map = { width: SIDE, height: SIDE, ink: canvas };
    const bits = (pixels: Uint8Array) => Array.from(pixels, (level) => level >> 7);
    const seen = shrink(map).pixels;
    expect(bits(seen)).toEqual(bits(grey));
    expect(Math.max(...seen.map((level, i) => Math.abs(level - grey[i])))).toBeLessThanOrEqual(1);
    expect(bits(centre(map).pixels).filter(Boolean).length).toBe(bits(grey).filter(Boolean).length);
  });

  it('stays blank where the image is', () => {
    expect(enlarge(new Uint8Array(784)).every((level) => level === 0)).toBe(true);
    const dot = new Uint8Array(784);
    dot[400] = 255;
    const canvas = enlarge(dot);
    const left = (400 % 28) * CELL;
    const top = Math.floor(400 / 28) * CELL;
    canvas.forEach((level, at) => {
      const x = at % SIDE;
      const y = Math.floor(at / SIDE);
      const inside = x >= left && x < left + CELL && y >= top && y < top + CELL;
      if (level > 0 && !inside) throw new Error(`ink at ${x}, ${y}`);
    });
  });
});

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
