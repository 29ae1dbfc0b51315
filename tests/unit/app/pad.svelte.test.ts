import { describe, expect, it } from 'vitest';
import { Pad } from '../../../src/app/pad/pad.svelte.ts';
import { type GreyImages, unpackImage } from '../../../src/data/images.ts';

/** A digit with ink in its upper half. */
function digit(label: number): GreyImages {
  return {
    grid: { width: 28, height: 28 },
    count: 1,
    pixels: Uint8Array.from({ length: 784 }, (_, pixel) => (pixel < 392 ? 255 : 0)),
    labels: Uint8Array.of(label),
  };
}

/** A pad with an example, as a first visit finds it. */
async function padWithExample(): Promise<Pad> {
  const pad = new Pad();
  expect(await pad.setFirstImage(digit(7), 'test digit')).toBe(true);
  return pad;
}

const dot = (pad: Pad) => {
  pad.begin({ x: 280, y: 500 });
  pad.end();
};

const ink = (pad: Pad) => pad.ink.reduce((sum, grey) => sum + grey, 0);

describe('the example on the pad of a first visit', () => {
  it('is replaced by the first stroke of the pen, and comes back with undo', async () => {
    const pad = await padWithExample();
    expect(pad.placeholder).toBe(true);
    const before = pad.ink.slice();
    dot(pad);
    expect(pad.placeholder).toBe(false);
    const one = ink(pad);
    // The dot alone: ink in the upper half is gone.
    expect(pad.ink.subarray(0, 100_000).every((grey) => grey === 0)).toBe(true);
    // The second stroke adds to the first.
    pad.begin({ x: 100, y: 100 });
    pad.end();
    expect(ink(pad)).toBeGreaterThan(one);
    pad.undo();
    expect(ink(pad)).toBe(one);
    pad.undo();
    expect(pad.ink).toEqual(before);
    pad.redo();
    expect(ink(pad)).toBe(one);
  });

  it('stays where the stroke is cancelled, and is still an example then', async () => {
    const pad = await padWithExample();
    const before = pad.ink.slice();
    pad.begin({ x: 280, y: 500 });
    pad.cancel();
    expect(pad.ink).toEqual(before);
    expect(pad.placeholder).toBe(true);
  });

  it('can be erased in parts, and is then the drawing of the visitor', async () => {
    const pad = await padWithExample();
    const before = ink(pad);
    pad.begin({ x: 280, y: 100 }, true);
    pad.end();
    expect(ink(pad)).toBeLessThan(before);
    expect(ink(pad)).toBeGreaterThan(before / 2);
    expect(pad.placeholder).toBe(false);
  });

  it('is none where the visitor has laid a digit on the pad', () => {
    const pad = new Pad();
    pad.setImage(digit(3), 'test digit');
    expect(pad.placeholder).toBe(false);
    const before = ink(pad);
    dot(pad);
    expect(ink(pad)).toBeGreaterThan(before);
  });
});

describe('the label of what lies on the pad', () => {
  it('is that of a test digit until the ink changes', async () => {
    const pad = await padWithExample();
    expect(pad.label).toBe(7);
    pad.setImage(digit(3), 'test digit');
    expect(pad.label).toBe(3);
    dot(pad);
    expect(pad.label).toBeNull();
    pad.setImage(digit(4), 'test digit');
    pad.clear();
    expect(pad.label).toBeNull();
  });

  it('is none for an image without one', () => {
    const pad = new Pad();
    pad.setImage({ ...digit(3), labels: null }, 'kept drawing');
    expect(pad.label).toBeNull();
  });

  it('is that of the same digit in painted pixels', () => {
    const pad = new Pad();
    const grid = { width: 4, height: 4 };
    pad.setGrid(grid);
    pad.setImage(
      { grid, count: 1, pixels: new Uint8Array(16).fill(255, 0, 5), labels: Uint8Array.of(6) },
      'test digit',
    );
    expect(pad.label).toBe(6);
    expect(pad.seen.inkPixels).toBe(5);
  });
});

describe('the drawing of a link', () => {
  const bits = Uint8Array.from({ length: 784 }, (_, pixel) => Number(pixel % 3 === 0 || pixel > 700));

  it('is what the models see, pixel by pixel, wherever its ink lies', () => {
    const pad = new Pad();
    pad.showLinked(bits);
    expect(unpackImage(pad.seen.packed, 0)).toEqual(bits);
    expect(pad.centred).toBe(false);
    expect([pad.origin, pad.placeholder, pad.untouched]).toEqual(['link', false, false]);
  });

  it('is painted on a small grid, which is drawn on by hand otherwise', () => {
    const pad = new Pad();
    pad.setGrid({ width: 7, height: 7 });
    pad.setWhole(false);
    pad.showLinked(bits.subarray(0, 49));
    expect(unpackImage(pad.seen.packed, 0)).toEqual(bits.slice(0, 49));
    expect(pad.cells).toBe(true);
  });

  it('or a sample of a model is stored as the visitor’s own drawing, which undo takes back', () => {
    const pad = new Pad();
    dot(pad);
    const before = ink(pad);
    pad.setSample(bits);
    expect(unpackImage(pad.seen.packed, 0)).toEqual(bits);
    expect(pad.origin).toBe('visitor');
    pad.undo();
    expect(ink(pad)).toBe(before);
  });

  it('stays under the first stroke, and undo brings back what was there before', () => {
    const pad = new Pad();
    dot(pad);
    const before = ink(pad);
    pad.showLinked(bits);
    const linked = ink(pad);
    dot(pad);
    expect(pad.origin).toBe('visitor');
    expect(ink(pad)).toBeGreaterThan(linked - 255 * 100);
    pad.undo();
    expect(ink(pad)).toBe(linked);
    pad.undo();
    expect(ink(pad)).toBe(before);
  });
});

describe('a sample on the pad', () => {
  it.each([8, 14, 16, 28, 32])('is seen pixel for pixel on a grid of %i x %i', (side) => {
    const pad = new Pad();
    pad.setGrid({ width: side, height: side });
    // Noise, a checkerboard and single pixels: every pixel beside every other.
    const patterns = [
      (pixel: number) => (Math.imul(pixel + 1, 2654435761) >>> 16) & 1,
      (pixel: number) => ((pixel % side) + Math.floor(pixel / side)) & 1,
      (pixel: number) => Number(pixel % 5 === 0),
      (pixel: number) => Number(pixel % 7 !== 0),
    ];
    for (const pattern of patterns) {
      const bits = Uint8Array.from({ length: side * side }, (_, pixel) => pattern(pixel));
      pad.setSample(bits);
      expect(unpackImage(pad.seen.packed, 0)).toEqual(bits);
    }
  });

  it('a drawing that is centred has a margin on 32 x 32, and is what it is on 28 x 28', () => {
    const pad = new Pad();
    pad.setImage(digit(7), 'digit');
    const small = pad.seen.grey.pixels;
    pad.setGrid({ width: 32, height: 32 });
    const { grey, drawing } = pad.seen;
    expect(drawing.pixels).toEqual(small);
    for (const row of [0, 13, 27])
      expect(grey.pixels.slice((row + 2) * 32 + 2, (row + 2) * 32 + 30)).toEqual(
        small.slice(row * 28, (row + 1) * 28),
      );
  });
});
