import { writeSync } from 'node:fs';
import type { Result } from '../data/result.ts';
import { sample, sampleHelp } from './sample.ts';
import { score, scoreHelp } from './score.ts';
import { trainHelp } from './train-command.ts';
import { train } from './train.ts';

interface Command {
  readonly run: (args: readonly string[]) => Promise<Result<string>>;
  readonly help: string;
}

const commands: ReadonlyMap<string, Command> = new Map([
  ['train', { run: train, help: trainHelp }],
  ['score', { run: score, help: scoreHelp }],
  ['sample', { run: sample, help: sampleHelp }],
]);

const help = `Inkling without a browser. npm run -s cli -- COMMAND [OPTIONS]

${[...commands.values()].map((command) => command.help).join('\n')}
IDX files may be gzipped. Bad input ends with code 2 and one line that names the file and the field; nothing is written then.
`;

/** Runs one command line and returns the exit code: 0, or 2 for bad input. Throws only on bugs. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (args.length === 0)
    return refuse(`command: missing, one of ${[...commands.keys()].join(', ')}; --help says more`);
  if (name === '--help' || name === '-h' || name === 'help') return print(help);
  const command = commands.get(name);
  if (!command)
    return refuse(`command: "${name}" is none of ${[...commands.keys()].join(', ')}; --help says more`);
  if (rest.includes('--help') || rest.includes('-h')) return print(command.help);
  const result = await command.run(rest);
  return result.ok ? print(`${result.value}\n`) : refuse(result.reason);
}

/** Whole and at once: a pipe that is closed early must not cut the last line off. */
function print(text: string): 0 {
  writeAll(1, text);
  return 0;
}

/** Names of files may hold line breaks; the message stays one line. */
function refuse(reason: string): 2 {
  writeAll(2, `${reason.replace(/\s+/g, ' ')}\n`);
  return 2;
}

function writeAll(descriptor: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}
