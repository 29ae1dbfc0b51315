import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compile } from 'svelte/compiler';
import type { Plugin } from 'vite';
import { markdownOf, refusal } from './markdown.ts';

const CARD = /\/src\/models\/[^/]+\/[^/]+\.md$/;
/** A line that stands for the text of another file of the folder, which several families share. */
const SHARED = /^\[\[([\w-]+\.md)\]\]$/m;

/** The text of a card; what it shares with other families follows its own, under a heading one level lower. */
export function cardText(path: string): { text: string; files: readonly string[] } {
  const own = readFileSync(path, 'utf8');
  const name = SHARED.exec(own)?.at(1);
  if (name === undefined) return { text: own, files: [path] };
  const shared = join(dirname(path), name);
  const text = readFileSync(shared, 'utf8').replace(/^# /, '## ');
  return { text: own.replace(SHARED, () => text), files: [path, shared] };
}

/**
 * A family's card as static HTML, with its formulas as MathML. Headings begin at the third level, below those of the page. Throws
 * as `markdownOf` does, and where a $ is left over.
 */
export function renderCard(markdown: string, name: string): string {
  const html = markdownOf({ name, headings: 2 }).parse(markdown, { async: false });
  if (html.includes('$')) refusal(name)('a $ is left over: formulas begin and end with one');
  return html;
}

/**
 * `import Card from './card.md'` gives the card as a component without props. A component, because its markup then
 * passes through the Trusted Types policy of Svelte's templates, the only one that the page allows for markup.
 */
export function cardsPlugin(): Plugin {
  return {
    name: 'inkling-cards',
    enforce: 'pre',
    load(id) {
      const [path, query = ''] = id.split('?');
      // As text it is no component.
      if (!CARD.test(path) || query.split('&').includes('raw')) return null;
      const { text, files } = cardText(path);
      for (const file of files) this.addWatchFile(file);
      return componentOf(renderCard(text, path), path);
    },
  };
}

/** JavaScript of a Svelte component with this HTML. Braces are escaped: they would be expressions. */
export function componentOf(html: string, filename: string): string {
  const source = html.replaceAll(/[{}]/g, (brace) => `&#${brace.charCodeAt(0)};`);
  return compile(source, { filename, generate: 'client', runes: true, warningFilter: () => false }).js.code;
}
