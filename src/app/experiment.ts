import type { Binarisation } from '../data/binarisation.ts';
import { formatBinarisation, parseBinarisation } from '../data/binarise.ts';
import { MNIST_GRID } from '../data/images.ts';
import { completeHyper, findFamily } from '../models/registry.ts';
import type { FamilySpec, Hyper, HyperParameter } from '../models/types.ts';

/** Which model sits in a reader's chair: one counted on the spot from the starter digits, or one that was kept. */
export type Choice =
  | { readonly kind: 'counted'; readonly family: string; readonly hyper: Hyper }
  | { readonly kind: 'kept'; readonly id: string };

/** What the Play room shows, as far as a link carries it. */
export interface Experiment {
  readonly left: Choice;
  readonly right: Choice;
  /** Of the sample walls, u32. */
  readonly seed: number;
  readonly temperature: number;
  /** Of the models counted on the spot, and first choice for training. */
  readonly binarisation: Binarisation;
}

export const TEMPERATURE = { min: 0.5, max: 1.5, step: 0.05 } as const;
/** Where this differs from a family's own default: the starter digits are few, so its tables stay small. */
const STARTER_HYPER: Hyper = { k: 6 };
/** Beside each other on the first screen: without and with a look at the pixels before. */
const FIRST: Readonly<Record<'left' | 'right', string>> = { left: 'independent', right: 'neighbours' };
const KEPT = 'model:';
const MOST_SEED = 0xffffffff;

/**
 * Reads the parameters of a link, for example `left=independent&right=neighbours&k=10&seed=3`. Whatever is missing,
 * unknown or not a number takes its default; numbers out of range are clamped. The left model's hyper-parameters
 * may be told apart as `left-k`.
 */
export function parseExperiment(query: string, families: readonly FamilySpec[]): Experiment {
  const given = new URLSearchParams(query);
  const counted = families.filter((family) => family.training === 'counted');
  const binarisation = parseBinarisation(given.get('binarise') ?? '');
  return {
    left: parseChoice(given, 'left', counted),
    right: parseChoice(given, 'right', counted),
    seed: Math.trunc(clamped(given.get('seed'), 0, MOST_SEED, 1)),
    temperature: clamped(given.get('t'), TEMPERATURE.min, TEMPERATURE.max, 1),
    binarisation: binarisation.ok ? binarisation.value : { kind: 'stochastic', seed: 0 },
  };
}

/** The link that `parseExperiment` reads back. Defaults are written too, so that a link outlives them. */
export function formatExperiment(experiment: Experiment): string {
  const query = new URLSearchParams();
  for (const side of ['left', 'right'] as const) {
    const choice = experiment[side];
    query.set(side, choice.kind === 'kept' ? KEPT + choice.id : choice.family);
    if (choice.kind === 'counted') {
      const prefix = side === 'left' ? 'left-' : '';
      for (const p of findFamily(choice.family)?.hyperparameters ?? []) {
        const value = choice.hyper[p.name];
        if (p.name === 'k' || value !== p.default) query.set(prefix + p.name, String(value));
      }
    }
  }
  query.set('seed', String(experiment.seed));
  if (experiment.temperature !== 1) query.set('t', String(experiment.temperature));
  query.set('binarise', formatBinarisation(experiment.binarisation));
  // Colons are legal in a fragment and easier to read aloud.
  return query.toString().replaceAll('%3A', ':');
}

/** A family's hyper-parameters for counting it from the starter digits. */
export function starterHyper(spec: FamilySpec): Hyper {
  return clampHyper(spec, STARTER_HYPER);
}

/** Hyper-parameters that change how many numbers a model has: the ones worth a slider beside its name. */
export function sizingHyper(spec: FamilySpec): readonly HyperParameter[] {
  const base = completeHyper(spec);
  return spec.hyperparameters.filter((p) => {
    const size = (value: number) => spec.parameterCount(MNIST_GRID, { ...base, [p.name]: value });
    return size(p.min) !== size(p.max);
  });
}

/** A value of a hyper-parameter brought into its range and onto its step. */
export function clampHyper(spec: FamilySpec, hyper: Hyper): Hyper {
  const full = completeHyper(spec, hyper);
  return Object.fromEntries(
    spec.hyperparameters.map((p) => {
      const value = Math.min(
        p.max,
        Math.max(p.min, Number.isFinite(full[p.name]) ? full[p.name] : p.default),
      );
      return [p.name, Number((p.min + Math.round((value - p.min) / p.step) * p.step).toFixed(6))];
    }),
  );
}

function parseChoice(given: URLSearchParams, side: 'left' | 'right', counted: readonly FamilySpec[]): Choice {
  const text = given.get(side) ?? '';
  if (/^model:[\w-]{1,64}$/.test(text)) return { kind: 'kept', id: text.slice(KEPT.length) };
  const spec =
    counted.find((each) => each.id === text) ?? counted.find((each) => each.id === FIRST[side]) ?? counted[0];
  const hyper = Object.fromEntries(
    spec.hyperparameters.map((p) => {
      const own = side === 'left' ? given.get(`left-${p.name}`) : null;
      return [p.name, clamped(own ?? given.get(p.name), p.min, p.max, STARTER_HYPER[p.name] ?? p.default)];
    }),
  );
  return { kind: 'counted', family: spec.id, hyper: clampHyper(spec, hyper) };
}

function clamped(text: string | null, min: number, max: number, fallback: number): number {
  const value = text === null || text.trim() === '' ? NaN : Number(text);
  return Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : fallback;
}
