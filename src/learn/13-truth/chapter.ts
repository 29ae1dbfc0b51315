import { count, fixed } from '../../app/format.ts';
import { defineChapter } from '../state/view.svelte.ts';
import Compare from './Compare.svelte';
import { exercises } from './exercises.ts';
import { paddedFloor } from './floors.ts';
import Plant from './Plant.svelte';
import Race from './Race.svelte';
import { FOUND, params, Planted } from './state.svelte.ts';
import { ROW, xorTruth } from './truths.ts';

const XOR_PIXELS = ROW.width * ROW.height;

export const chapter = defineChapter({
  params,
  create: (values, tools) => new Planted(values, tools),
  figures: { plant: Plant, race: Race, compare: Compare },
  numbers: {
    ln2: () => fixed(Math.LN2, 3),
    xorImages: () => String(2 ** XOR_PIXELS),
    xorEntropy: () => fixed((XOR_PIXELS - 1) * Math.LN2, 3),
    xorCross: () => fixed(XOR_PIXELS * Math.LN2, 3),
    pixels: (planted) => String(planted.pixels),
    images: (planted) => count(planted.truth.p.length),
    entropy: (planted) => fixed(planted.entropy, 3),
    correlation: (planted) => fixed(planted.correlation, 3),
    logistic: (planted) => fixed(planted.logistic, 3),
    coupling: ({ values }) => fixed(values.coupling, 2),
    patchLogistic: ({ patch }) => fixed(patch.logistic, 3),
    patchCorrelation: ({ patch }) => fixed(patch.correlation, 3),
    training: (planted) => count(planted.count),
    families: (planted) => String(planted.entries.length),
    padded: () => fixed(paddedFloor(xorTruth().p, XOR_PIXELS), 3),
    found: () => fixed(FOUND, 2),
    cross: ({ chosen, entropy }) => (chosen?.missed == null ? '–' : fixed(chosen.missed + entropy, 3)),
    missed: ({ chosen }) => (chosen?.missed == null ? '–' : fixed(chosen.missed, 3)),
    model: ({ chosen }, label) => chosen?.label ?? label('any-model'),
  },
  links: { small: ({ values }) => `grid=3&left=independent&right=full-joint&seed=${values.seed}` },
  goals: {
    found: ({ best }) => best?.missed != null && best.missed < FOUND,
    another: ({ done, truthName }) => done && truthName !== 'xor',
    opened: ({ chosen, best }) => chosen !== null && best !== null && chosen.family !== best.family,
  },
  predictions: {
    logistic: { kind: 'choice', answer: () => 'all' },
    more: { kind: 'choice', answer: () => 'stays' },
  },
  exercises,
});
