import { describe, expect, it } from 'vitest';
import { Newest } from '../../../src/app/newest.ts';

describe('Newest', () => {
  it('aborts the work before, and reports the failure of the newest alone', async () => {
    const newest = new Newest();
    const failed: string[] = [];
    const signals: AbortSignal[] = [];
    const fails = (signal: AbortSignal) => {
      signals.push(signal);
      return new Promise<void>((_, reject) => setTimeout(() => reject(new Error('planted')), 1));
    };
    const runs = [1, 2].map(() => newest.run(fails, (reason) => failed.push(reason)));
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    await Promise.all(runs);
    expect(failed).toEqual(['planted']);
    const last = newest.run(fails, (reason) => failed.push(reason));
    newest.abort();
    await last;
    expect(failed).toEqual(['planted']);
  });
});
