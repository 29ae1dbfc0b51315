import { readFileSync } from 'node:fs';
import { Marked, type Tokens } from 'marked';
import { compile } from 'svelte/compiler';
import temml from 'temml';
import type { Plugin } from 'vite';

const CARD = /\/src\/models\/[^/]+\/[^/]+\.md$/;

/**
 * A family's card as static HTML: Markdown, with TeX between $...$ (in a line) and $$...$$ (a line of its own) turned
 * into MathML. The page loads no library for it. Headings begin at the third level, below those of the page. Throws,
 * naming the card, where it holds raw HTML, an image, a link that is not https, or TeX that cannot be read.
 */
export function renderCard(markdown: string, name: string): string {
  const refuse = (what: string): never => {
    throw new Error(`${name}: ${what}`);
  };
  const math = (tex: string, display: boolean): string => {
    try {
      return plain(temml.renderToString(tex, { displayMode: display, throwOnError: true, annotate: false }));
    } catch (cause) {
      throw new Error(`${name}: this formula cannot be read: ${tex}`, { cause });
    }
  };
  const marked = new Marked({
    gfm: true,
    extensions: [
      {
        name: 'display',
        level: 'block',
        start: (source) => source.indexOf('$$'),
        tokenizer: (source) => token('display', /^\$\$([\s\S]+?)\$\$[ \t]*(?:\n|$)/.exec(source)),
        renderer: ({ text }) =>
          `<div class="formula" role="group" aria-label="Formula" tabindex="0">${math(String(text), true)}</div>\n`,
      },
      {
        name: 'inline',
        level: 'inline',
        start: (source) => source.indexOf('$'),
        tokenizer: (source) => token('inline', /^\$([^$]+?)\$/.exec(source)),
        renderer: ({ text }) => math(String(text), false),
      },
    ],
    renderer: {
      heading({ tokens, depth }: Tokens.Heading) {
        const level = Math.min(6, depth + 2);
        return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
      },
      html: ({ raw }) => refuse(`raw HTML is not allowed in a card: ${raw.trim()}`),
      image: ({ href }) => refuse(`images are not allowed in a card: ${href}`),
      link({ href, tokens }: Tokens.Link) {
        if (!/^https:\/\/[\w.-]+(\/[^\s"'<>]*)?$/.test(href))
          refuse(`this link does not lead to https: ${href}`);
        return `<a href="${href}" target="_blank" rel="noopener noreferrer">${this.parser.parseInline(tokens)}</a>`;
      },
    },
  });
  const html = marked.parse(markdown, { async: false });
  if (html.includes('$')) refuse('a $ is left over: formulas begin and end with one');
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
      const path = id.split('?')[0];
      if (!CARD.test(path)) return null;
      this.addWatchFile(path);
      return componentOf(renderCard(readFileSync(path, 'utf8'), path), path);
    },
  };
}

/** JavaScript of a Svelte component with this HTML. Braces are escaped: they would be expressions. */
export function componentOf(html: string, filename: string): string {
  const source = html.replaceAll(/[{}]/g, (brace) => `&#${brace.charCodeAt(0)};`);
  return compile(source, { filename, generate: 'client', runes: true, warningFilter: () => false }).js.code;
}

function token(type: string, match: RegExpExecArray | null) {
  return match ? { type, raw: match[0], text: match[1].trim() } : undefined;
}

/** MathML without style attributes, which the page's policy forbids; its style sheet replaces them. */
function plain(mathml: string): string {
  return mathml.replaceAll(/ style="[^"]*"/g, '');
}
