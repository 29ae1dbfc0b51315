import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mnistPaths } from '../../../src/build/mnist.ts';
import { centre, shrink } from '../../../src/data/centring.ts';
import type { InkMap } from '../../../src/data/centring.ts';
import { readIdxImages } from '../../../src/data/idx.ts';
import type { GreyImages } from '../../../src/data/images.ts';

const SIDE = 280;

function blank(side = SIDE): InkMap & { ink: Uint8Array } {
  return { width: side, height: side, ink: new Uint8Array(side * side) };
}

function fill(map: InkMap, left: number, top: number, width: number, height: number, level = 255): void {
  for (let row = top; row < top + height; row++)
    map.ink.fill(level, row * map.width + left, row * map.width + left + width);
}

/** Centre of mass in pixels counted from 0 at the middle of the first pixel. */
function massCentre({ grid, pixels }: GreyImages): { x: number; y: number } {
  let total = 0;
  let x = 0;
  let y = 0;
  pixels.forEach((level, i) => {
    total += level;
    x += level * (i % grid.width);
    y += level * Math.floor(i / grid.width);
  });
  return { x: x / total, y: y / total };
}

function inkedBox({ grid, pixels }: GreyImages): {
  left: number;
  top: number;
  right: number;
  bottom: number;
} {
  const columns = [...pixels.keys()].filter((i) => pixels[i] > 0).map((i) => i % grid.width);
  const rows = [...pixels.keys()].filter((i) => pixels[i] > 0).map((i) => Math.floor(i / grid.width));
  return {
    left: Math.min(...columns),
    top: Math.min(...rows),
    right: Math.max(...columns),
    bottom: Math.max(...rows),
  };
}

/** Some bars of ink, all inside a square of 100 from the map's corner. */
const bars = fc.array(
  fc.record({
    left: fc.integer({ min: 0, max: 60 }),
    top: fc.integer({ min: 0, max: 60 }),
    width: fc.integer({ min: 3, max: 40 }),
    height: fc.integer({ min: 3, max: 40 }),
    level: fc.integer({ min: 40, max: 255 }),
  }),
  { minLength: 1, maxLength: 5 },
);

