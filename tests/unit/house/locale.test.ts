import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readSources } from './imports.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Queries for the browser's own language, which may be no valid tag: only `moment` is prepared for that. */
const DEFAULT_LOCALE = /\bIntl\.\w+\((?!'en)|\.toLocale\w+\((?!'en)|\.localeCompare\(/;

it("uses the browser's own language in one guarded place", () => {
  const uses = [...readSources(root, 'src', ['.ts', '.svelte'])]
    .flatMap(([path, text]) => text.split('\n').map((line) => [path, line] as const))
    .filter(([, line]) => DEFAULT_LOCALE.test(line))
    .map(([path, line]) => `${path}: ${line.trim()}`);
  expect(uses).toEqual([
    'src/app/format.ts: return new Intl.DateTimeFormat(undefined, style);',
    // The language in the name of a chapter's text.
    'src/learn/labels.ts: const plural = lazily(() => new Intl.PluralRules(language));',
  ]);
});
