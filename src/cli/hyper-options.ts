import { fail, ok, type Result } from '../data/result.ts';
import { completeHyper, families, isSwitch } from '../models/registry.ts';
import type { FamilySpec, HyperParameter } from '../models/family-spec.ts';
import type { Hyper } from '../models/model.ts';
import { flag, optional, type Option, parseNumber, text } from './options.ts';

/** The hyper-parameters of all families as options. */
export function hyperOptions(): Readonly<Record<string, Option<string | boolean | null>>> {
  const all = families.flatMap((spec) => spec.hyperparameters);
  return Object.fromEntries(
    all.map(({ name }) => {
      const help = helpOf(name).join('; ');
      const switched = all.every((p) => p.name !== name || isFlag(p));
      return [name, switched ? flag(help) : optional(text('X', help))];
    }),
  );
}

/** The family's hyper-parameters; those of another family are refused, not ignored. */
export function readHyper(options: Readonly<Record<string, unknown>>, spec: FamilySpec): Result<Hyper> {
  const given: Record<string, number> = {};
  for (const name of Object.keys(hyperOptions())) {
    const value = options[name];
    if (value === null || value === false) continue;
    const p = spec.hyperparameters.find((candidate) => candidate.name === name);
    if (!p) return fail(`--${name}: ${spec.id} has no such hyper-parameter`);
    const read = typeof value === 'string' ? parseValue(value, p) : ok(1);
    if (!read.ok) return fail(`--${name}: ${read.reason}`);
    given[name] = read.value;
  }
  return ok(completeHyper(spec, given));
}

/** A number, or the name of a choice. */
function parseValue(given: string, p: HyperParameter): Result<number> {
  const words = p.choices?.map(wordOf);
  const place = words?.indexOf(wordOf(given)) ?? -1;
  if (place >= 0) return ok(p.min + place);
  if (words && !/^[+-]?[\d.]/.test(given)) return fail(`"${given}" is none of ${words.join(', ')}`);
  return parseNumber(given, { min: p.min, max: p.max, whole: Number.isInteger(p.step) });
}

/** A choice as a word of a command line: "random 1" is random-1. */
function wordOf(choice: string): string {
  return choice.trim().toLowerCase().replace(/\s+/g, '-');
}

/** Whether giving the option, without a value, turns something on that is off without it. */
function isFlag(p: HyperParameter): boolean {
  return isSwitch(p) && p.default === p.min;
}

/** What a hyper-parameter is in each family that has it. */
function helpOf(name: string): string[] {
  const owners = new Map<string, string[]>();
  for (const spec of families)
    for (const p of spec.hyperparameters)
      if (p.name === name) owners.set(meaningOf(p), [...(owners.get(meaningOf(p)) ?? []), spec.id]);
  const densities = families.filter((spec) => spec.task === 'density').length;
  return [...owners].map(([meaning, ids]) =>
    ids.length > 2 && ids.length >= densities - 2
      ? `most families: ${meaning}`
      : `${ids.join(', ')}: ${meaning}`,
  );
}

function meaningOf(p: HyperParameter): string {
  const label = p.label.toLowerCase();
  if (isFlag(p)) return label;
  const words = p.choices?.map(wordOf);
  return words
    ? `${label}, ${listOf(words)} (${words[p.default - p.min]})`
    : `${label}, ${p.min} to ${p.max} (${p.default})`;
}

function listOf(words: readonly string[]): string {
  const shown = words.length > 5 ? [...words.slice(0, 3), '...', ...words.slice(-1)] : words;
  return shown.join(' | ');
}
