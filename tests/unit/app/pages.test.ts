import { describe, expect, it } from 'vitest';
import { blankCanvas, SIDE, WHOLE } from '../../../src/app/pad/ink.ts';
import { Pages } from '../../../src/app/pad/pages.svelte.ts';

describe('the pages of the pad', () => {
  it('have a history each', () => {
    let name = 'drawing';
    const pages = new Pages(() => name);
    pages.replace(blankCanvas().fill(255), 'digit');
    name = 'drawing 4';
    pages.turn();
    expect([pages.canUndo, pages.shown.origin, pages.shown.ink[0]]).toEqual([false, 'none', 0]);
    expect(pages.undo()).toBeNull();
    name = 'drawing';
    pages.turn();
    expect([pages.canUndo, pages.shown.origin, pages.shown.ink[0]]).toEqual([true, 'visitor', 255]);
    expect([pages.undo(), pages.canRedo, pages.shown.ink[0]]).toEqual(['digit', true, 0]);
  });

  it('tell a canvas what changed since it asked last, and everything where it is still empty', () => {
    const pages = new Pages(() => 'drawing');
    expect(pages.takeDirtyRect(false)).toEqual(WHOLE);
    expect(pages.takeDirtyRect(false)).toBeNull();
    pages.begin();
    pages.touch({ left: 2, top: 3, right: 5, bottom: 6 });
    pages.touch({ left: 4, top: 1, right: 9, bottom: 4 });
    pages.commit('pen stroke');
    expect(pages.takeDirtyRect(false)).toEqual({ left: 2, top: 1, right: 9, bottom: 6 });
    expect(pages.takeDirtyRect(true)).toEqual(WHOLE);
  });

  it('take only ink of their size from the store', () => {
    const pages = new Pages(() => 'drawing');
    expect([pages.restore(undefined), pages.restore(new Uint8Array(9))]).toEqual([false, false]);
    expect(pages.restore(new Uint8Array(SIDE * SIDE).fill(255))).toBe(true);
    expect([pages.shown.origin, pages.shown.ink[0], pages.canUndo]).toEqual(['stored', 255, false]);
  });
});
