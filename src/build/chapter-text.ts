import { type Field, fieldsOf, frontMatter, labelsOf, scenesOf } from './chapter-sections.ts';
import type { ChapterHead } from '../learn/head.ts';
import type { Labels } from '../learn/labels.ts';
import { markdownOf, mathOf, refusal, token, type MarkdownRules } from './markdown.ts';

/** A chapter's text as the source of a component, with what it names, for the tests. */
export interface ChapterText {
  readonly head: ChapterHead;
  /** Source of a Svelte component whose prop `c` is the chapter's view. */
  readonly source: string;
  readonly names: ChapterNames;
}

/** Names that the text uses and the chapter's code must have. */
export interface ChapterNames {
  /** {name} outside exercises, and \live{name} in formulas. */
  readonly numbers: readonly string[];
  /** (play:name) */
  readonly links: readonly string[];
  readonly figures: readonly string[];
  readonly goals: readonly string[];
  readonly predictions: readonly Choices[];
  readonly exercises: readonly (Choices & {
    readonly numbers: readonly string[];
    readonly wrong: readonly string[];
  })[];
  /** Parts of figures that formulas and their symbols point at. */
  readonly parts: readonly string[];
  /** (learn:address) */
  readonly chapters: readonly string[];
  readonly beats: readonly string[];
  /** Words of the figures, with their places for values. */
  readonly labels: Labels;
}

interface Choices {
  readonly id: string;
  readonly choices: readonly string[];
}

const MACROS = { '\\at': '\\class{part part-#1}{#2}', '\\live': '\\text{⟦#1⟧}' };
const COMPONENTS = ['Scene', 'Beat', 'Predict', 'Exercise', 'Goal', 'Formula', 'Deeper'];
/** A directive: three colons, its name, an argument; lines; three colons. */
const DIRECTIVE = /^:::([a-z]+)[ \t]*([^\n]*)\n([\s\S]*?)\n?:::[ \t]*(?:\n|$)/;
/** Code stands between these in the markup until the braces of the text have been escaped. */
const [OPEN, CLOSE] = ['\uE000', '\uE001'];

/**
 * A chapter's Markdown as the source of a component. Beside Markdown and TeX it knows `{name}`, a number computed by the chapter,
 * `\live{name}`, the same in a formula, `\at{part}{...}`, symbols that belong to a part of the figure, `[[term]]` of the glossary,
 * links `(play:name)` and `(learn:address)`, and directives between lines of colons (src/learn/README.md has them all).
 * `terms` are those of the glossary. Throws with the file's name where something cannot be read.
 */
