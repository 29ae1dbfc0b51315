import { writeSync } from 'node:fs';
import { ok, type Result } from '../data/result.ts';
import { check, checkHelp, type Verdict } from './check.ts';
import { classify, classifyHelp } from './classify.ts';
import { complete, completeHelp } from './complete.ts';
import { detect, detectHelp } from './detect.ts';
import { learningCurve, learningCurveHelp } from './learning-curve.ts';
import { race, raceHelp } from './race.ts';
import { sample, sampleHelp } from './sample.ts';
import { score, scoreHelp } from './score.ts';
import { trainHelp } from './train-help.ts';
import { train } from './train.ts';

interface Command {
  readonly run: (args: readonly string[]) => Promise<Result<Verdict>>;
  readonly help: string;
}

const commands: ReadonlyMap<string, Command> = new Map([
  ['train', { run: always(train), help: trainHelp }],
  ['score', { run: always(score), help: scoreHelp }],
  ['classify', { run: always(classify), help: classifyHelp }],
  ['learning-curve', { run: always(learningCurve), help: learningCurveHelp }],
  ['complete', { run: always(complete), help: completeHelp }],
  ['detect', { run: always(detect), help: detectHelp }],
  ['sample', { run: always(sample), help: sampleHelp }],
  ['race', { run: race, help: raceHelp }],
  ['check', { run: check, help: checkHelp }],
]);

/** A command that has no way to fail but bad input. */
function always(run: (args: readonly string[]) => Promise<Result<string>>): Command['run'] {
  return async (args) => {
    const result = await run(args);
    return result.ok ? ok({ text: result.value, passed: true }) : result;
  };
}

const help = `Inkling without a browser. npm run -s cli -- COMMAND [OPTIONS]

${[...commands.values()].map((command) => command.help).join('\n')}
IDX files may be gzipped. Bad input ends with code 2 and one line that names the file and the field; nothing is written then.
`;

/** Runs one command line and returns the exit code: 0, 1 where a check failed, or 2 for bad input. Throws only on bugs. */
export async function main(args: readonly string[]): Promise<0 | 1 | 2> {
  const [name, ...rest] = args;
  if (args.length === 0)
    return refuse(`command: missing, one of ${[...commands.keys()].join(', ')}; --help says more`);
  if (name === '--help' || name === '-h' || name === 'help') return print(help);
  const command = commands.get(name);
  if (!command)
    return refuse(`command: "${name}" is none of ${[...commands.keys()].join(', ')}; --help says more`);
  if (rest.includes('--help') || rest.includes('-h')) return print(command.help);
  const result = await command.run(rest);
  if (!result.ok) return refuse(result.reason);
  print(`${result.value.text}\n`);
  return result.value.passed ? 0 : 1;
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
