import { describe, expect, it } from 'vitest';
import { drawFigure } from '../../../src/app/results/draw/svg.ts';
import { escaped, ticksOf, wrapped } from '../../../src/app/results/draw/paper.ts';
import type { Figure, Panel, Picture } from '../../../src/app/results/figure.ts';
import { hashOf, LINK_KEYWORD, linkInPicture } from '../../../src/app/results/link-in-picture.ts';
import { withText } from '../../../src/data/png-text.ts';
import { cellOf, tableCsv, tableJson } from '../../../src/app/results/table.ts';
import { smallPng } from '../data/pngs.ts';
import { readCsv } from '../data/read-csv.ts';

const LINK = 'https://example.org/some/place/#/play?left=tree&right=neighbours&k=6&seed=3';

function figure(...panels: readonly Panel[]): Figure {
  return {
    title: 'A <figure> & more',
    description: 'In words',
    panels,
    columns: 1,
    notes: ['Model A: Tree'],
  };
}

function picture(width: number, height: number, at: (pixel: number) => readonly number[]): Picture {
  const colours = new Uint8Array(3 * width * height);
  for (let pixel = 0; pixel < width * height; pixel++) colours.set(at(pixel), 3 * pixel);
  return { width, colours };
}

/** The colour of every pixel as the paths of an SVG document say, at one unit a cell. */
function pixelsOf(svg: string, width: number, height: number): string[] {
  const pixels = new Array<string>(width * height).fill('');
  const inner = /<g shape-rendering="crispEdges">(.*?)<\/g>/s.exec(svg)![1];
  const cell = Math.min(...[...inner.matchAll(/v(\d+)h/g)].map(([, side]) => Number(side)));
  for (const [, colour, path] of inner.matchAll(/<path fill="(#[0-9a-f]{6})" d="([^"]*)"\/>/g))
    for (const [, x, y, wide] of path.matchAll(/M(\d+) (\d+)h(\d+)v\d+h-\d+z/g))
      for (let dx = 0; dx < Number(wide); dx += cell) {
        const pixel = (Number(y) / cell) * width + (Number(x) + dx) / cell;
        expect(pixels[pixel]).toBe('');
        pixels[pixel] = colour;
      }
  return pixels;
}

describe('a figure', () => {
  it('shows every pixel of a picture once, in its colour, with whole sides', () => {
    const [width, height] = [7, 5];
    const grey = (pixel: number) => ((pixel * 53) % 3 === 0 ? 20 : (pixel * 31) & 255);
    const { svg } = drawFigure(
      figure({
        kind: 'pixels',
        title: '',
        picture: picture(width, height, (pixel) => [grey(pixel), 0, pixel]),
      }),
      LINK,
    );
    const expected = Array.from(
      { length: width * height },
      (_, pixel) => `#${[grey(pixel), 0, pixel].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`,
    );
    expect(pixelsOf(svg, width, height)).toEqual(expected);
  });

  it('has its title, words and link as text, escaped, and carries the link', () => {
    const { svg, width, height } = drawFigure(figure(), LINK);
    expect(svg).toContain('<title>A &lt;figure&gt; &amp; more</title>');
    expect(svg).toContain('>Model A: Tree</text>');
    expect(svg).toContain(`<a href="${LINK.replaceAll('&', '&amp;')}">`);
    expect(svg).toContain(`viewBox="0 0 ${width} ${height}"`);
    expect(linkInPicture(new TextEncoder().encode(svg))).toBe('#/play?left=tree&right=neighbours&k=6&seed=3');
  });

  it('draws lines through their values, with gaps left out and steps level', () => {
    const lines = (steps: boolean): Panel => ({
      kind: 'lines',
      title: 'Loss',
      across: 'epochs',
      up: '',
      x: [0, 1, 2, 4],
      range: [0, 100],
      series: [
        { name: 'training', colour: '#112233', steps, values: [0, null, 50, 100], errors: [1, 1, 1, 1] },
      ],
    });
    const path = (steps: boolean) =>
      /<path d="([^"]*)" fill="none" stroke="#112233"/.exec(drawFigure(figure(lines(steps)), LINK).svg)![1];
    const numbers = path(false)
      .match(/[\d.]+/g)!
      .map(Number);
    const [x0, y0, x2, y2, x4, y4] = numbers;
    expect(numbers).toHaveLength(6);
    expect(x2 - x0).toBeCloseTo((x4 - x0) / 2, 1);
    expect(y0 - y2).toBeCloseTo((y0 - y4) / 2, 1);
    expect(path(true)).toMatch(/^M[\d. ]+H[\d.]+V[\d.]+H[\d.]+V[\d.]+$/);
  });

  it.each<Panel>([
    {
      kind: 'bars',
      title: 'p',
      across: 'per cent',
      range: [0, 100],
      bars: [{ name: '7', value: 50, words: '50.00 %' }],
    },
    {
      kind: 'bars',
      title: 'Losses',
      across: 'nats',
      bars: [
        { name: 'Tree', value: 100, error: 2, words: '100 ± 2', strong: true },
        { name: 'NADE', value: 90, error: 1, words: '90 ± 1' },
      ],
    },
    {
      kind: 'histogram',
      title: '',
      across: 'nats',
      from: -9,
      to: 1,
      bars: [0, 1, 0.5],
      tails: [-8, 0],
      mark: -20,
      markWords: 'here',
    },
    {
      kind: 'points',
      title: '',
      across: 'first',
      up: 'second',
      points: [{ x: 1, y: 1, label: '3', colour: '#000000' }],
      mark: [9, 9],
    },
    {
      kind: 'lines',
      title: 'Empty',
      across: 'x',
      up: '',
      x: [1],
      series: [{ name: 'a', colour: '#000000', values: [null] }],
    },
    { kind: 'images', title: '', columns: 8, pictures: [], captions: [] },
  ])('has numbers alone in its coordinates: $kind', (panel) => {
    const { svg, height } = drawFigure(figure(panel), LINK);
    expect(svg).not.toMatch(/NaN|Infinity|undefined|null/);
    expect(height).toBeGreaterThan(80);
    // What is open is closed again, in the right order.
    const open: string[] = [];
    for (const [, slash, name, rest] of svg.matchAll(/<(\/?)([a-z]+)([^>]*)>/g)) {
      if (slash) expect(open.pop()).toBe(name);
      else if (!rest.endsWith('/')) open.push(name);
    }
    expect(open).toEqual([]);
  });

  it('keeps control characters and markup of others out of the document', () => {
    expect(escaped('a\u0000\u001b<script>"&\ud800')).toBe('a  &lt;script&gt;&quot;&amp; ');
    const hostile = drawFigure(
      { ...figure(), title: '</title><script>alert(1)</script>', notes: ['" onload="x'] },
      'https://example.org/#/play?a="><script>',
    ).svg;
    expect(hostile).not.toContain('<script');
    expect(hostile).not.toContain('" onload');
  });
});

