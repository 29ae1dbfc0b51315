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
import { describeGrid, GRIDS, sameGrid } from './grids.ts';
import { findQuestion, type QuestionId, QUESTIONS } from './questions/list.ts';
import { LinkReader, quoted } from './link-reader.ts';
import { formatRecipe, parseRecipe } from './recipes/recipe.ts';
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
const RECIPE = 'recipe:';
const MAX_SEED = 0xffffffff;

/** `readExperiment` of a whole query. */
export function parseExperiment(query: string, families: readonly FamilySpec[]): Experiment {
  return readExperiment(new LinkReader(query), families);
}

/**
 * Reads the parameters of a link, for example `left=independent&right=neighbours&k=10&seed=3`. What is missing,
 * unknown or not a number takes its default; numbers out of range are clamped; the reader notes it. `left-k` sets a hyper-parameter of the
 * left model alone. A family that does not support the grid is replaced by one that does.
 */
export function readExperiment(link: LinkReader, families: readonly FamilySpec[]): Experiment {
  const sides = GRIDS.map(({ width }) => width);
  const side = link.option('grid', sides, MNIST_GRID.width);
  const grid = GRIDS.find(({ width }) => width === side) ?? MNIST_GRID;
  const counted = countable(families);
  link.allow(families.flatMap((spec) => spec.hyperparameters.flatMap(({ name }) => [name, `left-${name}`])));
  const choiceOf = (which: Side): Choice => {
    const choice = readChoice(link, which, grid, counted);
    const supported = supportedChoice(choice, which, grid, counted);
    if (supported !== choice)
      link.remark(
        `${which} ${quoted(link.text(which) ?? '')} does not read ${describeGrid(grid)} pixels: ${nameOf(supported)} is used`,
      );
    return supported;
  };
  return {
    grid,
    left: choiceOf('left'),
    right: choiceOf('right'),
    ask: readQuestion(link),
    seed: link.whole('seed', { min: 0, max: MAX_SEED }, 1),
    temperature: link.number('t', TEMPERATURE, 1, 'temperature'),
    binarisation: readBinarisation(link),
  };
}

function readQuestion(link: LinkReader): QuestionId {
  const text = link.text('ask');
  const found = findQuestion(text);
  if (text !== null && found === null)
    link.remark(`the question ${quoted(text)} is not known: ${QUESTIONS[0].id} is used`);
  return found ?? QUESTIONS[0].id;
}

function readBinarisation(link: LinkReader): Binarisation {
  const text = link.text('binarise');
  const read = parseBinarisation(text ?? '');
  if (read.ok) return read.value;
  const usual: Binarisation = { kind: 'stochastic', seed: 0 };
  if (text !== null)
    link.remark(`binarise ${quoted(text)} is not known: ${formatBinarisation(usual)} is used`);
  return usual;
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
  return textOfQuery(query);
}

/** Colons and commas are legal in a fragment, shorter and easier to read. */
export function textOfQuery(query: URLSearchParams): string {
  return query.toString().replaceAll('%3A', ':').replaceAll('%2C', ',');
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
    return choice.kind === 'trained' || choice.kind === 'recipe'
      ? defaultChoice(side, grid, counted)
      : supportedChoice(choice, side, grid, counted);
  };
  return { ...experiment, grid, left: choiceOf('left'), right: choiceOf('right') };
}

function textOf(choice: Choice): string {
  switch (choice.kind) {
    case 'trained':
      return TRAINED + choice.id;
    case 'recipe':
      return RECIPE + formatRecipe(choice.recipe);
    case 'shipped':
      return SHIPPED + choice.name;
    case 'counted':
      return choice.family;
  }
}

function nameOf(choice: Choice): string {
  return choice.kind === 'counted' ? choice.family : textOf(choice);
}

function readChoice(link: LinkReader, side: Side, grid: Grid, counted: readonly FamilySpec[]): Choice {
  const given = link.text(side);
  const text = given ?? '';
  if (/^model:[\w-]{1,64}$/.test(text)) return { kind: 'trained', id: text.slice(TRAINED.length) };
  if (text.startsWith(RECIPE)) {
    const recipe = parseRecipe(text.slice(RECIPE.length), grid);
    if (recipe.ok) return { kind: 'recipe', recipe: recipe.value };
    link.remark(`the recipe of the ${side} model ${recipe.reason}`);
  }
  if (text.startsWith(SHIPPED)) return { kind: 'shipped', name: text.slice(SHIPPED.length) };
  const named = counted.find((each) => each.id === text);
  const spec = named ?? counted.find((each) => each.id === DEFAULT_FAMILY[side]) ?? counted[0];
  const usual = defaultChoice(side, grid, counted);
  // A link that says something, but no model, was written when the default was a counted one.
  if (link.empty && usual.kind === 'shipped') return usual;
  if (given !== null && !named && !text.startsWith(RECIPE))
    link.remark(`there is no ${side} model ${quoted(text)}: ${spec.id} is used`);
  const starter = presetHyper(spec, 'starter');
  const read = Object.fromEntries(
    spec.hyperparameters.map((p) => {
      const own = side === 'left' && link.text(`left-${p.name}`) !== null;
      return [p.name, link.number(own ? `left-${p.name}` : p.name, p, starter[p.name])];
    }),
  );
  const hyper = clampHyper(spec, read);
  for (const [name, value] of Object.entries(hyper))
    if (Math.abs(value - read[name]) > 1e-6)
      link.remark(`${name} ${read[name]} lies between two steps: ${value} is used`);
  return { kind: 'counted', family: spec.id, hyper };
}
