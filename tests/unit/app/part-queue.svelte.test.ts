import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PartQueue } from '../../../src/app/part-queue.svelte.ts';

describe('the parts of a page', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('are made in order, each in a task of its own', () => {
    const queue = new PartQueue();
    const made: string[] = [];
    for (const part of ['first', 'second', 'third']) queue.add(() => made.push(part));
    expect(made).toEqual([]);
    vi.advanceTimersToNextTimer();
    expect(made).toEqual(['first']);
    vi.runAllTimers();
    expect(made).toEqual(['first', 'second', 'third']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are made where they were asked for while another was made', () => {
    const queue = new PartQueue();
    const made: string[] = [];
    queue.add(() => {
      made.push('outer');
      queue.add(() => made.push('inner'));
    });
    vi.runAllTimers();
    expect(made).toEqual(['outer', 'inner']);
  });

  it('are not made once they are taken back', () => {
    const queue = new PartQueue();
    const made: string[] = [];
    const takeBack = queue.add(() => made.push('first'));
    queue.add(() => made.push('second'));
    takeBack();
    vi.runAllTimers();
    expect(made).toEqual(['second']);
  });

  it('are all made at once where the whole page is needed, also those that come later', () => {
    const queue = new PartQueue();
    const made: string[] = [];
    queue.add(() => made.push('first'));
    queue.add(() => made.push('second'));
    queue.finish();
    expect(made).toEqual(['first', 'second']);
    queue.add(() => made.push('third'));
    expect(made).toEqual(['first', 'second', 'third']);
    vi.runAllTimers();
    expect(made).toHaveLength(3);
  });

  it('are not made of a page that has gone', () => {
    const queue = new PartQueue();
    const make = vi.fn();
    queue.add(make);
    queue.clear();
    vi.runAllTimers();
    expect(make).not.toHaveBeenCalled();
  });
});