export function readChapterText(markdown: string, name: string, terms: ReadonlySet<string>): ChapterText {
  const refuse = refusal(name);
  const code: string[] = [];
  const names = {
    numbers: new Set<string>(),
    links: new Set<string>(),
    figures: new Set<string>(),
    goals: new Set<string>(),
    parts: new Set<string>(),
    chapters: new Set<string>(),
    beats: new Set<string>(),
    predictions: [] as Choices[],
    exercises: [] as { id: string; choices: string[]; numbers: string[]; wrong: string[] }[],
  };
  /** The numbers of the exercise that is being read; null outside exercises. */
  let instance: Set<string> | null = null;

  const hold = (source: string): string => `${OPEN}${code.push(source) - 1}${CLOSE}`;
  const live = (number: string): string => {
    (instance ?? names.numbers).add(number);
    return `${instance ? 'v' : 'c.numbers'}[${JSON.stringify(number)}]`;
  };
  const rules: MarkdownRules = {
    name,
    headings: 2,
    macros: MACROS,
    link: (href) => {
      const [, kind, to] = /^(play|learn|lab):([\w?&=.,/-]*)$/.exec(href) ?? [];
      if (kind === 'play') {
        names.links.add(to);
        return `${hold(`href={'#/play?' + c.links[${JSON.stringify(to)}]}`)} class="into-play"`;
      }
      if (kind === 'learn') names.chapters.add(to.split('?')[0]);
      return kind ? `href="#/${kind}/${to.replaceAll('&', '&amp;')}"` : undefined;
    },
  };
  /** MathML with its live numbers and parts. */
  const math = (tex: string, display: boolean): string => {
    for (const [, part] of tex.matchAll(/\\at\{([\w-]+)\}/g)) names.parts.add(part);
    // A number that is a part by itself has the part's class.
    return mathOf(tex, display, rules).replaceAll(
      /<mtext(?: class="([\w -]*)")?>⟦([\w-]+)⟧<\/mtext>/g,
      (_, part: string | undefined, number: string) =>
        hold(`<mn class="${part ? `${part} ` : ''}live">{${live(number)}}</mn>`),
    );
  };
  const marked = markdownOf(rules, {
    extensions: [
      {
        name: 'display',
        renderer: ({ text }) =>
          `<div class="formula" role="group" aria-label="Formula" tabindex="0">${math(String(text), true)}</div>\n`,
      },
      { name: 'inline', renderer: ({ text }) => math(String(text), false) },
      {
        name: 'live',
        level: 'inline',
        start: (source) => source.indexOf('{'),
        tokenizer: (source) => token('live', /^\{([a-zA-Z][\w-]*)\}/.exec(source)),
        renderer: ({ text }) => hold(`<span class="live">{${live(String(text))}}</span>`),
      },
      {
        name: 'term',
        level: 'inline',
        start: (source) => source.indexOf('[['),
        tokenizer: (source) => token('term', /^\[\[([^\]]+)\]\]/.exec(source)),
        renderer({ text }) {
          const [term, shown = term] = String(text).split('|');
          if (!terms.has(term)) refuse(`docs/glossary.md has no term "${term}"`);
          return hold(`<Term name=${JSON.stringify(term)} words={${JSON.stringify(shown)}} />`);
        },
      },
      {
        name: 'directive',
        level: 'block',
        start: (source) => source.indexOf(':::'),
        tokenizer(source) {
          const match = DIRECTIVE.exec(source);
          return match
            ? { type: 'directive', raw: match[0], word: match[1], argument: match[2].trim(), body: match[3] }
            : undefined;
        },
        renderer: ({ word, argument, body }) => directive(String(word), String(argument), String(body)),
      },
    ],
  });

  const html = (text: string): string => marked.parse(text, { async: false });
  const inline = (text: string): string => marked.parseInline(text, { async: false });
  const snippet = (signature: string, markup: string): string =>
    `${hold(`{#snippet ${signature}}`)}${markup}${hold('{/snippet}')}`;
  /** One snippet for every field of this kind, by the field's name. */
  const byName = (signature: string, kind: string, fields: readonly Field[]): string => {
    const own = fields.filter((field) => field.kind === kind);
    return snippet(
      signature,
      own
        .map(
          ({ name: id, text }) =>
            `${hold(`{#if name === ${JSON.stringify(id)}}`)}${kind === 'choice' || kind === 'symbol' ? inline(text) : html(text)}${hold('{/if}')}`,
        )
        .join(''),
    );
  };
  const only = (kind: string, fields: readonly Field[]): string =>
    fields.find((field) => field.kind === kind)?.text ?? '';
  const list = (kind: string, fields: readonly Field[]): string[] =>
    fields.filter((field) => field.kind === kind).map((field) => field.name);

  const directive = (word: string, argument: string, body: string): string => {
    const { lead, fields } = fieldsOf(body);
    const id = JSON.stringify(argument);
    switch (word) {
      case 'goal':
        names.goals.add(argument);
        return `${hold(`<Goal {c} id=${id}>`)}${inline(body.trim())}${hold('</Goal>')}`;
      case 'deeper':
        return `${hold(`<Deeper title=${id}>`)}${html(body)}${hold('</Deeper>')}`;
      case 'formula': {
        const parts = list('symbol', fields);
        // A symbol's line is a button, which holds no link or button.
        for (const { kind, text } of fields)
          if (kind === 'symbol' && /\]\(|\[\[/.test(text)) refuse(`a symbol holds a link or a term: ${text}`);
        for (const part of parts) names.parts.add(part);
        return `${hold(`<Formula {c} parts={${JSON.stringify(parts)}}>`)}${html(lead)}${byName('symbol(name)', 'symbol', fields)}${hold('</Formula>')}`;
      }
      case 'predict': {
        const choices = list('choice', fields);
        names.predictions.push({ id: argument, choices });
        const reveal = only('reveal', fields);
        if (!reveal) refuse(`prediction ${argument} reveals nothing`);
        return `${hold(`<Predict {c} id=${id} choices={${JSON.stringify(choices)}}>`)}${snippet('question()', html(lead))}${byName('choice(name)', 'choice', fields)}${byName('reply(name)', 'reply', fields)}${html(reveal)}${hold('</Predict>')}`;
      }
      case 'exercise': {
        instance = new Set();
        const choices = list('choice', fields);
        const wrong = list('wrong', fields);
        if (!only('hint', fields)) refuse(`exercise ${argument} has no hint`);
        const markup = [
          snippet('question(v)', html(lead)),
          snippet('hint(v)', html(only('hint', fields))),
          snippet('right(v)', html(only('right', fields))),
          byName('choice(name, v)', 'choice', fields),
          byName('wrong(name, v)', 'wrong', fields),
        ].join('');
        names.exercises.push({ id: argument, choices, wrong, numbers: [...instance] });
        instance = null;
        return `${hold(`<Exercise {c} id=${id} number={${names.exercises.length}} choices={${JSON.stringify(choices)}}>`)}${markup}${hold('</Exercise>')}`;
      }
      default:
        return refuse(`there is no directive "${word}"`);
    }
  };

  const { head, body: whole } = frontMatter(markdown, refuse);
  const { labels, body } = labelsOf(whole, refuse);
  const scenes = scenesOf(body, refuse).map(({ figure, caption, beats }, i) => {
    if (figure) names.figures.add(figure);
    const inner = beats.map(({ kind, title, text }) => {
      names.beats.add(kind);
      return `${hold(`<Beat kind=${JSON.stringify(kind)}>`)}${snippet('title()', inline(title))}${html(text)}${hold('</Beat>')}`;
    });
    return `${hold(`<Scene {c} figure=${JSON.stringify(figure)} first={${i === 0}}>`)}${snippet('caption()', html(caption))}${inner.join('\n')}${hold('</Scene>')}`;
  });
  const markup = scenes.join('\n');
  if (/\$|:::|⟦/.test(markup)) refuse('a $, a ::: or a \\live is left over');
  const imports = [
    ...COMPONENTS.map((each) => `import ${each} from '../parts/${each}.svelte';`),
    // As in the other rooms.
    `import Term from '../../ui/parts/Term.svelte';`,
  ].join('\n');
  const source = `<script module>\nexport const labels = ${JSON.stringify(labels)};\n</script>\n<script>\n${imports}\nlet { c } = $props();\n</script>\n${withCode(escapeBraces(markup), code)}`;
  const { predictions, exercises, numbers, links, figures, goals, parts, chapters, beats } = names;
  return {
    head: { ...head, exercises: names.exercises.length },
    source,
    names: {
      predictions,
      exercises,
      numbers: [...numbers],
      links: [...links],
      figures: [...figures],
      goals: [...goals],
      parts: [...parts],
      chapters: [...chapters],
      beats: [...beats],
      labels,
    },
  };
}

function escapeBraces(markup: string): string {
  return markup.replaceAll(/[{}]/g, (brace) => `&#${brace.charCodeAt(0)};`);
}

function withCode(markup: string, code: readonly string[]): string {
  return markup.replaceAll(new RegExp(`${OPEN}(\\d+)${CLOSE}`, 'g'), (_, at: string) => code[Number(at)]);
}

/** The glossary's terms with their meanings, as text: rows of the table of docs/glossary.md. */
export function readGlossary(markdown: string): Record<string, string> {
  const rows = [...markdown.matchAll(/^\| ([^|]+?) +\| ([^|]+?) +\|$/gm)].map(
    ([, term, meaning]) => [term.trim(), plainText(meaning)] as const,
  );
  return Object.fromEntries(rows.filter(([term]) => term !== 'term' && !term.startsWith('--')));
}

/** Without marks of code, and with minus signs where the Markdown has hyphens that join no words. */
function plainText(meaning: string): string {
  return meaning
    .replaceAll('`', '')
    .trim()
    .replaceAll(/(?<=^|[\s(])-(?=[\s\w])/g, '−');
}
