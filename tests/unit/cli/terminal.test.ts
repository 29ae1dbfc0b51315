import { describe, expect, it } from 'vitest';
import { barLine, type BarState, ProgressBar } from '../../../src/cli/terminal.ts';

const half: BarState = { what: 'scoring', share: 0.5, rate: '1,200 images/s', secondsLeft: 65 };

describe('the line of a bar', () => {
  it('shows the share, the rate and the time left', () => {
    expect(barLine(half, 80)).toBe(
      `scoring [${'█'.repeat(15)}${'░'.repeat(15)}]  50 %  1,200 images/s  1:05 left`,
    );
  });

  it('leaves out what is not known', () => {
    const line = barLine({ ...half, rate: null, secondsLeft: null }, 80);
    expect(line.endsWith(']  50 %')).toBe(true);
  });

  it('says 100 % only when all is done', () => {
    expect(barLine({ ...half, share: 0.99999 }, 80)).toContain(' 99 %');
    expect(barLine({ ...half, share: 1 }, 80)).toContain('100 %');
  });

  it.each([20, 40, 60, 200])('fits %i columns', (columns) => {
    const line = barLine({ ...half, more: 'epoch 3.00 of 40  train 98.12  validation 99.02' }, columns);
    expect(line.length).toBeLessThan(columns);
    expect(line).not.toContain('\n');
  });
});

describe('a bar', () => {
  function screen(isTTY: boolean | undefined) {
    const written: string[] = [];
    const tty = isTTY === undefined ? {} : { isTTY };
    return { ...tty, columns: 60, written, write: (text: string) => written.push(text) };
  }

  /** Counts to 100 images, one every 20 ms. */
  function count(json: boolean, isTTY: boolean | undefined): string[] {
    const on = screen(isTTY);
    let now = 0;
    const bar = new ProgressBar(json, on, () => now);
    const done = bar.counting('drawing', 'images', 100);
    for (let images = 1; images <= 100; images++) {
      now += 20;
      done(images);
    }
    bar.clear();
    return on.written;
  }

  it('is redrawn at most ten times a second, and cleared at the end', () => {
    const written = count(false, true);
    // Twenty redraws in 2 seconds, the first at once, and the clearing.
    expect(written).toHaveLength(21);
    for (const line of written) expect(line.startsWith('\r\u001b[K')).toBe(true);
    expect(written[10]).toMatch(/drawing \[█+░+\] {2}51 % {2}50 images\/s {2}0:01 left/);
    expect(written.at(-1)).toBe('\r\u001b[K');
  });

  it('writes nothing into a pipe, and nothing with --json', () => {
    expect(count(false, undefined)).toEqual([]);
    expect(count(false, false)).toEqual([]);
    expect(count(true, true)).toEqual([]);
  });
});
