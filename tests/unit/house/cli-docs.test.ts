import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';
import type { Command } from '../../../src/cli/command.ts';
import { commands } from '../../../src/cli/main.ts';

const path = fileURLToPath(new URL('../../../docs/cli.md', import.meta.url));

/** One command as Markdown. */
function sectionOf({ name, alias, summary, notes, options }: Command): string {
  const rows = Object.entries(options).map(([option, { value, help, fallback }]) => {
    const shown = fallback ? (fallback.shown ?? '') : '**required**';
    return [`\`--${option}${value === undefined ? '' : ` ${value}`}\``, help, shown];
  });
  const table = [['option', 'what it is', 'by default'], ['---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
  const former = alias === undefined ? '' : ` Also called \`${alias}\`.`;
  return [`## ${name}`, summary + former, table, ...(notes === undefined ? [] : [notesOf(notes)])].join(
    '\n\n',
  );
}

/** The lines that are indented in the help become a list. */
function notesOf(notes: string): string {
  return notes
    .replace(/^ {2}(.*)$/gm, '- $1')
    .replace(/^(?!- )(.*)\n- /gm, '$1\n\n- ')
    .replace(/^(- .*)\n(?!- )/gm, '$1\n\n');
}

/** Where this fails, `npm run docs` writes the file anew. */
it('docs/cli.md says what the commands take', async () => {
  const sections = commands.map(sectionOf).join('\n\n');
  const text = readFileSync(path, 'utf8').replace(
    /(<!-- commands -->\n)[^]*(<!-- end of commands -->)/,
    (_, begin: string, end: string) => `${begin}\n${sections}\n\n${end}`,
  );
  const written = await format(text, { ...(await resolveConfig(path)), filepath: path });
  await expect(written).toMatchFileSnapshot(path);
});
