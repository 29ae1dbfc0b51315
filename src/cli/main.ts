import { Command as Parser, CommanderError, Option as ParserOption } from 'commander';
import { anomaly } from './anomaly.ts';
import { check } from './check.ts';
import { classify } from './classify.ts';
import type { Command } from './command.ts';
import { complete } from './complete.ts';
import { exportModel } from './export.ts';
import { leaderboard } from './leaderboard.ts';
import { learningCurve } from './learning-curve.ts';
import { complain, jsonLine, ownStreams, print, type READER_GONE, type Streams } from './output.ts';
import { answerTheCommandLine } from './pool-workers.ts';
import { publish } from './publish.ts';
import { sample } from './sample.ts';
import { sampling } from './sampling.ts';
import { score } from './score.ts';
import { sweep } from './sweep.ts';
import { train } from './train.ts';

answerTheCommandLine();

export const commands: readonly Command[] = [
  train,
  score,
  classify,
  learningCurve,
  complete,
  anomaly,
  sample,
  sampling,
  check,
  publish,
  sweep,
  leaderboard,
  exportModel,
];

const names = commands.map(({ name }) => name).join(', ');

const NOTES = `
"help COMMAND" lists the options of a command, docs/cli.md those of all. IDX files may be gzipped. An output may be a link, a
pipe or /dev/stdout (the report is then printed to the standard error).
Exit codes: 0; 1 where the work was done and its result is bad (a check failed, training diverged, a file or the report could
not be written); 2 for bad input, with one line that names the file and the field, nothing being written; 141, silently, where
the reader of the standard output has gone.`;

/** Runs one command line and returns the exit code. Throws only on bugs. */
export async function main(
  args: readonly string[],
  streams: Streams = ownStreams,
): Promise<0 | 1 | 2 | typeof READER_GONE> {
  const refuse = (reason: string): 2 => {
    complain(reason, streams);
    return 2;
  };
  if (args.length === 0) return refuse(`command: missing, one of ${names}; --help says more`);
  // Wherever help is asked for, also in the place of a value.
  const wantsHelp = args.some((each) => each === '--help' || each === '-h');
  const line = readLine(wantsHelp ? [args[0], '--help'] : args);
  if ('help' in line) return print(line.help, streams);
  if ('refused' in line) return refuse(line.refused);
  const outcome = await line.command.start(line.given);
  if (!outcome.ok) return refuse(outcome.reason);
  if ('unwritten' in outcome.value) {
    complain(outcome.value.unwritten, streams);
    return 1;
  }
  const { json, text, passed = true, warning } = outcome.value;
  const report = line.given.has('json') ? jsonLine(json) : text.filter((each) => each !== null).join('\n');
  // Nothing to say is no empty line: a program that reads lines would take it for one.
  const printed = report === '' ? 0 : print(`${report}\n`, streams);
  if (warning !== undefined) complain(warning, streams);
  if (printed !== 0) return printed;
  return passed ? 0 : 1;
}

/** A command with what its options were given, `true` for a flag; or the help that was asked for; or why a line is refused. */
type Line =
  | { readonly command: Command; readonly given: ReadonlyMap<string, string | true> }
  | { readonly help: string }
  | { readonly refused: string };

function readLine(args: readonly string[]): Line {
  let help = '';
  const show = (text: string) => void (help += text);
  const parser = new Parser('npm run -s cli --')
    .description('Inkling without a browser.')
    .addHelpText('after', NOTES)
    .exitOverride()
    .configureOutput({ writeOut: show, writeErr: show, outputError: () => undefined });
  let line: Line = { refused: `command: missing, one of ${names}` };
  for (const command of commands) addCommand(parser, command, args, (read) => (line = read));
  try {
    parser.parse(args, { from: 'user' });
    return line;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code.startsWith('commander.help')) return { help };
    return { refused: `${error.message.replace(/^error: /, '')}; --help says more` };
  }
}

/** Tells the parser of a command; `found` hears of the options where the line is one of this command. */
function addCommand(
  parser: Parser,
  command: Command,
  args: readonly string[],
  found: (line: Line) => void,
): void {
  const { name, alias, summary, notes, options } = command;
  const required = Object.entries(options).filter(([, option]) => !option.fallback);
  const own = parser
    .command(name)
    .usage([...required.map(([option, { value }]) => `--${option} <${value}>`), '[options]'].join(' '))
    .description(summary)
    .addHelpText('after', notes === undefined ? '' : `\n${notes}`)
    .allowExcessArguments();
  if (alias !== undefined) own.alias(alias);
  const given = new Map<string, string | true>();
  const problems: string[] = [];
  for (const [option, { value, help, fallback }] of Object.entries(options)) {
    const flags = value === undefined ? `--${option}` : `--${option} <${value}>`;
    own.addOption(new ParserOption(flags, help).default(fallback?.shown, fallback?.shown));
    own.on(`option:${option}`, (read?: string) => {
      if (given.has(option)) problems.push(`--${option}: given twice`);
      given.set(option, read ?? true);
      // `--images --json`: the next option is no file name.
      const missing = read === '' || (read?.startsWith('--') && !args.includes(`--${option}=${read}`));
      if (missing) problems.push(`--${option}: needs a value`);
    });
  }
  own.action(() => {
    if (own.args.length > 0) problems.push(`"${own.args[0]}": nothing is expected here`);
    found(problems.length > 0 ? { refused: problems[0] } : { command, given });
  });
}
