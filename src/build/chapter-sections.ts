import { BEATS, type ChapterHead, PARTS } from '../learn/head.ts';
import type { Labels } from '../learn/labels.ts';

/** A line that begins a field of a directive: "choice half: ...", "hint: ...". */
const FIELD = /^(choice|reply|wrong|right|hint|reveal|symbol)(?: ([\w-]+))?:[ \t]*(.*)$/;

/** What a directive holds beside its lead. */
export interface Field {
  readonly kind: string;
  readonly name: string;
  readonly text: string;
}

/** The text before the first field, and the fields; each goes on to the next. */
export function fieldsOf(body: string): { lead: string; fields: Field[] } {
  const lead: string[] = [];
  const fields: { kind: string; name: string; lines: string[] }[] = [];
  for (const line of body.split('\n')) {
    const [, kind, name = '', first = ''] = FIELD.exec(line) ?? [];
    if (kind) fields.push({ kind, name, lines: [first] });
    else (fields.at(-1)?.lines ?? lead).push(line);
  }
  return {
    lead: lead.join('\n').trim(),
    fields: fields.map(({ kind, name, lines }) => ({ kind, name, text: lines.join('\n').trim() })),
  };
}

export function frontMatter(
  markdown: string,
  refuse: (what: string) => never,
): { head: Omit<ChapterHead, 'exercises'>; body: string } {
  const match = /^---\n([\s\S]*?)\n---\n/.exec(markdown);
  if (!match) return refuse('the text must begin with title, question and minutes between lines of ---');
  const values = new Map(
    match[1].split('\n').map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()] as const;
    }),
  );
  const [title, question, minutes] = ['title', 'question', 'minutes'].map((key) => values.get(key) ?? '');
  if (!title || !question || !(Number(minutes) > 0)) return refuse('title, question or minutes is missing');
  const part = PARTS.find((each) => each === values.get('part'));
  if (!part) return refuse(`part must be one of ${PARTS.join(', ')}`);
  return { head: { title, question, minutes: Number(minutes), part }, body: markdown.slice(match[0].length) };
}

/** ":::labels" holds a line "name: words" for every label of the figures; the rest is the text. */
export function labelsOf(body: string, refuse: (what: string) => never): { labels: Labels; body: string } {
  const labels: Record<string, string> = {};
  const rest = body.replaceAll(/^:::labels[ \t]*\n([\s\S]*?)\n:::[ \t]*$/gm, (_, lines: string) => {
    for (const line of lines.split('\n').filter((each) => each.trim())) {
      const [, name, words] = /^([a-z][\w.-]*): +(\S.*)$/.exec(line) ?? [];
      if (!name) refuse(`a label must be "name: words", but is "${line}"`);
      if (name in labels) refuse(`the label "${name}" is there twice`);
      labels[name] = words.trim();
    }
    return '';
  });
  return { labels, body: rest };
}

interface Scene {
  /** The figure that stands beside the beats; empty for none. */
  readonly figure: string;
  readonly caption: string;
  readonly beats: { kind: string; title: string; text: string }[];
}

/** "## kind: title" begins a beat; ":::figure name", between beats or first in one, a scene. */
export function scenesOf(body: string, refuse: (what: string) => never): Scene[] {
  const scenes: Scene[] = [];
  for (const part of body.split(/^(?=## )/m)) {
    const [, kind, title, rest] = /^## (\w+): (.*)\n([\s\S]*)$/.exec(part) ?? ['', 'lead', '', part];
    if (part.startsWith('## ') && !BEATS.some((beat) => beat === kind)) refuse(`there is no beat "${kind}"`);
    const figures = [...rest.matchAll(/^:::figure ([\w-]+)\n([\s\S]*?)\n?:::[ \t]*$/gm)];
    if (figures.length > 1) refuse(`the beat "${title}" has more than one figure`);
    const [whole = '', figure = '', caption = ''] = figures.at(0) ?? [];
    const text = rest.replace(whole, '');
    if (figure || scenes.length === 0) scenes.push({ figure, caption, beats: [] });
    if (text.trim() || kind !== 'lead') scenes.at(-1)?.beats.push({ kind, title, text });
  }
  return scenes;
}
