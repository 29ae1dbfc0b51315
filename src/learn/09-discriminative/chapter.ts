import { fixed, percent } from '../../app/format.ts';
import { logit } from '../../models/shared/math.ts';
import { type CurveRow, rowsOf } from '../../stats/sample-efficiency.ts';
import { defineChapter } from '../state/view.svelte.ts';
import Curves from './Curves.svelte';
import { exercises } from './exercises.ts';
import Hidden from './Hidden.svelte';
import type { HiddenRow } from './hiding.ts';
import Machines from './Machines.svelte';
import { placeOf } from '../figures/small-images.ts';
import {
  Discriminative,
  GRID,
  HIDDEN_COUNTS,
  LEARNT_STEPS,
  params,
  PIXELS,
  REPEATS,
  SIZES,
  TAUGHT,
  type World,
} from './state.svelte.ts';

/** Shown where a number is not there yet. */
const PENDING = '…';
/** A number of hidden pixels at which few are left. */
const MOST = HIDDEN_COUNTS[7];
const [EARLY, LATE] = [SIZES[0], SIZES[SIZES.length - 1]];

const nats = (value: number | null | undefined, decimals = 2): string =>
  value === undefined || value === null ? PENDING : fixed(value, decimals);
const hiddenRow = (state: Discriminative, hidden: number): HiddenRow | undefined =>
  state.hiding.find((row) => row.hidden === hidden);
const rightAt = (state: Discriminative, hidden: number, way: 'counted' | 'paper' | 'mean'): string => {
  const row = hiddenRow(state, hidden);
  return row ? percent(row[way]) : PENDING;
};
const learnt = (state: Discriminative, size: number, model: 'generative' | 'discriminative'): string => {
  const row: CurveRow | undefined = rowsOf(state.pairs.digits).find((each) => each.size === size);
  return row ? percent(row[model].mean) : PENDING;
};
/** At how many numbers of images one machine leads by more than two standard errors. */
const clearLeads = (state: Discriminative, world: World): string =>
  measured(state, world)
    ? String(
        rowsOf(state.pairs[world]).filter(({ lead }) => Math.abs(lead.mean) > 2 * lead.standardError).length,
      )
    : PENDING;
const measured = (state: Discriminative, world: World): boolean =>
  state.pairs[world].length === SIZES.length * REPEATS;
/** The measured row next to the number of pixels that the visitor hides. */
const nearest = (state: Discriminative): HiddenRow | undefined =>
  [...state.hiding].sort(
    (a, b) => Math.abs(a.hidden - state.values.hidden) - Math.abs(b.hidden - state.values.hidden),
  )[0];

export const chapter = defineChapter({
  params,
  create: (values, tools) => new Discriminative(values, tools),
  figures: { machines: Machines, hidden: Hidden, curves: Curves },
  numbers: {
    one: ({ pair }) => String(pair[0]),
    other: ({ pair }) => String(pair[1]),
    pixels: () => String(PIXELS),
    taught: () => String(TAUGHT),
    heldBack: () => String(2 * TAUGHT),
    steps: ({ values }) => String(values.steps),
    taughtSteps: () => String(LEARNT_STEPS),
    countedRight: ({ ready, right }) => (ready ? String(right.counted) : PENDING),
    learnedRight: ({ ready, right }) => (ready ? String(right.learned) : PENDING),
    disagreements: ({ ready, disagreements }) => (ready ? String(disagreements) : PENDING),
    place: ({ values }) => placeOf(values.pixel, GRID),
    shareOne: ({ counted, values }) => nats(counted?.shares[0][values.pixel], 3),
    shareOther: ({ counted, values }) => nats(counted?.shares[1][values.pixel], 3),
    logitOne: ({ counted, values }) => nats(counted && logit(counted.shares[0][values.pixel])),
    logitOther: ({ counted, values }) => nats(counted && logit(counted.shares[1][values.pixel])),
    weight: ({ counted, values }) => nats(counted?.weights[values.pixel]),
    learnedWeight: ({ learned, values }) => nats(learned?.weights[values.pixel], 3),
    bias: ({ counted }) => nats(counted?.bias),
    inkSum: ({ counted, digit }) => (counted && digit ? fixed(digit.counted - counted.bias, 2) : PENDING),
    odds: ({ digit }) => nats(digit?.counted),
    chance: (state) => (state.digit ? fixed(state.chance(state.digit.counted), 3) : PENDING),
    most: () => String(MOST),
    left: () => String(PIXELS - MOST),
    countedAll: (state) => rightAt(state, 0, 'counted'),
    learnedAll: (state) => rightAt(state, 0, 'paper'),
    countedMost: (state) => rightAt(state, MOST, 'counted'),
    paperMost: (state) => rightAt(state, MOST, 'paper'),
    meanMost: (state) => rightAt(state, MOST, 'mean'),
    early: () => String(EARLY),
    late: () => String(LATE),
    repeats: () => String(REPEATS),
    earlyCounted: (state) => learnt(state, EARLY, 'generative'),
    earlyLearned: (state) => learnt(state, EARLY, 'discriminative'),
    lateCounted: (state) => learnt(state, LATE, 'generative'),
    sizes: () => String(SIZES.length),
    clearDigits: (state) => clearLeads(state, 'digits'),
    clearCoins: (state) => clearLeads(state, 'coins'),
    lateLearned: (state) => learnt(state, LATE, 'discriminative'),
  },
  links: { classify: () => 'left=naive-bayes&right=independent&ask=classify' },
  goals: {
    overtake: (state) => state.overtaken,
    disagree: (state) => state.disagrees,
    hide: (state) => {
      const row = nearest(state);
      return row !== undefined && row.paper < row.counted;
    },
    worlds: (state) => measured(state, 'digits') && measured(state, 'coins'),
  },
  predictions: {
    inside: { kind: 'choice', answer: () => 'sum' },
    leave: { kind: 'choice', answer: () => 'paper' },
    few: { kind: 'choice', answer: () => 'cross' },
  },
  exercises,
});
