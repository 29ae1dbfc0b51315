import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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

  describe('with patience', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
    afterEach(() => void vi.useRealTimers());

    /** A job takes a second, unless it is aborted. */
    function slow() {
      const seen: string[] = [];
      const failed: unknown[] = [];
      const latest = new Latest<number>(
        (input, signal) =>
          new Promise((resolve, reject) => {
            seen.push(`begin ${input}`);
            const timer = setTimeout(() => {
              seen.push(`end ${input}`);
              signal.removeEventListener('abort', abort);
              resolve();
            }, 1000);
            const abort = () => {
              seen.push(`abort ${input}`);
              clearTimeout(timer);
              reject(signal.reason as Error);
            };
            signal.addEventListener('abort', abort);
          }),
        (error) => failed.push(error),
      );
      return { seen, failed, latest };
    }

    it('aborts a job that has run for that long, counted from its beginning, and begins the next', async () => {
      const { seen, failed, latest } = slow();
      latest.submit(1, 300);
      await vi.advanceTimersByTimeAsync(200);
      latest.submit(2, 300);
      await vi.advanceTimersByTimeAsync(50);
      latest.submit(3, 300);
      expect(seen).toEqual(['begin 1']);
      await vi.advanceTimersByTimeAsync(50);
      expect(seen).toEqual(['begin 1', 'abort 1', 'begin 3']);
      await vi.advanceTimersByTimeAsync(1001);
      latest.submit(4, 300);
      await vi.advanceTimersByTimeAsync(400);
      latest.submit(5, 300);
      await vi.advanceTimersByTimeAsync(2000);
      expect(seen.slice(3)).toEqual(['end 3', 'begin 4', 'abort 4', 'begin 5', 'end 5']);
      expect(failed).toEqual([]);
    });

    it('drops what waits on an abort, and goes on with what is submitted after it', async () => {
      const { seen, failed, latest } = slow();
      latest.submit(1);
      latest.submit(2);
      latest.abort();
      await vi.advanceTimersByTimeAsync(2000);
      expect(seen).toEqual(['begin 1', 'abort 1']);
      latest.submit(3);
      latest.abort();
      latest.submit(4);
      await vi.advanceTimersByTimeAsync(2000);
      expect(seen.slice(2)).toEqual(['begin 3', 'abort 3', 'begin 4', 'end 4']);
      expect(failed).toEqual([]);
    });
  });
});
