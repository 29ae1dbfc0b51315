import { parseBinarisation } from '../data/binarise.ts';
import type { Grid } from '../data/images.ts';
import { MASK_PRESETS } from '../data/mask-presets.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { refuseTarget } from './files.ts';
import { type NamedPath, refuseSharedFile } from './paths.ts';

/** An option of a command, whose value is read as a T. */
export interface Option<T> {
  readonly help: string;
  /** How the help names the value: "FILE". A flag has no value. */
  readonly value?: string;
  /** Whether the value is a file that the command reads or writes. */
  readonly file?: 'input' | 'output';
  /** Reads the value. The reason of a failure does not name the option. */
  readonly parse: (text: string) => Result<T>;
  /** What holds where the option is not given, and how the help says it. Without it the option is required. */
  readonly fallback?: { readonly value: T; readonly shown?: string | undefined };
}

/** Options by name, without the dashes. */
export type Options = Readonly<Record<string, Option<unknown>>>;

export type Values<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends Option<infer T> ? T : never;
};

/** An option that may be missing: null is then its value. `shown` says what the command does without it. */
export function optional<T>(option: Option<T>, shown?: string): Option<T | null> {
  return { ...option, fallback: { value: null, shown } };
}

export function withDefault<T>(option: Option<T>, value: NoInfer<T>, shown = String(value)): Option<T> {
  return { ...option, fallback: { value, shown } };
}

export function flag(help: string): Option<boolean> {
  return { help, parse: () => ok(true), fallback: { value: false } };
}

export function text(value: string, help: string): Option<string> {
  return { value, help, parse: ok };
}

/** A file that the command reads. */
export function input(value: string, help: string): Option<string> {
  return { ...text(value, help), file: 'input' };
}

/** A file that the command writes. It is checked before the work. */
export function output(value: string, help: string): Option<string> {
  return { ...text(value, help), file: 'output' };
}

export interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

/** A number in decimal notation. */
export function number(value: string, help: string, rule: NumberRule): Option<number> {
  return { value, help, parse: (given) => parseNumber(given, rule) };
}

export function parseNumber(given: string, { min, max, whole }: NumberRule): Result<number> {
  const value = Number(given);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(given)) return fail(`"${given}" is not a number`);
  if (whole && !Number.isInteger(value)) return fail(`${given} is not a whole number`);
  return value < min || value > max ? fail(`${given} is outside ${min} to ${max}`) : ok(value);
}

/** One of a few words. */
export function choice<const T extends string>(value: string, help: string, words: readonly T[]): Option<T> {
  const parse = (given: string) => {
    const word = words.find((candidate) => candidate === given);
    return word === undefined ? fail(`"${given}" is none of ${words.join(', ')}`) : ok(word);
  };
  return { value, help: `${help}${words.join(' | ')}`, parse };
}

/** WIDTHxHEIGHT in pixels, each side `min` to `max`. */
export function grid(help: string, min: number, max: number): Option<Grid> {
  const parse = (given: string): Result<Grid> => {
    const match = /^(\d{1,4})x(\d{1,4})$/.exec(given);
    if (!match) return fail(`"${given}" is not WIDTHxHEIGHT`);
    const [width, height] = [Number(match[1]), Number(match[2])];
    return Math.min(width, height) < min || Math.max(width, height) > max
      ? fail(`${given} is outside ${min}x${min} to ${max}x${max}`)
      : ok({ width, height });
  };
  return { value: 'WxH', help, parse };
}

export const MODEL = input('FILE', 'the model');
export const IMAGES = input(
  'FILE',
  "the images: IDX, NPY, NPZ or CSV; larger ones than the model's grid are pooled to it",
);
export const SEED = withDefault(
  number('S', 'seed of the random numbers', { min: 0, max: 0xffffffff, whole: true }),
  0,
);
export const COUNT = number('N', 'images wanted, 1 to 100,000', { min: 1, max: 100_000, whole: true });
export const TEMPERATURE = withDefault(
  number('T', 'divides every logit: 1 is the model itself, below 1 bolder, above 1 noisier', {
    min: 0.01,
    max: 100,
    whole: false,
  }),
  1,
);
export const BINARISE = {
  value: 'HOW',
  help: 'threshold | stochastic:SEED | dynamic:SEED | none (the images are 0 and 255 already)',
  parse: parseBinarisation,
};
export const KEEP = choice('WHICH', 'the known pixels: ', MASK_PRESETS);
/** Threads of the cpu backend; of what is trained the last bits depend on their number. */
export const WORKERS = optional(
  number('N', 'threads that compute on the cpu, 1 to 64', { min: 1, max: 64, whole: true }),
  'the cores, at most 8',
);
/** Options of every command. */
export const COMMON = {
  backend: withDefault(choice('WHERE', '', ['cpu', 'webgpu']), 'cpu'),
  json: flag('prints the result as one line of JSON'),
};

/**
 * Reads the values of options, `true` of a flag, and checks the files: an output must be writable, and be no other file of
 * the command. The reason of a failure names the option.
 */
export function readOptions<O extends Options>(
  options: O,
  given: ReadonlyMap<string, string | true>,
): Result<Values<O>> {
  const refused = refusePaths(options, given);
  return refused === null ? readValues(options, given) : fail(refused);
}

/** The same without a look at the files: for a command line that is not run now. */
export function readValues<O extends Options>(
  options: O,
  given: ReadonlyMap<string, string | true>,
): Result<Values<O>> {
  const values: [string, unknown][] = [];
  for (const [name, { parse, fallback }] of Object.entries(options)) {
    const value = given.get(name);
    if (value === undefined && !fallback) return fail(`--${name}: missing`);
    const read = value === undefined ? ok(fallback?.value) : parse(value === true ? '' : value);
    if (!read.ok) return fail(`--${name}: ${read.reason}`);
    values.push([name, read.value]);
  }
  return ok(Object.fromEntries(values) as Values<O>);
}

function refusePaths(options: Options, given: ReadonlyMap<string, string | true>): string | null {
  const paths = [...given].flatMap(([name, path]): NamedPath[] => {
    const { file } = options[name];
    return path !== true && file ? [{ option: `--${name}`, path, written: file === 'output' }] : [];
  });
  const shared = refuseSharedFile(paths);
  if (shared !== null) return shared;
  for (const { option, path, written } of paths) {
    const refused = written ? refuseTarget(option, path) : null;
    if (refused !== null) return refused;
  }
  return null;
}
