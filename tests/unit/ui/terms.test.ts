import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type AST, parse } from 'svelte/compiler';
import { describe, expect, it } from 'vitest';
import { readGlossary } from '../../../src/build/chapter-text.ts';
import { readSources } from '../house/imports.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const glossary = readGlossary(readFileSync(`${root}/docs/glossary.md`, 'utf8'));
const components = new Map(
  ['src/ui', 'src/shell'].flatMap((room) => [...readSources(root, room, ['.svelte'])]),
);
const terms = [...components].flatMap(([path, text]) => termsIn(path, text));

interface Term {
  readonly path: string;
  /** What it may be named; null where that cannot be read from the source. */
  readonly names: readonly string[] | null;
  /** Whether it has a meaning of its own in place of the glossary's. */
  readonly own: boolean;
}

/** The uses of the component Term in a component. */
function termsIn(path: string, text: string): Term[] {
  const found: Term[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    else if (typeof node === 'object' && node !== null) {
      if (isComponent(node) && node.name === 'Term') found.push({ path, ...termOf(node) });
      Object.values(node).forEach(visit);
    }
  };
  visit(parse(text, { modern: true }).fragment);
  return found;
}

function isComponent(node: object): node is AST.Component {
  return 'type' in node && node.type === 'Component';
}

function termOf({ attributes, fragment }: AST.Component): Omit<Term, 'path'> {
  const name = attributes.find((each) => each.type === 'Attribute' && each.name === 'name');
  return {
    names: name?.type === 'Attribute' ? valuesOf(name.value) : null,
    own: fragment.nodes.some((each) => each.type === 'SnippetBlock' && each.expression.name === 'meaning'),
  };
}

/** A literal, or what a choice between literals may give. */
function valuesOf(value: AST.Attribute['value']): string[] | null {
  if (value === true) return null;
  const parts = Array.isArray(value) ? value : [value];
  if (parts.length !== 1) return null;
  return parts[0].type === 'Text' ? [parts[0].data] : literalsOf(parts[0].expression);
}

function literalsOf(expression: AST.ExpressionTag['expression']): string[] | null {
  if (expression.type === 'Literal') return typeof expression.value === 'string' ? [expression.value] : null;
  if (expression.type !== 'ConditionalExpression') return null;
  const [a, b] = [literalsOf(expression.consequent), literalsOf(expression.alternate)];
  return a && b ? [...a, ...b] : null;
}

/** Terms that the glossary should explain and does not. */
function unexplained(all: readonly Term[]): string[] {
  return all
    .filter(({ own }) => !own)
    .flatMap(({ path, names }) =>
      names
        ? names.filter((name) => !(name in glossary)).map((name) => `${path}: ${name}`)
        : [`${path}: a name that is not written out`],
    );
}

describe('terms of the interface', () => {
  it('are entries of docs/glossary.md or have a meaning of their own', () => {
    expect(terms.length).toBeGreaterThan(25);
    expect(unexplained(terms)).toEqual([]);
  });

  it('have no second meaning where the glossary has one', () => {
    const twice = terms.filter(({ own, names }) => own && names?.some((name) => name in glossary));
    expect(twice.map(({ path, names }) => `${path}: ${names?.join()}`)).toEqual([]);
  });

  it.each([
    ['a name of no entry', '<Term name="gone" />', ['src/planted.svelte: gone']],
    ['one of two names', `<Term name={a ? 'nat' : 'gone'}>Here.</Term>`, ['src/planted.svelte: gone']],
    ['a name that is computed', '<Term name={a} />', ['src/planted.svelte: a name that is not written out']],
    [
      'an entry and a meaning',
      '<Term name="nat" /><Term name={a}>{#snippet meaning()}x{/snippet}</Term>',
      [],
    ],
  ])('are found with %s', (_, markup, found) => {
    expect(unexplained(termsIn('src/planted.svelte', `<p>${markup}</p>`))).toEqual(found);
  });

  it('take the place of all help buttons, which showed a question mark', () => {
    const marks = [...components]
      .filter(([, text]) => /<Help\b|>\s*\?\s*<\//.test(text))
      .map(([path]) => path);
    expect(marks).toEqual([]);
  });
});
