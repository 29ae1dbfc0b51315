import { fixed } from '../../app/format.ts';
import { klDivergence, productOf } from '../../stats/divergences.ts';
import { defineChapter } from '../state/view.svelte.ts';
import { exercises } from './exercises.ts';
import Grid from './Grid.svelte';
import Lab from './Lab.svelte';
import { type Distances as State, Distances, MIXED_IN, params } from './state.svelte.ts';

/** Nats within which a distance counts as smallest, and a mixture as there. */
const [SMALLEST, REACHED] = [1e-3, 0.01];

/** A value of digits that may not be there yet. */
const text = (value: number | null | undefined, decimals: number): string =>
  value === null || value === undefined ? '…' : fixed(value, decimals);
const ended = ({ values, place }: State, distance: string): boolean =>
  values.family === 'independent' &&
  values.distance === distance &&
  values.steps > 0 &&
  place.gradient !== null;
const atReverseMinimum = (state: State): boolean => {
  const least = klDivergence(productOf(state.mode), state.p);
  return ended(state, 'reverse') && state.values.rare < 0.04 && state.place.value < least + SMALLEST;
};

export const chapter = defineChapter({
  params,
  create: (values, tools) => new Distances(values, tools),
  figures: { lab: Lab, grid: Grid },
  numbers: {
    alike: ({ p }) => fixed(p[3], 3),
    rare: ({ p }) => fixed(p[1], 3),
    blank: ({ p }) => fixed(p[0], 3),
    marginal: ({ marginals }) => fixed(marginals[0], 3),
    mode: ({ mode }) => fixed(mode[0], 3),
    modeForward: ({ p, mode }) => fixed(klDivergence(p, productOf(mode)), 3),
    modeReverse: ({ p, mode }) => fixed(klDivergence(productOf(mode), p), 3),
    bestForward: ({ least }) => fixed(least, 3),
    bestReverse: ({ p, marginals }) => fixed(klDivergence(productOf(marginals), p), 3),
    unlike: ({ marginals }) => fixed(marginals[0] * (1 - marginals[1]), 3),
    forward: ({ four }) => fixed(four.forward, 3),
    reverse: ({ four }) => fixed(four.reverse, 3),
    halfway: ({ four }) => fixed(four.halfway, 3),
    variation: ({ four }) => fixed(four.variation, 3),
    bound: () => fixed(Math.LN2, 3),
    reached: () => fixed(REACHED, 2),
    side: ({ values }) => `${values.side} × ${values.side}`,
    digits: ({ digits }) => (digits ? digits.count.toLocaleString('en') : '…'),
    unseen: ({ table }) => (table ? String(table.filter((p) => p === 0).length) : '…'),
    images: ({ values }) => String(2 ** (Number(values.side) * Number(values.side))),
    mixed: () => `${fixed(100 * MIXED_IN, 0)} %`,
    gridLoss: ({ identity }) => text(identity?.loss, 4),
    gridEntropy: ({ identity }) => text(identity?.entropy, 4),
    gridKl: ({ identity }) => text(identity?.kl, 4),
    gridLeast: ({ gridLeast }) => text(gridLeast, 4),
  },
  links: { coarse: ({ values }) => `grid=${values.side}&left=independent&right=full-joint` },
  goals: {
    cover: (state) => ended(state, 'forward') && state.place.value < state.least + SMALLEST,
    inked: (state) => atReverseMinimum(state) && state.chances[0] > 0.5,
    paper: (state) => atReverseMinimum(state) && state.chances[0] < 0.5,
    mixture: ({ values, four }) => values.family === 'mixture' && values.steps > 0 && four.forward < REACHED,
    likeliest: ({ values, identity, gridLeast }) =>
      values.moves > 0 && identity !== null && gridLeast !== null && identity.kl < gridLeast + SMALLEST,
  },
  predictions: {
    students: { kind: 'choice', answer: () => 'neither' },
    third: { kind: 'choice', answer: () => 'two' },
    infinite: { kind: 'choice', answer: () => 'edge' },
    loss: { kind: 'choice', answer: () => 'same' },
  },
  exercises,
});
