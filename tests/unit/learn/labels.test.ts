import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse as parseComponent } from 'svelte/compiler';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { labelsIn } from '../../../src/learn/labels.ts';
import { parse, scriptOf } from '../house/imports.ts';
import { labelsOfChapter } from './open-chapter.ts';

describe('labels of figures', () => {
  const label = labelsIn({
    labels: {
      again: 'Another coin',
      'flips.one': '{n} flip',
      'flips.other': '{n} flips',
      rest: '{n} of {all}',
    },
    language: 'en',
  });

  it('have their values in their places', () => {
    expect(label('again')).toBe('Another coin');
    expect(label('rest', { n: 3, all: '1,000' })).toBe('3 of 1,000');
  });

  it('count as the language does', () => {
    expect([0, 1, 2].map((n) => label('flips', { n }))).toEqual(['0 flips', '1 flip', '2 flips']);
  });

  it('are refused where they are not in the text or lack a value', () => {
    expect(() => label('agian')).toThrow('"agian"');
    expect(() => label('rest', { n: 3 })).toThrow('{all}');
  });
});

const folder = fileURLToPath(new URL('../../../src/learn', import.meta.url));
const chapters = readdirSync(folder).filter((name) => /^\d\d-/.test(name));

describe.each(chapters)('the figures of %s', (name) => {
  const files = readdirSync(join(folder, name)).filter((file) => /\.(svelte|ts)$/.test(file));
  const sources = new Map(files.map((file) => [file, readFileSync(join(folder, name, file), 'utf8')]));

  it('take their words from the text, so that another language is one more file', () => {
    expect([...sources].flatMap(([file, text]) => wordsIn(file, text))).toEqual([]);
  });

  it('ask for the labels that the text has, and for all of them', () => {
    const { labels } = labelsOfChapter(name.slice(3));
    const asked = [...sources].flatMap(([, text]) => labelsAskedIn(text));
    const names = Object.keys(labels).map((each) => each.replace(/\.(zero|one|two|few|many|other)$/, ''));
    const meets = (pattern: string, each: string): boolean =>
      new RegExp(`^${pattern.replaceAll(/[.]/g, '\\.').replaceAll('*', '[\\w.-]+')}$`).test(each);
    expect(asked.filter((pattern) => !names.some((each) => meets(pattern, each)))).toEqual([]);
    expect(names.filter((each) => !asked.some((pattern) => meets(pattern, each)))).toEqual([]);
  });
});

/** Folders that serve every chapter. Their words stand in src/learn/words.en.ts. */
const SHARED = ['figures', 'parts', 'room', 'exercises', 'state'];

describe.each(SHARED)('src/learn/%s', (name) => {
  const files = readdirSync(join(folder, name)).filter((file) => /\.(svelte|ts)$/.test(file));

  it('takes its words from the table of the language', () => {
    const found = files.flatMap((file) => wordsIn(file, readFileSync(join(folder, name, file), 'utf8')));
    expect(found).toEqual([]);
  });
});

describe('words outside the text', () => {
  it.each([
    ['<p>Another coin</p>', 'Another coin'],
    ['<p>{count} flips</p>', 'flips'],
    ['<Slider label="Your guess" />', 'Your guess'],
    ['<Slider label={`Guess ${value}`} />', 'Guess'],
    ['<p>{done ? "Stop" : ""}</p>', 'Stop'],
    ['<Figure name="Loaded die" axis={1} />', 'Loaded die'],
    ['<script>const told = $derived(`${n} of them heads`);</script>', 'of them heads'],
  ])('are found in %s', (source, words) => {
    expect(wordsIn('Planted.svelte', source)).toEqual([`Planted.svelte: ${words}`]);
  });

  it('are not seen in classes, parts, numbers, names of controls and comments', () => {
    const source =
      '<script>// Another coin\nconst kind = "left-out"; if (event.key === "Enter") throw new Error("no such pixel");</script><p class="small soft" data-part="heads">{view.label("again")} {x} × {y}</p><input name="guess-{id}" /><Icon name="check" /><style>p { color: red; }</style>';
    expect(wordsIn('Planted.svelte', source)).toEqual([]);
  });
});

/** Attributes whose values are read or heard. */
const SPOKEN =
  /^(label|title|alt|placeholder|name|shown|told|caption|unit|meaning|axis|doing|words|hint|(role)?description|aria-(label|description|valuetext|roledescription))$/;
/** Attributes of markup that hold names of styles and of parts, whatever is in them. */
const SILENT =
  /^(class|style|d|points|transform|viewBox|role|type|id|for|data-[\w-]+|aria-(?!label|desc|valuetext|role)[\w-]+)$/;

