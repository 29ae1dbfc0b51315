import { describe, expect, it } from 'vitest';
import { roomFiles } from '../../../src/build/room-files.ts';

const script = (
  fileName: string,
  module: string | null,
  imports: readonly string[] = [],
  css: readonly string[] = [],
) => ({ fileName, facadeModuleId: module, moduleIds: module ? [module] : [], imports, css, isEntry: false });

const page = {
  ...script('index.js', '/app/index.html', ['shared.js'], ['index.css']),
  isEntry: true,
};
const shared = script('shared.js', null, [], ['shared.css']);

describe('the files of rooms', () => {
  it('are those that a room needs beside the page, with what these import and their styles', () => {
    const files = roomFiles([
      page,
      shared,
      script('Play.js', '/app/src/shell/Play.svelte', ['shared.js', 'pad.js'], ['Play.css']),
      script('pad.js', null, ['ink.js', 'pad.js'], ['pad.css']),
      script('ink.js', null, ['pad.js']),
      script('Panel.js', '/app/src/ui/explain/Panel.svelte'),
    ]);
    expect(files).toEqual({ page: [], play: ['Play.js', 'Play.css', 'pad.js', 'pad.css', 'ink.js'] });
  });

  it('are kept for the code and each text of a chapter, not for its head', () => {
    const files = roomFiles([
      page,
      shared,
      script('chapter-1.js', '/app/src/learn/02-coin/chapter.ts', ['shared.js'], ['coin.css']),
      script('text-1.js', '/app/src/learn/02-coin/text.en.md'),
      script('text-2.js', '/app/src/learn/02-coin/text.de.md'),
      script('text-3.js', '/app/src/learn/02-coin/text.en.md?head'),
    ]);
    expect(files).toEqual({
      page: [],
      coin: ['chapter-1.js', 'coin.css'],
      'coin/en': ['text-1.js'],
      'coin/de': ['text-2.js'],
    });
  });

  it('name once what the page fetches for every room', () => {
    const files = roomFiles([
      page,
      shared,
      script('Play.js', '/app/src/shell/Play.svelte', ['page.js', 'pad.js']),
      script('pad.js', null),
      script('store.js', null),
      script('page.js', '/app/src/page.ts', ['shared.js', 'store.js'], ['page.css']),
    ]);
    expect(files).toEqual({ page: ['page.js', 'page.css', 'store.js'], play: ['Play.js', 'pad.js'] });
  });

  it('are also those of a page that hands on what is in a file which others share', () => {
    const files = roomFiles([
      page,
      shared,
      { ...script('page.js', '/app/src/page.ts', ['all.js']), moduleIds: [] },
      script('all.js', null),
    ]);
    expect(files).toEqual({ page: ['page.js', 'all.js'] });
  });

  it('cannot be told without the page', () => {
    expect(() => roomFiles([shared])).toThrow("the page's script");
  });
});
