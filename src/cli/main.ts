import type { Result } from '../data/result.ts';
import { check, checkHelp, done, type Verdict } from './check.ts';
import { classify, classifyHelp } from './classify.ts';
import { complete, completeHelp } from './complete.ts';
import { anomaly, anomalyHelp } from './anomaly.ts';
import { learningCurve, learningCurveHelp } from './learning-curve.ts';
import { complain, ownStreams, print, type READER_GONE, type Streams } from './output.ts';
import { sampling, samplingHelp } from './sampling.ts';
import { sample, sampleHelp } from './sample.ts';
import { score, scoreHelp } from './score.ts';
import { trainHelp } from './train-help.ts';
import { train } from './train.ts';

interface Command {
  readonly run: (args: readonly string[]) => Promise<Result<Verdict>>;
  readonly help: string;
}

/** The commands by name. */
export const commands: ReadonlyMap<string, Command> = new Map([
  ['train', { run: train, help: trainHelp }],
  ['score', { run: score, help: scoreHelp }],
  ['classify', { run: withoutVerdict(classify), help: classifyHelp }],
  ['learning-curve', { run: learningCurve, help: learningCurveHelp }],
  ['complete', { run: complete, help: completeHelp }],
  ['anomaly', { run: withoutVerdict(anomaly), help: anomalyHelp }],
  ['sample', { run: sample, help: sampleHelp }],
  ['sampling', { run: sampling, help: samplingHelp }],
  ['check', { run: check, help: checkHelp }],
]);

/** Former names, which stay valid. */
const FORMER_NAMES: ReadonlyMap<string, string> = new Map([
  ['detect', 'anomaly'],
  ['race', 'sampling'],
]);

/** A command that can fail only on bad input. */
function withoutVerdict(run: (args: readonly string[]) => Promise<Result<string>>): Command['run'] {
  return async (args) => {
    const result = await run(args);
    return result.ok ? done(result.value) : result;
  };
}

const help = `Inkling without a browser. npm run -s cli -- COMMAND [OPTIONS]

${[...commands.values()].map((command) => command.help).join('\n')}
IDX files may be gzipped. An output may be a link, a pipe or /dev/stdout (the report is then printed to the standard error).
Exit codes: 0; 1 where the work was done and its result is bad (a check failed, training diverged, a file or the report could
not be written); 2 for bad input, with one line that names the file and the field, nothing being written; 141, silently, where
the reader of the standard output has gone.
`;

/** Runs one command line and returns the exit code. Throws only on bugs. */
export async function main(
  args: readonly string[],
  streams: Streams = ownStreams,
): Promise<0 | 1 | 2 | typeof READER_GONE> {
  const refuse = (reason: string): 2 => {
    complain(reason, streams);
    return 2;
  };
  const [name, ...rest] = args;
  if (args.length === 0)
    return refuse(`command: missing, one of ${[...commands.keys()].join(', ')}; --help says more`);
  if (name === '--help' || name === '-h' || name === 'help') return print(help, streams);
  const command = commands.get(FORMER_NAMES.get(name) ?? name);
  if (!command)
    return refuse(`command: "${name}" is none of ${[...commands.keys()].join(', ')}; --help says more`);
  if (rest.includes('--help') || rest.includes('-h')) return print(command.help, streams);
  const result = await command.run(rest);
  if (!result.ok) return refuse(result.reason);
  const { text, passed, warning } = result.value;
  const printed = text === '' ? 0 : print(`${text}\n`, streams);
  if (warning !== undefined) complain(warning, streams);
  if (printed !== 0) return printed;
  return passed ? 0 : 1;
}
