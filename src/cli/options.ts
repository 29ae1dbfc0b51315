import { parseArgs } from 'node:util';
import type { Grid } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { refuseTarget } from './files.ts';
import { type NamedPath, refuseSharedFile } from './paths.ts';

/** Whether an option is a flag or has a value, and whether the value is a file that the command reads or writes. */
export type OptionKind = 'text' | 'input' | 'output' | 'flag';

export interface NumberRule {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

/** A seed: any u32. */
export const SEED: NumberRule = { default: 0, min: 0, max: 0xffffffff, whole: true };

/**
 * The options of one command, read one by one. Only the first problem is kept, so that a command can read all its options
 * and check `problem` once at the end.
 */
export class Options {
  #problem: string | null = null;
  readonly #values: ReadonlyMap<string, string | true>;

  constructor(values: ReadonlyMap<string, string | true>) {
    this.#values = values;
  }

  problem(): string | null {
    return this.#problem;
  }

  refuse(reason: string): void {
    this.#problem ??= reason;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | null {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : null;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === null) this.refuse(`--${name}: missing`);
    return value ?? '';
  }

  number(name: string, rule: NumberRule): number {
    const text = this.text(name);
    if (text === null) return rule.default;
    const value = Number(text);
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
      this.refuse(`--${name}: "${text}" is not a number`);
    else if (rule.whole && !Number.isInteger(value)) this.refuse(`--${name}: ${text} is not a whole number`);
    else if (value < rule.min || value > rule.max)
      this.refuse(`--${name}: ${text} is outside ${rule.min} to ${rule.max}`);
    return value;
  }

  /** WIDTHxHEIGHT in pixels, each side `min` to `max`; null where it is not given. */
  grid(name: string, min: number, max: number): Grid | null {
    const text = this.text(name);
    if (text === null) return null;
    const match = /^(\d{1,4})x(\d{1,4})$/.exec(text);
    if (!match) {
      this.refuse(`--${name}: "${text}" is not WIDTHxHEIGHT`);
      return null;
    }
    const [width, height] = [Number(match[1]), Number(match[2])];
    if (Math.min(width, height) < min || Math.max(width, height) > max)
      this.refuse(`--${name}: ${text} is outside ${min}x${min} to ${max}x${max}`);
    return { width, height };
  }

  /** One of a few words; the first is the default. */
  choice<T extends string>(name: string, words: readonly [T, ...T[]]): T {
    const text = this.text(name) ?? words[0];
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) this.refuse(`--${name}: "${text}" is none of ${words.join(', ')}`);
    return word ?? words[0];
  }
}

/**
 * Parses a command line and checks its files: an output must be writable, and be no other file of the command. The reason
 * of a failure names the option.
 */
export function readOptions(
  args: readonly string[],
  known: Readonly<Record<string, OptionKind>>,
): Result<Options> {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      Object.entries(known).map(([name, kind]) => [name, { type: kind === 'flag' ? 'boolean' : 'string' }]),
    ),
  });
  const values = new Map<string, string | true>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') return fail(`"${token.value}": nothing is expected here`);
    const { name, rawName, value, inlineValue } = token;
    if (!Object.hasOwn(known, name)) return fail(`${rawName}: unknown option`);
    if (values.has(name)) return fail(`--${name}: given twice`);
    if (known[name] === 'flag') {
      if (value !== undefined) return fail(`--${name}: takes no value`);
      values.set(name, true);
      continue;
    }
    // `--images --json`: the next option is no file name.
    if (value === undefined || value === '' || (!inlineValue && value.startsWith('--')))
      return fail(`--${name}: needs a value`);
    values.set(name, value);
  }
  const refused = refusePaths(values, known);
  return refused === null ? ok(new Options(values)) : fail(refused);
}

function refusePaths(
  values: ReadonlyMap<string, string | true>,
  known: Readonly<Record<string, OptionKind>>,
): string | null {
  const paths = [...values].flatMap(([name, path]): NamedPath[] => {
    const kind = known[name];
    return path !== true && (kind === 'input' || kind === 'output')
      ? [{ option: `--${name}`, path, written: kind === 'output' }]
      : [];
  });
  const shared = refuseSharedFile(paths);
  if (shared !== null) return shared;
  for (const { option, path, written } of paths) {
    const refused = written ? refuseTarget(option, path) : null;
    if (refused !== null) return refused;
  }
  return null;
}
