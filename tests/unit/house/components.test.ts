import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readSources } from './imports.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const components = new Map(
  ['src/ui', 'src/shell'].flatMap((room) => [...readSources(root, room, ['.svelte'])]),
);

/**
 * Writes of a component into the state that it is given, other than a control's value into one field: into a field of a
 * field, by an operator, or of a value made from the state itself.
 */
function writesIntoState(components: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (const [path, text] of components) {
    const taken = [...text.matchAll(/const \{([^}]*)\}[^=]*= \$(?:props|derived)\(/g)].flatMap(([, names]) =>
      [...names.matchAll(/(\w+)\s*(?:=[^,]*)?(?:,|$)/g)].map(([, name]) => name),
    );
    const names = [...new Set(taken)].join('|');
    if (!names) continue;
    const written = new RegExp(
      String.raw`\bbind:\w+=\{(?:${names})(?:\.\w+){2,}\}` +
        String.raw`|(?<![\w.])(?:${names})(?:\.\w+){2,} *=(?![=>])` +
        String.raw`|(?<![\w.])(?:${names})\.\w+ *(?:[-+*/]|\?\?|\|\||&&)=` +
        String.raw`|(?<![\w.])(?:${names})\.\w+(?:\+\+|--)` +
        String.raw`|(?<![\w.])(${names})\.\w+ = [^;)]*\b\1\.`,
      'g',
    );
    for (const [match] of text.matchAll(written)) found.push(`${path}: ${match}`);
  }
  return found;
}

describe('components', () => {
  it('set single fields of the state to the value of a control and call its methods for all else', () => {
    expect(components.size).toBeGreaterThan(50);
    expect(writesIntoState(components)).toEqual([]);
  });

  it.each([
    ['a field of a field', 'onclick={() => (pad.page.name = "")}'],
    ['bound, a field of a field', '<input bind:value={pad.page.name} />'],
    ['a count', 'onclick={() => pad.strokes++}'],
    ['an operator', 'onclick={() => (pad.strokes += 1)}'],
    ['made from the state', 'onclick={() => (pad.hyper = { ...pad.hyper, k: 1 })}'],
  ])('are caught at %s', (_, markup) => {
    const planted = (text: string) =>
      new Map([['src/ui/planted.svelte', `const { pad, dark = false }: Props = $props();\n${text}`]]);
    expect(writesIntoState(planted(markup))).toHaveLength(1);
    expect(writesIntoState(planted('onclick={() => (pad.tool = "pen")} bind:value={pad.brush}'))).toEqual([]);
  });
});

/** Custom properties that are read and nowhere set: a browser then drops the declaration without a word. */
function unknownProperties(sources: ReadonlyMap<string, string>): string[] {
  const all = [...sources.values()].join('\n');
  const set = new Set([...all.matchAll(/(--[\w-]+)['"]?\s*[:=,]/g)].map(([, name]) => name));
  return [...sources].flatMap(([path, text]) =>
    [...text.matchAll(/var\(\s*(--[\w-]+)\s*\)/g)]
      .filter(([, name]) => !set.has(name))
      .map(([, name]) => `${path}: ${name}`),
  );
}

describe('custom properties', () => {
  const sources = new Map(
    ['src/ui', 'src/shell', 'src/learn'].flatMap((room) => [
      ...readSources(root, room, ['.svelte', '.css', '.ts']),
    ]),
  );

  it('are set wherever they are read', () => {
    expect(unknownProperties(sources)).toEqual([]);
  });

  it('are missed where nothing sets them', () => {
    const planted = new Map([...sources, ['src/ui/planted.svelte', '.a { padding: var(--space-9); }']]);
    expect(unknownProperties(planted)).toEqual(['src/ui/planted.svelte: --space-9']);
  });
});
