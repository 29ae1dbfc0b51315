import { describe, expect, it } from 'vitest';
import { compile } from 'svelte/compiler';
import { readChapterText, readGlossary } from '../../../src/build/chapter-text.ts';

const HEAD = '---\ntitle: A title\nquestion: What is asked?\nminutes: 3\npart: one\n---\n\n';
const terms = new Set(['nat', 'log-likelihood']);
const read = (body: string) => readChapterText(HEAD + body, 'text.en.md', terms);

describe('the text of a chapter', () => {
  it('has the head of its front matter', () => {
    expect(read('## do: Do it\n').head).toEqual({
      title: 'A title',
      question: 'What is asked?',
      minutes: 3,
      part: 'one',
      exercises: 0,
    });
  });

  it('begins a scene with every figure, whose caption is Markdown', () => {
    const { source, names } = read(
      ':::figure first\nLook at *this*.\n:::\n\n## puzzle: One\n\nText.\n\n## do: Two\n\n:::figure second\nAnd that.\n:::\n\nMore.\n',
    );
    expect(names.figures).toEqual(['first', 'second']);
    expect(names.beats).toEqual(['puzzle', 'do']);
    expect(source.match(/<Scene /g)).toHaveLength(2);
    expect(source).toContain('Look at <em>this</em>.');
    expect(source.indexOf('More.')).toBeGreaterThan(source.indexOf('figure="second"'));
  });

  it('shows live numbers in text and formulas, those of an exercise from its instance', () => {
    const { source, names } = read(
      '## name: Name\n\nIn {share} of {count}: $\\live{best}$.\n\n:::exercise sum\nAdd {first} and $\\live{second}$.\nhint: Add.\nwrong sign: No, {first}.\nright: {third}.\n:::\n',
    );
    expect(names.numbers).toEqual(['share', 'count', 'best']);
    expect(names.exercises).toEqual([
      { id: 'sum', choices: [], wrong: ['sign'], numbers: ['first', 'second', 'third'] },
    ]);
    expect(source).toContain('<span class="live">{c.numbers["share"]}</span>');
    expect(source).toContain('<mn class="live">{c.numbers["best"]}</mn>');
    expect(source).toContain('{v["first"]}');
  });

  it('links parts of formulas and symbols to parts of the figure', () => {
    const { source, names } = read(
      '## name: Name\n\n:::formula\n$$ \\at{guess}{\\theta} $$\nsymbol guess: the guess {value}\n:::\n',
    );
    expect(names.parts).toEqual(['guess']);
    expect(source).toMatch(/class="part part-guess"/);
    expect(source).toContain('the guess <span class="live">{c.numbers["value"]}</span>');
  });

  it('shows a live number that is a part of the figure, and lets none be left over', () => {
    const { source, names } = read('## name: Name\n\n$$ \\at{loss}{\\live{nll}} - \\live{h} $$\n');
    expect(names.numbers).toEqual(['nll', 'h']);
    expect(source).toContain('<mn class="part part-loss live">{c.numbers["nll"]}</mn>');
    expect(() => read('## name: Name\n\n$\\text{a \\live{b}}$\n')).toThrow('left over');
  });

  it('leads into Play, the Lab and other chapters', () => {
    const { source, names } = read(
      '## use: Use\n\n[Play](play:set) [Lab](lab:exactness) [On](learn:coin/flips?p=0.3)\n',
    );
    expect(names.links).toEqual(['set']);
    expect(names.chapters).toEqual(['coin/flips']);
    expect(source).toContain(`href={'#/play?' + c.links["set"]}`);
    expect(source).toContain('href="#/lab/exactness"');
    expect(source).toContain('href="#/learn/coin/flips?p=0.3"');
  });

  it('is a component that compiles, whatever braces and tags its words hold', () => {
    const { source } = read(
      '## predict: A < b & {n}\n\n:::predict q\nWhich?\nchoice a: `x < y`\nchoice b: The [[nat|nats]]\nreply b: No.\nreveal:\nThat $\\{1, 2\\}$.\n:::\n\n:::goal g\nGo.\n:::\n\n:::deeper Why\n- one\n- two\n:::\n',
    );
    expect(() => compile(source, { generate: 'client', runes: true })).not.toThrow();
    expect(source).toContain('&#123;');
  });

  it.each([
    ['without a head', '## do: x\n', /must begin with title/, ''],
    ['with an unknown part', '## do: x\n', /part must be one of/, HEAD.replace('one', 'other')],
    ['with an unknown beat', '## proof: x\n', /no beat "proof"/],
    ['with an unknown directive', '## do: x\n\n:::video a\nb\n:::\n', /no directive "video"/],
    ['with a term that the glossary has not', '## do: x\n\n[[entropy]]\n', /no term "entropy"/],
    ['with a prediction that reveals nothing', '## do: x\n\n:::predict a\nWhat?\n:::\n', /reveals nothing/],
    ['with an exercise without a hint', '## do: x\n\n:::exercise a\nWhat?\nright: So.\n:::\n', /no hint/],
    [
      'with two figures in one beat',
      '## do: x\n\n:::figure a\nb\n:::\n\n:::figure c\nd\n:::\n',
      /more than one figure/,
    ],
    [
      'with a formula that cannot be read',
      '## do: x\n\n$\\frac{1}$ $\\unknown{2}$\n',
      /formula cannot be read/,
    ],
    ['with raw HTML', '## do: x\n\n<b>y</b>\n', /raw HTML/],
    ['with a link that is neither https nor its own', '## do: x\n\n[y](http://a.b)\n', /https/],
    [
      'with a term in the line of a symbol',
      '## do: x\n\n:::formula\n$$ a $$\nsymbol a: the [[nat]]\n:::\n',
      /symbol holds a link or a term/,
    ],
    ['with a directive that is not closed', '## do: x\n\n:::goal g\nGo.\n', /left over/],
  ])('is refused %s', (_, body, reason, head = HEAD) => {
    expect(() => readChapterText(head + body, 'text.en.md', terms)).toThrow(reason);
    expect(() => readChapterText(head + body, 'text.en.md', terms)).toThrow(/^text\.en\.md: /);
  });
});

it('the glossary is read from its table', () => {
  const table = (row: string) => `| term | meaning |\n| ---- | ------- |\n${row}\n`;
  expect(readGlossary(table('| nat  | 1 nat is `1.44` bits |'))).toEqual({ nat: '1 nat is 1.44 bits' });
  expect(readGlossary(table('| loss | -log p(x), k - 1, (-1 to 1), class-conditional |'))).toEqual({
    loss: '−log p(x), k − 1, (−1 to 1), class-conditional',
  });
});
