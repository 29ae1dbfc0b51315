import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Router } from '../../../src/app/router.svelte.ts';

describe('the router', () => {
  const location = { hash: '', search: '', pathname: '/' };
  const listeners = new Set<() => void>();

  beforeEach(() => {
    vi.stubGlobal('location', location);
    vi.stubGlobal('addEventListener', (_: string, listener: () => void) => listeners.add(listener));
    vi.stubGlobal('history', {
      replaceState: (_: unknown, __: string, address: string) => {
        location.hash = address;
      },
    });
  });

  afterEach(() => {
    listeners.clear();
    vi.unstubAllGlobals();
  });

  function follow(hash: string): void {
    location.hash = hash;
    for (const listener of listeners) listener();
  }

  it('reads a chapter, its figure and its state', () => {
    location.hash = '#/learn/chains/net?k=4&seed=7';
    const router = new Router();
    expect(router.room).toBe('learn');
    expect(router.learn).toEqual({ path: 'chains/net', query: 'k=4&seed=7' });
  });

  it('begins work when Learn is left, once, and at once in another room', () => {
    location.hash = '#/learn';
    const router = new Router();
    const called = vi.fn(() => Promise.resolve());
    void router.outsideLearn(called, vi.fn());
    follow('#/learn/coin');
    expect(called).not.toHaveBeenCalled();
    follow('#/play');
    follow('#/learn');
    follow('#/lab');
    expect(called).toHaveBeenCalledTimes(1);
    void router.outsideLearn(called, vi.fn());
    expect(called).toHaveBeenCalledTimes(2);
  });

  it('hands on why work that began later failed', async () => {
    location.hash = '#/learn';
    const router = new Router();
    const failed = vi.fn();
    const reason = new Error('no store');
    await router.outsideLearn(() => Promise.reject(reason), failed);
    expect(failed).not.toHaveBeenCalled();
    follow('#/play');
    await Promise.resolve();
    await Promise.resolve();
    expect(failed).toHaveBeenCalledWith(reason);
  });

  it('writes the state of the chapter that is open, and of no other', () => {
    location.hash = '#/learn/coin';
    const router = new Router();
    router.replaceLearn('die', 'k=4');
    expect(location.hash).toBe('#/learn/coin');
    router.replaceLearn('coin', 'flips=20');
    expect(location.hash).toBe('#/learn/coin?flips=20');
    router.replaceLearn('coin', '');
    expect(location.hash).toBe('#/learn/coin');
  });
});
