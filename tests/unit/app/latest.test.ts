import { describe, expect, it } from 'vitest';
import { Latest } from '../../../src/app/latest.ts';

describe('Latest', () => {
  it('runs one job at a time, skips replaced inputs, and ends with the newest', async () => {
    const seen: number[] = [];
    let running = 0;
    const gates: (() => void)[] = [];
    const latest = new Latest<number>(async (input) => {
      expect(++running).toBe(1);
      await new Promise<void>((resolve) => gates.push(resolve));
      seen.push(input);
      running--;
    });
    for (let i = 1; i <= 5; i++) latest.submit(i);
    gates.shift()?.();
    await new Promise((resolve) => setTimeout(resolve));
    latest.submit(6);
    latest.submit(7);
    while (gates.length > 0) {
      gates.shift()?.();
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(seen).toEqual([1, 5, 7]);
  });

  it('continues after a job that rejected or threw, and reports it', async () => {
    const seen: number[] = [];
    const failed: unknown[] = [];
    const job = (input: number): Promise<void> => {
      if (input === 1) throw new Error('thrown');
      if (input === 2) return Promise.reject(new Error('rejected'));
      seen.push(input);
      return Promise.resolve();
    };
    const latest = new Latest<number>(job, (error) => failed.push(error));
    for (const input of [1, 2, 3]) {
      latest.submit(input);
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(seen).toEqual([3]);
    expect(failed).toEqual([new Error('thrown'), new Error('rejected')]);
    // Also while one was waiting.
    latest.submit(2);
    latest.submit(4);
    await new Promise((resolve) => setTimeout(resolve));
    expect(seen).toEqual([3, 4]);
  });
});
