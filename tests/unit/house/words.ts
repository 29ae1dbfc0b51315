import ts from 'typescript';
import { commentsOf } from './comments.ts';
import { parse, scriptOf, type Sources } from './imports.ts';

/** Words of no field, by what docs/glossary.md and plain English say instead: see there. */
const BANNED =
  /^(whoever|nobody|chairs?|seat(ed|s)?|yardsticks?|lessons?|breath(s|e|es|ed)?|breathing|desks?|oddity|oddities|strangers?|companions?|crossovers?|lanes?)$/;
const PHRASES = /\b(sits down|goes its own way)\b/g;
/** What a file holds that may hold one of them; the others need no parsing. */
const SUSPECT =
  /whoever|nobody|chair|seat|yardstick|lesson|breath|desk|oddit|stranger|companion|crossover|lane|sits down|goes its own way/i;
/** Threads of a GPU that share an item are its lanes, and so are the numbers of a SIMD vector. */
const GPU_LANES = /^(shaders|src\/models|src\/simd|tests\/gpu)\//;
/** `sampling --json` reports its methods under "lanes": scripts read that field. */
const JSON_LANES = /^(src|tests\/unit)\/cli\/sampling(\.test)?\.ts$/;
const TITLED = /^(it|test|describe)\b/;

/** Uses of a banned word in comments, test titles and identifiers: "file:line word". */
export function bannedWords(sources: Sources): string[] {
  const suspect = [...sources].filter(([, text]) => SUSPECT.test(text));
  const found = suspect.flatMap(([path, text]) =>
    textsOf(path, text).flatMap(({ line, text: part }) =>
      part
        .split('\n')
        .flatMap((row, at) => bannedIn(row).map((word) => ({ word, line: line + at })))
        .filter(({ word }) => !((GPU_LANES.test(path) || JSON_LANES.test(path)) && /^lanes?$/.test(word)))
        .map(({ word, line: at }) => `${path}:${at} ${word}`),
    ),
  );
  return [...new Set(found)];
}

/** Words of camelCase, snake_case and UPPER_CASE names count as words. */
function bannedIn(text: string): string[] {
  const words = text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => BANNED.test(word));
  return [...words, ...Array.from(text.toLowerCase().matchAll(PHRASES), ([phrase]) => phrase)];
}

function textsOf(path: string, text: string): { line: number; text: string }[] {
  // WGSL has no strings: all of it is names and comments.
  if (path.endsWith('.wgsl')) return [{ line: 1, text }];
  const script = path.endsWith('.svelte') ? scriptOf(path, text) : text;
  const before = path.endsWith('.svelte') ? text.slice(0, text.indexOf(script)).split('\n').length - 1 : 0;
  const file = parse(path, text);
  const found = commentsOf(text);
  const add = (node: ts.Node, name: string): void => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
    found.push({ line: Math.max(0, before) + line + 1, text: name });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) add(node, node.text);
    if (ts.isCallExpression(node) && TITLED.test(node.expression.getText(file)))
      for (const argument of node.arguments)
        if (ts.isStringLiteralLike(argument)) add(argument, argument.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
