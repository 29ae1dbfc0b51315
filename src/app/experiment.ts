import type { Binarisation } from '../data/binarisation.ts';
import { formatBinarisation, parseBinarisation } from '../data/binarise.ts';
import { type Grid, MNIST_GRID } from '../data/images.ts';
import { findFamily, presetHyper } from '../models/registry.ts';
import type { FamilySpec } from '../models/family-spec.ts';
import {
  type Choice,
  clampHyper,
  countable,
  DEFAULT_FAMILY,
  defaultChoice,
  supportedChoice,
} from './compare/choice.ts';
import { GRIDS, sameGrid } from './grids.ts';
import { findQuestion, type QuestionId, QUESTIONS } from './questions/list.ts';
import { type Side, SIDES } from './sides.ts';

/** The state of the Play room that a link carries. */
export interface Experiment {
  /** Of both models and the pad: one of GRIDS. */
  readonly grid: Grid;
  readonly left: Choice;
  readonly right: Choice;
  /** The question whose panel is open. */
  readonly ask: QuestionId;
  /** Of the samples, u32. */
  readonly seed: number;
  readonly temperature: number;
  /** Of the counted models, and the default for training. */
  readonly binarisation: Binarisation;
}

export const TEMPERATURE = { min: 0.5, max: 1.5, step: 0.05 } as const;
const TRAINED = 'model:';
const SHIPPED = 'shipped:';
const MAX_SEED = 0xffffffff;

/**
 * Reads the parameters of a link, for example `left=independent&right=neighbours&k=10&seed=3`. What is missing,
 * unknown or not a number takes its default; numbers out of range are clamped. `left-k` sets a hyper-parameter of the
 * left model alone. A family that does not support the grid is replaced by one that does.
 */
export function parseExperiment(query: string, families: readonly FamilySpec[]): Experiment {
  const given = new URLSearchParams(query);
  const side = Number(given.get('grid') ?? NaN);
  const grid = GRIDS.find(({ width }) => width === side) ?? MNIST_GRID;
  const counted = countable(families);
  const binarisation = parseBinarisation(given.get('binarise') ?? '');
  return {
    grid,
    left: supportedChoice(parseChoice(given, 'left', grid, counted), 'left', grid, counted),
    right: supportedChoice(parseChoice(given, 'right', grid, counted), 'right', grid, counted),
    ask: findQuestion(given.get('ask')) ?? QUESTIONS[0].id,
    seed: Math.trunc(clamped(given.get('seed'), 0, MAX_SEED, 1)),
    temperature: clamped(given.get('t'), TEMPERATURE.min, TEMPERATURE.max, 1),
    binarisation: binarisation.ok ? binarisation.value : { kind: 'stochastic', seed: 0 },
  };
}

/** The link that `parseExperiment` reads back. Sizes, seed and binarisation are written even at their defaults, which may change. */
export function formatExperiment(experiment: Experiment): string {
  const query = new URLSearchParams();
  if (!sameGrid(experiment.grid, MNIST_GRID)) query.set('grid', String(experiment.grid.width));
  for (const side of SIDES) {
    const choice = experiment[side];
    query.set(side, textOf(choice));
    if (choice.kind === 'counted') {
      const { right } = experiment;
      // Without the prefix, a hyper-parameter of the right model sets the left one's too.
      const shared = side === 'left' && right.kind === 'counted' ? right.hyper : {};
      const prefix = side === 'left' ? 'left-' : '';
      for (const p of findFamily(choice.family)?.hyperparameters ?? []) {
        const value = choice.hyper[p.name];
        if (p.role === 'size' || value !== (shared[p.name] ?? p.default))
          query.set(prefix + p.name, String(value));
      }
    }
  }
  query.set('seed', String(experiment.seed));
  if (experiment.temperature !== 1) query.set('t', String(experiment.temperature));
  if (experiment.ask !== QUESTIONS[0].id) query.set('ask', experiment.ask);
  query.set('binarise', formatBinarisation(experiment.binarisation));
  // Colons are legal in a fragment and easier to read.
  return query.toString().replaceAll('%3A', ':');
}

/**
 * The same experiment on another grid. A trained model, and a family that does not support the grid, are replaced by
 * the default choice. The choice of the side `unchanged` stays: its model determined the grid.
 */
export function atGrid(
  experiment: Experiment,
  grid: Grid,
  families: readonly FamilySpec[],
  unchanged: Side | null = null,
): Experiment {
  const counted = countable(families);
  const choiceOf = (side: Side): Choice => {
    const choice = experiment[side];
    if (side === unchanged) return choice;
    return choice.kind === 'trained'
      ? defaultChoice(side, grid, counted)
      : supportedChoice(choice, side, grid, counted);
  };
  return { ...experiment, grid, left: choiceOf('left'), right: choiceOf('right') };
}

function textOf(choice: Choice): string {
  switch (choice.kind) {
    case 'trained':
      return TRAINED + choice.id;
    case 'shipped':
      return SHIPPED + choice.name;
    case 'counted':
      return choice.family;
  }
}

function parseChoice(given: URLSearchParams, side: Side, grid: Grid, counted: readonly FamilySpec[]): Choice {
  const text = given.get(side) ?? '';
  if (/^model:[\w-]{1,64}$/.test(text)) return { kind: 'trained', id: text.slice(TRAINED.length) };
  if (text.startsWith(SHIPPED)) return { kind: 'shipped', name: text.slice(SHIPPED.length) };
  const named = counted.find((each) => each.id === text);
  const spec = named ?? counted.find((each) => each.id === DEFAULT_FAMILY[side]) ?? counted[0];
  const usual = defaultChoice(side, grid, counted);
  // A link that says something, but no model, was written when the default was a counted one.
  if (given.size === 0 && usual.kind === 'shipped') return usual;
  const starter = presetHyper(spec, 'starter');
  const hyper = Object.fromEntries(
    spec.hyperparameters.map((p) => {
      const own = side === 'left' ? given.get(`left-${p.name}`) : null;
      return [p.name, clamped(own ?? given.get(p.name), p.min, p.max, starter[p.name])];
    }),
  );
  return { kind: 'counted', family: spec.id, hyper: clampHyper(spec, hyper) };
}

function clamped(text: string | null, min: number, max: number, fallback: number): number {
  const value = text === null || text.trim() === '' ? NaN : Number(text);
  return Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : fallback;
}
