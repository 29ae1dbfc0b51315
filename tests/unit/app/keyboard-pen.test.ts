import { describe, expect, it } from 'vitest';
import { Pad } from '../../../src/app/pad/pad.svelte.ts';

/** A pad that paints 4 x 4 whole pixels: the pen starts in row 3, column 3. */
function paintedPad(): Pad {
  const pad = new Pad();
  pad.setGrid({ width: 4, height: 4 });
  return pad;
}

const inked = (pad: Pad) =>
  Array.from(pad.seen.grey.pixels, (grey, pixel) => (grey > 127 ? pixel : -1)).filter((pixel) => pixel >= 0);

describe('the pen of the keyboard', () => {
  it('says where it is, and whether there is ink', () => {
    const pad = paintedPad();
    pad.keyboard.move(-1, 0);
    expect(pad.said).toBe('Row 3, column 2');
    pad.keyboard.dot();
    expect(pad.said).toBe('Dot.');
    pad.keyboard.move(-9, 0);
    pad.keyboard.move(1, 0);
    expect(pad.said).toBe('Row 3, column 2, ink');
  });

  it('draws one stroke from where it is put down to where it is lifted', () => {
    const pad = paintedPad();
    pad.keyboard.toggle();
    expect([pad.said, pad.drawing]).toEqual(['Pen down.', true]);
    pad.keyboard.move(1, 0);
    pad.keyboard.move(0, 1);
    pad.keyboard.toggle();
    expect([pad.said, pad.drawing]).toEqual(['Pen up.', false]);
    expect(inked(pad)).toEqual([10, 11, 15]);
    pad.undo();
    expect(inked(pad)).toEqual([]);
  });

  it('erases with the eraser, and a painted pixel that is ink also with the pen', () => {
    const pad = paintedPad();
    pad.keyboard.dot();
    pad.keyboard.dot();
    expect([pad.said, inked(pad)]).toEqual(['Erased.', []]);
    pad.keyboard.dot();
    pad.keyboard.switchTool();
    expect([pad.said, pad.tool]).toEqual(['Eraser.', 'eraser']);
    pad.keyboard.toggle();
    expect([pad.said, pad.erasing, inked(pad)]).toEqual(['Eraser down.', true, []]);
  });

  it('is lifted where the tool or the page changes, and where the stroke is cancelled', () => {
    const pad = paintedPad();
    const { cursor } = pad.keyboard;
    for (const change of [
      () => pad.keyboard.switchTool(),
      () => pad.setWhole(false),
      () => pad.keyboard.lift(),
      () => pad.cancel(),
    ]) {
      pad.keyboard.toggle();
      expect(cursor.down).toBe(true);
      change();
      expect([cursor.down, pad.drawing]).toEqual([false, false]);
    }
  });
});
