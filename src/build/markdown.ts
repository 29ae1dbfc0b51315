import { Marked, type MarkedExtension, type Tokens } from 'marked';
import temml from 'temml';

/** What differs between the cards of the families and the chapters of Learn. */
export interface MarkdownRules {
  /** Names the file in errors. */
  readonly name: string;
  /** Added to the level of a heading, at most 6. */
  readonly headings: number;
  /** TeX macros, by their name with the backslash. */
  readonly macros?: Readonly<Record<string, string>>;
  /** The address and the attributes of a link that is not https; undefined refuses it. */
  readonly link?: (href: string) => string | undefined;
}

/** Ends the reading of a file with an error that names it. */
export function refusal(name: string): (what: string) => never {
  return (what) => {
    throw new Error(`${name}: ${what}`);
  };
}

/** TeX as MathML without style attributes, which the page's policy forbids; its style sheet replaces them. */
export function mathOf(tex: string, display: boolean, { name, macros = {} }: MarkdownRules): string {
  try {
    return temml
      .renderToString(tex, {
        displayMode: display,
        throwOnError: true,
        annotate: false,
        trust: ({ command }: { command: string }) => command === '\\class',
        macros: { ...macros },
      })
      .replaceAll(/ style="[^"]*"/g, '');
  } catch (cause) {
    throw new Error(`${name}: this formula cannot be read: ${tex}`, { cause });
  }
}

/**
 * Markdown with TeX between $...$ (in a line) and $$...$$ (a line of its own) turned into MathML: the page loads no library
 * for it. Raw HTML, images, links that are neither https nor the rules', and TeX that cannot be read throw with the file's name.
 */
export function markdownOf(rules: MarkdownRules, ...extensions: MarkedExtension[]): Marked {
  const refuse = refusal(rules.name);
  return new Marked(
    {
      gfm: true,
      extensions: [
        {
          name: 'display',
          level: 'block',
          start: (source) => source.indexOf('$$'),
          tokenizer: (source) => token('display', /^\$\$([\s\S]+?)\$\$[ \t]*(?:\n|$)/.exec(source)),
          renderer: ({ text }) =>
            `<div class="formula" role="group" aria-label="Formula" tabindex="0">${mathOf(String(text), true, rules)}</div>\n`,
        },
        {
          name: 'inline',
          level: 'inline',
          start: (source) => source.indexOf('$'),
          tokenizer: (source) => token('inline', /^\$([^$]+?)\$/.exec(source)),
          renderer: ({ text }) => mathOf(String(text), false, rules),
        },
      ],
      renderer: {
        heading({ tokens, depth }: Tokens.Heading) {
          const level = Math.min(6, depth + rules.headings);
          return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
        },
        html: ({ raw }) => refuse(`raw HTML is not allowed: ${raw.trim()}`),
        image: ({ href }) => refuse(`images are not allowed: ${href}`),
        link({ href, tokens }: Tokens.Link) {
          const text = this.parser.parseInline(tokens);
          const own = rules.link?.(href);
          if (own !== undefined) return `<a ${own}>${text}</a>`;
          if (!/^https:\/\/[\w.-]+(\/[^\s"'<>]*)?$/.test(href))
            refuse(`this link does not lead to https: ${href}`);
          return `<a href="${href}" target="_blank" rel="noopener noreferrer">${text}</a>`;
        },
      },
    },
    ...extensions,
  );
}

/** The token of an extension from the match of its pattern, whose first group is the text. */
export function token(type: string, match: RegExpExecArray | null) {
  return match ? { type, raw: match[0], text: match[1].trim() } : undefined;
}
