import { fixed, percent } from '../../app/format.ts';
import { defineChapter } from '../state/view.svelte.ts';
import Complete from './Complete.svelte';
import Detect from './Detect.svelte';
import Exact from './Exact.svelte';
import { BLANK, MATCHED_NOISE, SHUFFLED } from './detector.ts';
import { exercises } from './exercises.ts';
import type { FeatureResult, Reading } from './features.ts';
import Features from './Features.svelte';
import {
  COLUMNS,
  COMPLETIONS,
  GRID,
  HELD_BACK,
  KINDS,
  LABEL_COUNTS,
  type ModelName,
  params,
  REPEATS,
  TAUGHT,
  Using,
} from './state.svelte.ts';

/** Shown where a number is not there yet. */
const PENDING = '…';
/** Kinds that a visitor is asked to keep in play, and how far apart to bring two distributions. */
const SEVERAL = 3;
const APART = 0.3;
/** At most so many false alarms, and at least so much caught. */
const ALARMS = 0.05;
const CAUGHT = 0.9;
const [FEW, MANY] = [LABEL_COUNTS[1], LABEL_COUNTS[LABEL_COUNTS.length - 1]];

const scoreOf = (use: Using, model: ModelName, at: 'blank' | 'best' | 'median'): string => {
  const own = use.scores?.[model];
  if (!own) return PENDING;
  const { digits, others } = own;
  return fixed(at === 'blank' ? others.blank[0] : digits[at === 'best' ? HELD_BACK - 1 : HELD_BACK / 2], 0);
};
/** Held-back digits that are likelier than the blank page. */
const aboveBlank = (use: Using, model: ModelName): string => {
  const own = use.scores?.[model];
  return own ? String(own.digits.filter((nats) => nats > own.others.blank[0]).length) : PENDING;
};
const accuracy = (use: Using, labels: number, of: Reading): string => {
  const result: FeatureResult | undefined = use.accuracies.find((each) => each.labels === labels);
  return result ? percent(result[of]) : PENDING;
};
const few = (share: number | null): boolean => share !== null && share <= ALARMS;
const caughtMost = (use: Using, name: string): boolean => (use.caught(name) ?? 0) >= CAUGHT;

export const chapter = defineChapter({
  params,
  create: (values, tools) => new Using(values, tools),
  figures: { complete: Complete, exact: Exact, detect: Detect, features: Features },
  numbers: {
    kinds: () => String(KINDS),
    taught: () => String(TAUGHT),
    heldBack: () => String(HELD_BACK),
    completions: () => String(COMPLETIONS),
    rows: ({ values }) => String(values.rows),
    allRows: () => String(GRID.height),
    best: ({ posterior }) => (posterior ? percent(Math.max(...posterior)) : PENDING),
    inPlay: ({ inPlay }) => (inPlay ? fixed(inPlay, 1) : PENDING),
    several: () => String(SEVERAL),
    left: ({ values }) => fixed(values.left, 2),
    ink: () => fixed(COLUMNS[0][0], 1),
    paper: () => fixed(COLUMNS[0][1], 1),
    exactInk: ({ upperLeft }) => fixed(upperLeft.exact, 3),
    forwardInk: ({ upperLeft }) => fixed(upperLeft.forward, 3),
    apart: ({ apart }) => fixed(apart, 3),
    goalApart: () => fixed(APART, 1),
    alarms: (use) => (use.falseAlarms === null ? PENDING : percent(use.falseAlarms)),
    mostAlarms: () => fixed(100 * ALARMS, 0),
    mostCaught: () => fixed(100 * CAUGHT, 0),
    low: ({ values }) => fixed(values.low, 0),
    blankCoins: (use) => scoreOf(use, 'coins', 'blank'),
    bestCoins: (use) => scoreOf(use, 'coins', 'best'),
    medianCoins: (use) => scoreOf(use, 'coins', 'median'),
    aboveCoins: (use) => aboveBlank(use, 'coins'),
    blankKinds: (use) => scoreOf(use, 'kinds', 'blank'),
    medianKinds: (use) => scoreOf(use, 'kinds', 'median'),
    aboveKinds: (use) => aboveBlank(use, 'kinds'),
    repeats: () => String(REPEATS),
    few: () => String(FEW),
    many: () => String(MANY),
    fewNamed: (use) => accuracy(use, FEW, 'named'),
    fewPixels: (use) => accuracy(use, FEW, 'pixels'),
    manyNamed: (use) => accuracy(use, MANY, 'named'),
    manyPixels: (use) => accuracy(use, MANY, 'pixels'),
  },
  links: {
    complete: () => 'left=tree&right=chain&ask=complete',
    anomaly: () => 'left=independent&right=neighbours&ask=anomaly',
  },
  goals: {
    several: ({ inPlay }) => inPlay !== null && inPlay > SEVERAL,
    apart: ({ apart }) => apart >= APART,
    noise: (use) => few(use.falseAlarms) && caughtMost(use, SHUFFLED) && caughtMost(use, MATCHED_NOISE),
    blank: (use) => few(use.falseAlarms) && use.caught(BLANK) === 1,
    probe: (use) => use.results.length === LABEL_COUNTS.length * REPEATS,
  },
  predictions: {
    draw: { kind: 'choice', answer: () => 'posterior' },
    forward: { kind: 'number', answer: ({ upperLeft }) => upperLeft.forward, within: 0.03 },
    passes: { kind: 'choice', answer: () => 'blank' },
  },
  exercises,
});
