import { describe, expect, it } from 'vitest';
import { placeBubble } from '../../../src/ui/parts/bubble-place.ts';

const page = { width: 400, height: 600 };
const bubble = { width: 288, height: 150 };
const box = (top: number, left = 20) => ({ left, top, bottom: top + 20 });

describe('the place of a bubble', () => {
  it.each([
    ['near the top of the window', 10],
    ['in its middle', 300],
    ['near its bottom', 570],
  ])('keeps clear of what it explains %s', (_, top) => {
    const kept = { left: 0, top, bottom: Math.min(600, top + 60) };
    const at = placeBubble(box(top), kept, bubble, page);
    expect(at.top >= kept.bottom || at.top + Math.min(bubble.height, at.maxHeight) <= kept.top).toBe(true);
    expect(at.top).toBeGreaterThanOrEqual(0);
    expect(at.top + Math.min(bubble.height, at.maxHeight)).toBeLessThanOrEqual(600);
  });

  it('is below the words, and above them where only there is room', () => {
    expect(placeBubble(box(100), box(100), bubble, page).top).toBe(126);
    expect(placeBubble(box(500), box(500), bubble, page).top).toBe(344);
  });

  it('is above where that is asked for and there is room', () => {
    expect(placeBubble(box(300), box(300), bubble, page, true).top).toBe(144);
    expect(placeBubble(box(20), box(20), bubble, page, true).top).toBe(46);
  });

  it('stays inside the window sideways', () => {
    expect(placeBubble(box(100, 20), box(100), bubble, page).left).toBe(20);
    expect(placeBubble(box(100, 390), box(100), bubble, page).left).toBe(104);
    expect(placeBubble(box(100, -30), box(100), bubble, page).left).toBe(8);
  });

  it('takes the larger side and scrolls where neither has room for it', () => {
    const low = { width: 400, height: 200 };
    expect(placeBubble(box(60), box(60), bubble, low)).toEqual({ left: 20, top: 86, maxHeight: 106 });
    expect(placeBubble(box(120), box(120), bubble, low)).toEqual({ left: 20, top: 8, maxHeight: 106 });
  });
});
