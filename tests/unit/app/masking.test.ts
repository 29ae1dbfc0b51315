import { describe, expect, it } from 'vitest';
import type { Questions } from '../../../src/app/questions/questions.svelte.ts';
import { SIDE } from '../../../src/app/pad/ink.ts';
import { Mask } from '../../../src/app/masking/mask.svelte.ts';
import { PRESETS } from '../../../src/app/masking/presets.ts';
import { getPixel, type Grid } from '../../../src/data/images.ts';

const square = (side: number): Grid => ({ width: side, height: side });
const maskAt = (side: number): Mask =>
  // A mask reads only the pad's grid.
  new Mask({ ports: { pad: { grid: square(side) } } } as unknown as Questions);
const rows = (mask: Mask): string[] =>
  Array.from({ length: mask.grid.height }, (_, row) =>
    [...mask.hidden.subarray(row * mask.grid.width, (row + 1) * mask.grid.width)].join(''),
  );
/** The middle of a pixel, in cells of the canvas. */
const middle = (column: number, row: number, side: number) => ({
  x: ((column + 0.5) * SIDE) / side,
  y: ((row + 0.5) * SIDE) / side,
});

describe('a mask', () => {
  it('begins with the bottom half hidden and the top half known', () => {
    const mask = maskAt(4);
    expect(rows(mask)).toEqual(['0000', '0000', '1111', '1111']);
    expect([mask.count, mask.share, mask.chosen]).toEqual([8, 0.5, 'bottom-half']);
    expect([...mask.known.words]).toEqual([0x00ff]);
    expect(getPixel(mask.known, 0, 8)).toBe(0);
  });

  it('keeps the preset when the grid changes, and drops the strokes of the old grid', () => {
    const mask = maskAt(4);
    mask.preset('left-half');
    mask.begin(middle(3, 0, 4));
    mask.end();
    expect(mask.chosen).toBeNull();
    mask.setGrid(square(5));
    expect(rows(mask)).toEqual(Array.from({ length: 5 }, () => '11100'));
    expect([mask.chosen, mask.canUndo]).toEqual(['left-half', false]);
    mask.begin(middle(4, 4, 5));
    mask.end();
    mask.setGrid(square(5));
    expect(mask.count).toBe(16);
  });

  it.each([
    ['none', ['000', '000', '000']],
    ['bottom-half', ['000', '111', '111']],
    ['top-half', ['111', '111', '000']],
    ['right-half', ['011', '011', '011']],
    ['left-half', ['110', '110', '110']],
    ['every-other', ['010', '101', '010']],
  ] as const)('preset %s on 3 x 3', (preset, expected) => {
    const mask = maskAt(3);
    mask.preset(preset);
    expect(rows(mask)).toEqual(expected);
    expect(PRESETS.some(({ id }) => id === preset)).toBe(true);
  });

  it('hides and reveals under a round brush along the whole stroke', () => {
    const mask = maskAt(28);
    mask.preset('none');
    mask.width = 3;
    mask.begin(middle(5, 5, 28));
    mask.extend([middle(20, 5, 28)]);
    mask.end();
    // Three rows over columns 4 to 21: the round brush of width 3 covers all nine pixels.
    expect(mask.count).toBe(3 * 18);
    mask.begin(middle(5, 5, 28), true);
    mask.extend([middle(20, 5, 28)]);
    mask.end();
    expect(mask.count).toBe(0);
  });

  it('toggles single pixels on a small grid', () => {
    const mask = maskAt(3);
    mask.preset('none');
    mask.begin(middle(1, 1, 3));
    mask.end();
    expect(rows(mask)).toEqual(['000', '010', '000']);
    mask.begin(middle(1, 1, 3));
    mask.end();
    expect(mask.count).toBe(0);
  });

  it('undoes and redoes strokes and presets; a change without effect adds no undo step', () => {
    const mask = maskAt(4);
    mask.begin(middle(0, 0, 4));
    mask.extend([middle(2, 0, 4)]);
    mask.end();
    const painted = rows(mask);
    expect(painted[0]).toBe('1110');
    mask.clear();
    mask.clear();
    mask.undo();
    expect(rows(mask)).toEqual(painted);
    mask.undo();
    expect([rows(mask)[0], mask.chosen, mask.canUndo]).toEqual(['0000', 'bottom-half', false]);
    mask.redo();
    mask.redo();
    expect([mask.count, mask.canRedo]).toEqual([0, false]);
    mask.cancel();
    mask.begin(middle(0, 0, 4));
    mask.cancel();
    expect(mask.count).toBe(0);
  });

  it('can be painted from the keyboard', () => {
    const mask = maskAt(4);
    mask.preset('none');
    mask.moveCursor(-9, -9);
    mask.toggle();
    expect(mask.said).toBe('Hidden.');
    mask.moveCursor(1, 1);
    mask.toggleBrush();
    mask.moveCursor(0, 1);
    mask.moveCursor(1, 0);
    mask.liftCursor();
    expect(rows(mask)).toEqual(['1000', '0100', '0110', '0000']);
    mask.toggle();
    expect(mask.said).toBe('Revealed.');
    expect(rows(mask)[2]).toBe('0100');
  });
});
