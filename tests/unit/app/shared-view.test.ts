import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitsOfText, formatSharedView, parseSharedView, textOfBits } from '../../../src/app/shared-view.ts';

const DIGITS = { width: 28, height: 28 };
const bits = (count: number) =>
  fc.uint8Array({ minLength: count, maxLength: count, max: 1 }).map((all) => Uint8Array.from(all));

describe('bits in a link', () => {
  it('come back, on every grid', () => {
    const image = fc.constantFrom(4, 9, 16, 49, 196, 784).chain(bits);
    fc.assert(
      fc.property(image, (given) => {
        expect(bitsOfText(textOfBits(given), given.length)).toEqual(given);
      }),
    );
  });

  it('of 28 by 28 pixels are 131 characters that a link may contain', () => {
    expect(textOfBits(new Uint8Array(784).fill(1))).toMatch(/^[\w-]{131}$/);
  });

  it.each(['', 'A', 'A'.repeat(130), 'A'.repeat(132), `${'A'.repeat(130)}+`, `${'A'.repeat(129)}==`])(
    '%j is no image of 28 by 28',
    (text) => expect(bitsOfText(text, 784)).toBeNull(),
  );

  it('beyond the last pixel are refused', () => {
    // Nine pixels take two bytes, whose last seven bits are unused.
    expect(bitsOfText(textOfBits(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 1)), 9)).not.toBeNull();
    expect(bitsOfText(textOfBits(new Uint8Array(16).fill(1)), 9)).toBeNull();
  });
});

describe('the view that a link carries', () => {
  const drawing = Uint8Array.from({ length: 784 }, (_, i) => Number(i % 5 === 0));

  it('is read back: drawing and painted mask, or the name of a preset', () => {
    const painted = drawing.map((bit) => 1 - bit);
    for (const mask of [painted, 'every-other', null] as const)
      expect(parseSharedView(`seed=3&${formatSharedView({ drawing, mask })}`, DIGITS)).toEqual({
        drawing,
        mask,
        damaged: [],
      });
  });

  it('is empty where a link says nothing', () => {
    expect(parseSharedView('left=fvsbn', DIGITS)).toEqual({ drawing: null, mask: null, damaged: [] });
  });

  it('names what is damaged, and reads the rest', () => {
    const view = parseSharedView(`drawing=${textOfBits(drawing)}&mask=<script>`, DIGITS);
    expect(view.drawing).toEqual(drawing);
    expect(view.mask).toBeNull();
    expect(view.damaged).toEqual(['mask']);
    expect(parseSharedView(`drawing=${textOfBits(drawing)}`, { width: 7, height: 7 }).damaged).toEqual([
      'drawing',
    ]);
  });
});
