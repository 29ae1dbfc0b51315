import { count, fixed } from '../../app/format.ts';
import { beliefsByEnumeration, jointOf, UNKNOWN } from '../../stats/networks.ts';
import { defineChapter } from '../state/view.svelte.ts';
import Dial from './Dial.svelte';
import { nameOf, namesOf } from './edges.ts';
import { exercises } from './exercises.ts';
import { LEAN } from './net.svelte.ts';
import Net from './Net.svelte';
import { params } from './params.ts';
import { PATCH } from './patch.ts';
import { shownNats } from './paths.svelte.ts';
import Paths from './Paths.svelte';
import { CAUSES, exampleOf, STROKES, strokeTables } from './questions.ts';
import { Chains } from './state.svelte.ts';
import { TREE_GRID } from './tree.ts';
import { DOUBTFUL, SURE } from './tree.svelte.ts';
import Tree from './Tree.svelte';

/** What is shown of a number that has not been computed yet. */
const LATER = '…';
const STROKE_PARENTS = exampleOf('causes');
const STROKE_JOINT = jointOf(STROKE_PARENTS, strokeTables(STROKE_PARENTS));

/** p(ink) of the stroke above, in the network of two strokes, given that these pixels are ink. */
function strokeGiven(...ink: number[]): string {
  const known = STROKE_PARENTS.map((_, pixel) => (ink.includes(pixel) ? 1 : UNKNOWN));
  return fixed(beliefsByEnumeration(STROKE_JOINT, known).beliefs[CAUSES.first], 3);
}

const nats = (value: number | null | undefined, decimals: number): string =>
  value === null || value === undefined ? LATER : fixed(value, decimals);

export const chapter = defineChapter({
  params,
  create: (values, tools) => new Chains(values, tools),
  figures: { net: Net, paths: Paths, dial: Dial, tree: Tree },
  numbers: {
    n: ({ net }) => String(net.n),
    images: ({ net }) => count(2 ** net.n),
    joint: ({ net }) => count(2 ** net.n - 1),
    half: ({ net }) => count(2 ** (net.n - 1)),
    before: ({ net }) => String(net.n - 1),
    pooled: () => `${PATCH.side}x${PATCH.side}`,
    counted: ({ net }) => (net.patches ? count(net.patches.train.count) : LATER),
    others: ({ net }) => (net.patches ? count(net.patches.held.count) : LATER),
    unseen: ({ net }) =>
      net.fullTables ? count(net.fullTables[net.n - 1].seen.filter((seen) => seen === 0).length) : LATER,
    independent: ({ net }) => nats(net.independent, 3),
    full: ({ net }) => nats(net.full, 3),
    held: ({ net }) => nats(net.held, 3),
    numbers: ({ net }) => count(Number(net.numbers)),
    lean: () => String(LEAN),
    node: ({ net }) => nameOf(net.node),
    parents: ({ net }, label) => namesOf(net.parents[net.node], label),
    rows: ({ net }) => count(2 ** net.parents[net.node].length),
    blanket: ({ net }, label) => namesOf(net.blanket, label),
    above: () => nameOf(CAUSES.first),
    left: () => nameOf(CAUSES.second),
    middle: () => nameOf(CAUSES.effect),
    trace: () => nameOf(CAUSES.trace),
    prior: () => fixed(STROKES.prior, 1),
    works: () => fixed(STROKES.works, 1),
    leak: () => fixed(STROKES.leak, 2),
    'after-effect': () => strokeGiven(CAUSES.effect),
    'after-trace': () => strokeGiven(CAUSES.trace),
    'after-both': () => strokeGiven(CAUSES.effect, CAUSES.second),
    information: ({ paths }, label) => shownNats(paths.information?.nats, label),
    path: ({ paths }, label) => paths.trail?.map(nameOf).join(' – ') ?? label('none'),
    k: ({ values }) => String(values.k),
    'dial-rows': ({ values }) => count(2 ** values.k),
    'dial-numbers': ({ dial }) => (dial.stop ? count(dial.stop.numbers) : LATER),
    'dial-train': ({ dial }) => nats(dial.stop?.train, 1),
    'dial-held': ({ dial }) => nats(dial.stop?.held, 1),
    'tree-edges': () => String(TREE_GRID.width * TREE_GRID.height - 1),
    'tree-numbers': () => String(2 * TREE_GRID.width * TREE_GRID.height - 1),
    'tree-evidence': ({ tree }) => nats(tree.now?.logEvidence, 2),
    'tree-before': ({ tree, values }) => nats(tree.before?.beliefs[values.pixel], 3),
    'tree-now': ({ tree, values }) => nats(tree.now?.beliefs[values.pixel], 3),
    sure: () => fixed(SURE, 1),
    doubtful: () => fixed(DOUBTFUL.low, 1),
    even: () => fixed(DOUBTFUL.high, 1),
  },
  links: {
    dial: ({ values: { k, seed } }) =>
      k === 0
        ? `left=independent&right=tree&seed=${seed}&binarise=threshold`
        : `left=independent&right=neighbours&k=${k}&seed=${seed}&binarise=threshold`,
  },
  goals: {
    lean: ({ net }) => net.lean,
    cycle: ({ net }) => net.refusal !== null,
    explained: ({ paths }) => paths.explained,
    blocked: ({ paths }) => paths.blocked,
    opened: ({ paths }) => paths.opened,
    best: ({ dial, values }) => dial.best !== null && dial.best.k === values.k,
    sure: ({ tree }) => tree.sure,
  },
  predictions: {
    free: { kind: 'choice', answer: () => 'same' },
    explain: { kind: 'choice', answer: () => 'falls' },
    dial: { kind: 'choice', answer: () => 'turns' },
  },
  exercises,
});
