import { completeHyper, families, isSwitch } from '../models/registry.ts';
import type { FamilySpec, Hyper, HyperParameter } from '../models/types.ts';
import type { OptionKind, Options } from './options.ts';

const all = families.flatMap((spec) => spec.hyperparameters);

const kinds = new Map<string, OptionKind>();
for (const p of all)
  kinds.set(p.name, isSwitch(p) && (kinds.get(p.name) ?? 'flag') === 'flag' ? 'flag' : 'text');

/** The hyper-parameters of all families as options. */
export const hyperOptions: Readonly<Record<string, OptionKind>> = Object.fromEntries(kinds);

/** The family's hyper-parameters; those of another family are refused, not ignored. */
export function readHyper(options: Options, spec: FamilySpec): Hyper {
  const given: Record<string, number> = {};
  for (const [name, kind] of kinds) {
    if (!options.has(name)) continue;
    const p = spec.hyperparameters.find((candidate) => candidate.name === name);
    if (!p) options.refuse(`--${name}: ${spec.id} has no such hyper-parameter`);
    else given[name] = kind === 'flag' ? 1 : readValue(options, p);
  }
  return completeHyper(spec, given);
}

/** A number, or the name of a choice. */
function readValue(options: Options, p: HyperParameter): number {
  const words = p.choices?.map(wordOf);
  const text = options.text(p.name) ?? '';
  const place = words?.indexOf(wordOf(text)) ?? -1;
  if (place >= 0) return p.min + place;
  if (words && !/^[+-]?[\d.]/.test(text)) {
    options.refuse(`--${p.name}: "${text}" is none of ${words.join(', ')}`);
    return p.default;
  }
  return options.number(p.name, {
    default: p.default,
    min: p.min,
    max: p.max,
    whole: Number.isInteger(p.step),
  });
}

/** A choice as a word of a command line: "random 1" is random-1. */
function wordOf(choice: string): string {
  return choice.trim().toLowerCase().replace(/\s+/g, '-');
}

/** One entry for each hyper-parameter, naming the families that have it. */
export function hyperHelp(): string {
  const entries = new Map<string, { p: HyperParameter; owners: string[] }>();
  for (const spec of families) {
    for (const p of spec.hyperparameters) {
      const key = JSON.stringify([p.name, p.label, p.min, p.max, p.default, p.choices]);
      const entry = entries.get(key) ?? { p, owners: [] };
      entry.owners.push(spec.id);
      entries.set(key, entry);
    }
  }
  return [...entries.values()].map(({ p, owners }) => entryHelp(p, owners)).join('');
}

function entryHelp(p: HyperParameter, owners: readonly string[]): string {
  const densities = families.filter((spec) => spec.task === 'density').length;
  const whose = owners.length > 2 && owners.length >= densities - 2 ? 'most families' : owners.join(', ');
  const label = p.label.toLowerCase();
  if (isSwitch(p)) return `  --${p.name}\n                     ${whose}: ${label}\n`;
  const range = p.choices
    ? `${listOf(p.choices.map(wordOf))} (${wordOf(p.choices[p.default - p.min])})`
    : `${p.min} to ${p.max} (${p.default})`;
  return `  --${p.name.padEnd(16)} ${whose}: ${label}, ${range}\n`;
}

function listOf(words: readonly string[]): string {
  const shown = words.length > 5 ? [...words.slice(0, 3), '...', ...words.slice(-1)] : words;
  return shown.join(' | ');
}
