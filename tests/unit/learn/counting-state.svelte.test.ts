import { describe, expect, it } from 'vitest';
import type { ChapterTools } from '../../../src/app/learn/chapter-tools.ts';
import { fail, ok } from '../../../src/data/result.ts';
import { Counting, params } from '../../../src/learn/05-counting/state.svelte.ts';
import { readValues } from '../../../src/learn/state/params.ts';

/** Four kinds of digits: blank, ink on top, ink below, all ink; `count` of them in turn. */
function stripes(count: number) {
  const pixels = new Uint8Array(count * 784);
  for (let image = 0; image < count; image++) {
    if (image & 1) pixels.fill(255, image * 784, image * 784 + 392);
    if (image & 2) pixels.fill(255, image * 784 + 392, (image + 1) * 784);
  }
  return { grid: { width: 28, height: 28 }, count, pixels, labels: null };
}

const withDigits = (digits: ChapterTools['digits']) => ({ digits });

describe('the table of digits', () => {
  it('is filled by what has been seen', async () => {
    const values = $state(readValues(params, 'seen=300'));
    const counting = new Counting(
      values,
      withDigits(() => Promise.resolve(ok(stripes(1000)))),
    );
    expect([counting.filling, counting.shares]).toEqual([null, null]);
    await counting.load();
    expect(counting.filling).toEqual({ seen: 300, distinct: 4, rest: 700, known: 700 });
    // Ink on top is pixels 0 and 1 of 2x2: image 3; below 12; all 15.
    const { seen, rest } = counting.shares ?? { seen: [], rest: [] };
    for (const image of [0, 3, 12, 15]) {
      expect(300 * seen[image] + 700 * rest[image]).toBeCloseTo(250, 9);
      expect(seen[image]).toBeGreaterThan(0.15);
    }
    counting.takeSide(28);
    expect(counting.shares).toBeNull();
    expect(counting.filling?.distinct).toBe(4);
    counting.choose(15);
    expect(counting.chosen).toBeNull();
    counting.takeSide(2);
    expect([0, 3, 12, 15]).toContain(counting.chosen);
    counting.choose(9);
    expect(counting.chosen).toBe(9);
    counting.takeSide(3);
    // Ink on top is, of 28 rows pooled to 3, the first and half of the second: pixels 0 to 5, or 3 to 8 below.
    expect([0, 0b111111, 0b111111000, 0b111111111]).toContain(counting.chosen);
    counting.choose(9);
    counting.showMore(1);
    expect([0, 0b111111, 0b111111000, 0b111111111]).toContain(counting.chosen);
    counting.showMore(10_000);
    expect(counting.filling?.seen).toBe(900);
  });

  it('opens the image of a link, and none before a digit has been seen', async () => {
    const open = async (query: string) => {
      const values = $state(readValues(params, query));
      const counting = new Counting(
        values,
        withDigits(() => Promise.resolve(ok(stripes(1000)))),
      );
      await counting.load();
      return counting.chosen;
    };
    expect(await open('image=6')).toBe(6);
    expect(await open('image=16')).toBeNull();
    expect(await open('side=4&image=65535')).toBe(65_535);
    expect(await open('seen=0')).toBeNull();
  });

  it('says why there are no digits, and takes them later', async () => {
    let broken = true;
    const values = $state(readValues(params, ''));
    const counting = new Counting(
      values,
      withDigits(() => Promise.resolve(broken ? fail('no connection') : ok(stripes(1000)))),
    );
    await counting.load();
    expect(counting.failure).toBe('no connection');
    broken = false;
    await counting.load();
    expect([counting.failure, counting.filling?.rest]).toEqual(['', 990]);
  });
});
