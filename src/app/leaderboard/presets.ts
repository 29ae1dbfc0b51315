import { findFamily } from '../../models/registry.ts';
import type { Candidate } from './rows.ts';

/** Which models the form ticks at once. */
export type PresetId = 'quick' | 'counted' | 'all';

export const PRESETS: readonly { readonly value: PresetId; readonly text: string; readonly title: string }[] =
  [
    { value: 'quick', text: 'Quick', title: 'The counted families: seconds on the starter digits' },
    {
      value: 'counted',
      text: 'All counted',
      title: 'The counted families, and each once more as one model for each digit',
    },
    { value: 'all', text: 'Everything', title: 'Every family: minutes, and on MNIST an hour or more' },
  ];

function includes(preset: PresetId, { family, byDigit }: Candidate): boolean {
  if (preset === 'all') return true;
  const spec = findFamily(family);
  if (spec?.training !== 'counted') return false;
  // What always has a model for each digit takes no longer than the others.
  return preset === 'counted' || !byDigit || spec.classes === 'always';
}

/** Choices of a preset among the candidates that can be trained. */
export function choicesOf(preset: PresetId, candidates: readonly Candidate[]): readonly string[] {
  return candidates.filter((each) => includes(preset, each)).map(({ choice }) => choice);
}

/** The preset that ticks just these; null where there is none. */
export function presetOf(chosen: readonly string[], candidates: readonly Candidate[]): PresetId | null {
  const ticked = candidates.filter(({ choice }) => chosen.includes(choice)).map(({ choice }) => choice);
  const same = PRESETS.find(({ value }) => choicesOf(value, candidates).join() === ticked.join());
  return same?.value ?? null;
}