describe('shrink', () => {
  it('averages whole blocks', () => {
    const map = blank();
    fill(map, 10, 20, 10, 5);
    const image = shrink(map);
    expect(image.pixels[2 * 28 + 1]).toBe(128);
    expect(image.pixels.reduce((sum, level) => sum + level, 0)).toBe(128);
  });

  it('shares a cell between the pixels that it lies in', () => {
    // Three cells to two pixels: the middle cell belongs half to each.
    const map: InkMap = { width: 3, height: 1, ink: Float32Array.of(0, 90, 255) };
    expect([...shrink(map, { width: 2, height: 1 }).pixels]).toEqual([30, 200]);
  });

  it('keeps the mean of the map at any size', () => {
    fc.assert(
      fc.property(
        bars,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 101, max: 140 }),
        (drawn, side, mapSide) => {
          const map = blank(mapSide);
          for (const { left, top, width, height, level } of drawn) fill(map, left, top, width, height, level);
          const mean = (values: Uint8Array) => values.reduce((sum, v) => sum + v, 0) / values.length;
          expect(mean(shrink(map, { width: side, height: side }).pixels)).toBeCloseTo(mean(map.ink), 0);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('centre', () => {
  it('leaves a blank map blank', () => {
    expect(centre(blank()).pixels.every((level) => level === 0)).toBe(true);
  });

  it('scales a full square to 20x20 full pixels with its mass at pixel (14, 14)', () => {
    const map = blank();
    fill(map, 3, 100, 70, 70);
    const image = centre(map);
    const box = inkedBox(image);
    expect(box.right - box.left).toBe(19);
    expect(box.bottom - box.top).toBe(19);
    expect(image.pixels.filter((level) => level === 255).length).toBe(400);
    const mass = massCentre(image);
    expect(Math.abs(mass.x - 14)).toBeLessThanOrEqual(0.5);
    expect(Math.abs(mass.y - 14)).toBeLessThanOrEqual(0.5);
  });

  it('gives the same image wherever it is drawn', () => {
    fc.assert(
      fc.property(
        bars,
        fc.integer({ min: 0, max: 180 }),
        fc.integer({ min: 0, max: 180 }),
        (drawn, dx, dy) => {
          const here = blank();
          const there = blank();
          for (const { left, top, width, height, level } of drawn) {
            fill(here, left, top, width, height, level);
            fill(there, left + dx, top + dy, width, height, level);
          }
          expect(centre(there)).toEqual(centre(here));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('gives the same image whatever the size of the drawing', () => {
    fc.assert(
      fc.property(bars, (drawn) => {
        const small = blank(100);
        const large = blank(200);
        for (const { left, top, width, height, level } of drawn) {
          fill(small, left, top, width, height, level);
          fill(large, left * 2, top * 2, width * 2, height * 2, level);
        }
        const a = centre(small).pixels;
        const b = centre(large).pixels;
        // A level of 127.5 may round either way.
        expect(a.every((level, i) => Math.abs(level - b[i]) <= 1)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('fills 20 pixels and puts the mass within half a pixel, unless that would cut ink away', () => {
    fc.assert(
      fc.property(bars, (drawn) => {
        const map = blank();
        for (const { left, top, width, height, level } of drawn) fill(map, left, top, width, height, level);
        const image = centre(map);
        const box = inkedBox(image);
        expect(Math.max(box.right - box.left, box.bottom - box.top)).toBe(19);
        const mass = massCentre(image);
        // Rounding changes every level of the box by up to 0.5, which moves the centre most where all of one half round up.
        const total = image.pixels.reduce((sum, level) => sum + level, 0);
        const [width, height] = [box.right - box.left + 1, box.bottom - box.top + 1];
        const moved = (along: number, across: number) => (0.5 * across * along * along) / 4 / total;
        expect(
          Math.abs(mass.x - 14) <= 0.5 + moved(width, height) || box.left === 0 || box.right === 27,
        ).toBe(true);
        expect(
          Math.abs(mass.y - 14) <= 0.5 + moved(height, width) || box.top === 0 || box.bottom === 27,
        ).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps all ink of a lopsided drawing inside', () => {
    const map = blank();
    fill(map, 0, 0, 280, 2);
    fill(map, 240, 0, 40, 40);
    const image = centre(map);
    const box = inkedBox(image);
    expect(box).toMatchObject({ left: 0, right: 19 });
  });

  it('copes with a single cell, a line, and a map without area', () => {
    const dot = blank();
    fill(dot, 279, 279, 1, 1, 1);
    expect(centre(dot).pixels.filter((level) => level === 1).length).toBe(400);
    const line = blank();
    fill(line, 0, 5, 280, 1);
    expect(inkedBox(centre(line))).toMatchObject({ left: 4, right: 23, top: 14, bottom: 14 });
    expect(centre({ width: 0, height: 0, ink: new Uint8Array(0) }).count).toBe(1);
  });

  it('gives MNIST digits back from an enlargement of themselves', () => {
    const digits = readIdxImages(new Uint8Array(readFileSync(mnistPaths().testImages)), 'test images');
    if (!digits.ok) throw new Error(digits.reason);
    let same = 0;
    for (let digit = 0; digit < 300; digit++) {
      const pixels = digits.value.pixels.subarray(digit * 784, (digit + 1) * 784);
      const map = blank(140);
      pixels.forEach((level, i) => fill(map, (i % 28) * 5, Math.floor(i / 28) * 5, 5, 5, level));
      if (Buffer.compare(centre(map).pixels, pixels) === 0) same++;
    }
    expect(same).toBe(300);
  });
});
