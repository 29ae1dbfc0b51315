import type { Binarisation } from '../data/binarisation.ts';
import { formatBinarisation, parseBinarisation } from '../data/binarise.ts';
import { type Grid, MNIST_GRID } from '../data/images.ts';
import { completeHyper, findFamily } from '../models/registry.ts';
import type { FamilySpec, Hyper, HyperParameter } from '../models/types.ts';
import { GRIDS, sameGrid } from './grids.ts';
import { findQuestion, type QuestionId, QUESTIONS } from './questions.ts';

/** Which model sits in a reader's chair: one counted on the spot from the starter digits, or one that was kept. */
export type Choice =
  | { readonly kind: 'counted'; readonly family: string; readonly hyper: Hyper }
  | { readonly kind: 'kept'; readonly id: string };

/** What the Play room shows, as far as a link carries it. */
export interface Experiment {
  /** Of both models, the pad and everything beside them: one of GRIDS. */
  readonly grid: Grid;
  readonly left: Choice;
  readonly right: Choice;
  /** The question whose panel is open. */
  readonly ask: QuestionId;
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
 * may be told apart as `left-k`. A family that refuses the grid gives way to one that does not.
 */
export function parseExperiment(query: string, families: readonly FamilySpec[]): Experiment {
  const given = new URLSearchParams(query);
  const side = Number(given.get('grid') ?? NaN);
  const grid = GRIDS.find(({ width }) => width === side) ?? MNIST_GRID;
  const counted = countable(families);
  const binarisation = parseBinarisation(given.get('binarise') ?? '');
  return {
    grid,
    left: fittingChoice(parseChoice(given, 'left', counted), 'left', grid, counted),
    right: fittingChoice(parseChoice(given, 'right', counted), 'right', grid, counted),
    ask: findQuestion(given.get('ask')) ?? QUESTIONS[0].id,
    seed: Math.trunc(clamped(given.get('seed'), 0, MOST_SEED, 1)),
    temperature: clamped(given.get('t'), TEMPERATURE.min, TEMPERATURE.max, 1),
    binarisation: binarisation.ok ? binarisation.value : { kind: 'stochastic', seed: 0 },
  };
}

/** The link that `parseExperiment` reads back. Defaults are written too, so that a link outlives them. */
export function formatExperiment(experiment: Experiment): string {
  const query = new URLSearchParams();
  if (!sameGrid(experiment.grid, MNIST_GRID)) query.set('grid', String(experiment.grid.width));
  for (const side of ['left', 'right'] as const) {
    const choice = experiment[side];
    query.set(side, choice.kind === 'kept' ? KEPT + choice.id : choice.family);
    if (choice.kind === 'counted') {
      const { right } = experiment;
      // What a link without a word about it would be read as: the left model also listens to the right one's names.
      const shared = side === 'left' && right.kind === 'counted' ? right.hyper : {};
      const prefix = side === 'left' ? 'left-' : '';
      for (const p of findFamily(choice.family)?.hyperparameters ?? []) {
        const value = choice.hyper[p.name];
        if (p.name === 'k' || value !== (shared[p.name] ?? p.default))
          query.set(prefix + p.name, String(value));
      }
    }
  }
  query.set('seed', String(experiment.seed));
  if (experiment.temperature !== 1) query.set('t', String(experiment.temperature));
  if (experiment.ask !== QUESTIONS[0].id) query.set('ask', experiment.ask);
  query.set('binarise', formatBinarisation(experiment.binarisation));
  // Colons are legal in a fragment and easier to read aloud.
  return query.toString().replaceAll('%3A', ':');
}

/**
 * The same experiment on another grid. Counted models follow, where their family can; a kept one, and a family that
 * refuses the grid, give way to what the first screen shows. `keep` names the side whose model brought the grid.
 */
export function atGrid(
  experiment: Experiment,
  grid: Grid,
  families: readonly FamilySpec[],
  keep: 'left' | 'right' | null = null,
): Experiment {
  const counted = countable(families);
  const seat = (side: 'left' | 'right'): Choice => {
    const choice = experiment[side];
    if (side === keep) return choice;
    return choice.kind === 'kept'
      ? firstChoice(side, grid, counted)
      : fittingChoice(choice, side, grid, counted);
  };
  return { ...experiment, grid, left: seat('left'), right: seat('right') };
}

/** Families that can be counted on the spot. */
export function countable(families: readonly FamilySpec[]): FamilySpec[] {
  return families.filter((family) => family.training === 'counted' && family.task === 'density');
}

/** A family's hyper-parameters for counting it from the starter digits. */
export function starterHyper(spec: FamilySpec): Hyper {
  return clampHyper(spec, STARTER_HYPER);
}

/** Hyper-parameters that change how many numbers a model has: the ones worth a slider beside its name. */
export function sizingHyper(spec: FamilySpec, grid: Grid = MNIST_GRID): readonly HyperParameter[] {
  const base = completeHyper(spec);
  return spec.hyperparameters.filter((p) => {
    const size = (value: number) => spec.parameterCount(grid, { ...base, [p.name]: value });
    return !p.choices && size(p.min) !== size(p.max);
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

/** The choice itself, or that of the first screen where its family refuses the grid. */
function fittingChoice(
  choice: Choice,
  side: 'left' | 'right',
  grid: Grid,
  counted: readonly FamilySpec[],
): Choice {
  if (choice.kind === 'kept') return choice;
  const spec = counted.find((each) => each.id === choice.family);
  return spec && !refused(spec, grid, choice.hyper) ? choice : firstChoice(side, grid, counted);
}

function firstChoice(side: 'left' | 'right', grid: Grid, counted: readonly FamilySpec[]): Choice {
  const able = counted.filter((each) => !refused(each, grid, starterHyper(each)));
  const spec = able.find((each) => each.id === FIRST[side]) ?? able.at(0) ?? counted[0];
  return { kind: 'counted', family: spec.id, hyper: starterHyper(spec) };
}

/** Why the family cannot do the grid, as a sentence; null where it can. */
export function refused(spec: FamilySpec, grid: Grid, hyper: Hyper): string | null {
  return spec.refuses?.(grid, hyper) ?? null;
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