it('breaks words into lines and cuts those that are longer than one', () => {
  expect(wrapped('one two three', 70, 13)).toEqual(['one two', 'three']);
  expect(wrapped('x'.repeat(30), 100, 13).join('')).toBe('x'.repeat(30));
  expect(wrapped('', 100, 13)).toEqual([]);
});

it.each([
  [0, 1, 0.2],
  [-107, 3, 50],
  [0.001, 0.0011, 0.00002],
])('puts the ticks of an axis from %d to %d at round steps of %d', (low, high, step) => {
  const found = ticksOf(low, high, 5);
  expect(found.step).toBeCloseTo(step, 9);
  for (const tick of found.ticks) {
    expect(tick).toBeGreaterThanOrEqual(low - 1e-9);
    expect(tick).toBeLessThanOrEqual(high + 1e-9);
  }
});

describe('the link of a picture', () => {
  const png = (link: string, keyword = LINK_KEYWORD) => {
    const made = withText(smallPng(), [{ keyword, text: link }]);
    if (!made.ok) throw new Error(made.reason);
    return made.value;
  };

  const links: readonly (readonly [string, string | null])[] = [
    [LINK, '#/play?left=tree&right=neighbours&k=6&seed=3'],
    ['https://other.example/phishing#/play?seed=1', '#/play?seed=1'],
    ['#/lab/leaderboard', '#/lab/leaderboard'],
    ['https://example.org/#/learn/coin/flips?p=0.5', '#/learn/coin/flips?p=0.5'],
    ['javascript:alert(1)', null],
    ['https://example.org/', null],
    ['https://example.org/#/elsewhere?x=1', null],
    ['https://example.org/#/playground', null],
    ['#/play?a=<img src=x>', null],
    ['#/play?a=1\n#/play?b=2', null],
    ['#//evil.example/play', null],
    [`#/play?drawing=${'A'.repeat(20_000)}`, null],
  ];

  it.each(links.map(([link, hash]) => [link.slice(0, 60), link, hash] as const))(
    'is the hash of %j alone',
    (_, link, hash) => {
      expect(hashOf(link)).toBe(hash);
      expect(linkInPicture(png(link))).toBe(hash);
    },
  );

  it('is none in a picture of another program, in one without texts, and in no picture', () => {
    expect(linkInPicture(png(LINK, 'Comment'))).toBeNull();
    expect(linkInPicture(smallPng())).toBeNull();
    expect(linkInPicture(new TextEncoder().encode('<svg><title>a</title></svg>'))).toBeNull();
    expect(linkInPicture(new Uint8Array(0))).toBeNull();
  });
});

describe('a table of results', () => {
  const table = {
    columns: ['model', 'log p (nats)'],
    rows: [
      ['=cmd|x', -1 / 3],
      ['Tree', NaN],
    ],
  };

  it('is CSV with its numbers in full', () => {
    const [head, first, second] = readCsv(tableCsv(table));
    expect(head).toEqual(table.columns);
    expect(Number(first[1])).toBe(-1 / 3);
    expect(first[0]).toBe("'=cmd|x");
    expect(second).toEqual(['Tree', 'nan']);
  });

  it('is JSON with what it is of', () => {
    expect(JSON.parse(tableJson('Scores', ['Model A'], LINK, table))).toEqual({
      title: 'Scores',
      notes: ['Model A'],
      link: LINK,
      columns: table.columns,
      rows: [
        ['=cmd|x', -1 / 3],
        ['Tree', null],
      ],
    });
  });

  it.each([
    ['−1,234.5', -1234.5],
    ['7', 7],
    ['0.015', 0.015],
    ['79.39 ± 0.20', '79.39 ± 0.20'],
    ['1,23', '1,23'],
    ['  two\n words ', 'two words'],
    ['', ''],
  ])('takes the words %j of a cell for %j', (words, cell) => {
    expect(cellOf(words)).toBe(cell);
  });
});