/** A word of a language: two letters or more that are no name in code. */
const WORD = /\p{L}{2,}/u;
/** Words beside each other, or one with a capital letter: no name in code. */
const PROSE =
  /\p{L}{2,}[,;:.!?…]* \p{L}+|\p{L}[,;:.!?…]* \p{L}{2,}|^\s*\p{Lu}\p{Ll}+|\p{L}[.…!?]$|^ \p{Ll}{2,}| \p{Ll}{2,} ?$/u;

/** Words of a language in a chapter's code: "file: words". Errors that are thrown are for engineers. */
function wordsIn(file: string, text: string): string[] {
  const found: string[] = [];
  const add = (words: string): void => {
    found.push(`${file}: ${words.trim().replaceAll(/\s+/g, ' ')}`);
  };
  const script = file.endsWith('.svelte') ? scriptOf(file, text) : text;
  for (const words of literalsOf(parse(file.replace(/\.svelte$/, '.ts'), script)))
    if (PROSE.test(words)) add(words);
  if (file.endsWith('.svelte')) for (const words of markupOf(text)) add(words);
  return found;
}

/** Strings of a script, and the parts of its templates, outside imports and errors. */
function literalsOf(file: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isThrowStatement(node) || isKey(node)) return;
    if (isMarkup(node)) return;
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** A page's source for another page to take: `<iframe src=...`. */
function isMarkup(node: ts.Node): boolean {
  return ts.isTemplateExpression(node) && /^<\w/.test(node.head.text);
}

/** `event.key === 'Enter'`: the browser's name of a key. */
function isKey(node: ts.Node): boolean {
  return (
    ts.isBinaryExpression(node) && ts.isPropertyAccessExpression(node.left) && node.left.name.text === 'key'
  );
}

interface MarkupNode {
  readonly type?: string;
  readonly name?: string;
  readonly data?: string;
  readonly value?: unknown;
  readonly [key: string]: unknown;
}

function markupOf(text: string): string[] {
  const found: string[] = [];
  const visit = (node: unknown, attribute: string): void => {
    if (Array.isArray(node)) {
      for (const each of node) visit(each, attribute);
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    const { type, name = '', data, value } = node as MarkupNode;
    if (type === 'Attribute') {
      if (SILENT.test(name)) return;
      visit(value, name);
      return;
    }
    if (type === 'StyleDirective' || type === 'ClassDirective') return;
    // Of a form's control, and of an icon.
    if (type === 'RegularElement' || (type === 'Component' && name === 'Icon')) {
      const { attributes, fragment } = node as { attributes: MarkupNode[]; fragment: unknown };
      visit([attributes.filter((each) => each.name !== 'name'), fragment], attribute);
      return;
    }
    // A label's name and the keys of its values are names in code.
    if (type === 'CallExpression' && isLabel(node as MarkupNode)) {
      visit((node as MarkupNode).arguments, 'call');
      return;
    }
    const spoken = attribute === '' || SPOKEN.test(attribute);
    if (type === 'Text' && data && WORD.test(data) && (attribute === '' || spoken)) found.push(data);
    if (
      type === 'Literal' &&
      typeof value === 'string' &&
      (attribute === '' ? /\p{Lu}\p{Ll}| /u.test(value) && WORD.test(value) : PROSE.test(value))
    )
      found.push(value);
    if (type === 'TemplateElement') {
      const { cooked } = value as { cooked: string };
      if (WORD.test(cooked) && (spoken ? true : PROSE.test(cooked))) found.push(cooked);
    }
    for (const [key, child] of Object.entries(node))
      if (key !== 'parent' && key !== 'key' && key !== 'metadata') visit(child, attribute);
  };
  visit(parseComponent(text, { modern: true }).fragment, '');
  return found;
}

function isLabel({ callee }: MarkupNode): boolean {
  const { name, property } = callee as { name?: string; property?: { name?: string } };
  return name === 'label' || property?.name === 'label';
}

/**
 * Names of labels in the first argument of calls of `label`, and in `labels` of exercises, with a star for what is computed.
 * A name that code hands on stands in a call with a template: label(`rule-${name}`).
 */
function labelsAskedIn(text: string): string[] {
  const calls = [...text.matchAll(/\blabel\(((?:[^(){}]|\{[^{}]*\}|\([^()]*\))*)/g)].map(
    ([, inside]) => inside,
  );
  const lists = [...text.matchAll(/\blabels: \{([^}]*)\}/g)].map(([, list]) => list);
  return [...calls.map((inside) => inside.replace(/(?:^|[^$])\{[\s\S]*$/, '')), ...lists].flatMap((part) =>
    [...part.matchAll(/'([\w.-]+)'|`([^`]+)`/g)].map(([whole]) =>
      whole.slice(1, -1).replaceAll(/\$\{[^}]*\}/g, '*'),
    ),
  );
}
