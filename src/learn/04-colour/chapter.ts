import { count, fixed, percent } from '../../app/format.ts';
import { defineChapter } from '../state/view.svelte.ts';
import BothModels from './BothModels.svelte';
import {
  DEPTHS,
  independentParameters,
  jointParameters,
  logIndependent,
  strayShare,
  USUAL_DEPTH,
} from './colour.ts';
import Depths from './Depths.svelte';
import { exercises } from './exercises.ts';
import { ColourPixel, params } from './state.svelte.ts';

const DEEPEST = DEPTHS[DEPTHS.length - 1];
type Winner = 'table' | 'channels' | 'same';

/** Which of both gives the pixels held out the higher likelihood. */
function winner({ joint, independent }: { joint: number; independent: number }): Winner {
  if (joint === independent) return 'same';
  return joint > independent ? 'table' : 'channels';
}

export const chapter = defineChapter({
  params,
  create: (values) => new ColourPixel(values),
  reset: (pixel) => pixel.putAway(),
  figures: { models: BothModels, depths: Depths },
  numbers: {
    bits: (pixel) => String(pixel.values.bits),
    levels: (pixel) => String(2 ** pixel.values.bits),
    cells: (pixel) => count(2 ** (3 * pixel.values.bits)),
    joint: (pixel) => count(jointParameters(pixel.values.bits)),
    independent: (pixel) => count(independentParameters(pixel.values.bits)),
    heldJoint: (pixel) => fixed(pixel.fit.joint, 2),
    heldIndependent: (pixel) => fixed(pixel.fit.independent, 2),
    gap: (pixel) => fixed(Math.abs(pixel.fit.joint - pixel.fit.independent), 2),
    winner: (pixel, label) => label(`winner-${winner(pixel.fit)}`),
    stray: (pixel) => percent(pixel.strays.independent),
    strayJoint: (pixel) => percent(pixel.strays.joint),
    distinct: (pixel) => count(pixel.fit.present.size),
    training: (pixel) => count(pixel.split.train.length),
    held: (pixel) => count(pixel.split.held.length),
    trainingAsked: ({ asked }) => count(asked.split.train.length),
    heldAsked: ({ asked }) => count(asked.split.held.length),
    added: (pixel) => shortOf(pixel.fit.models.joint.added),
    deepest: () => String(DEEPEST),
    cellsDeepest: () => count(2 ** (3 * DEEPEST)),
    jointDeepest: () => count(jointParameters(DEEPEST)),
    independentDeepest: () => count(independentParameters(DEEPEST)),
    heldJointAsked: ({ asked }) => fixed(asked.fit.joint, 2),
    heldIndependentAsked: ({ asked }) => fixed(asked.fit.independent, 2),
    winnerAsked: ({ asked }, label) => label(`winner-${winner(asked.fit)}`),
    distinctAsked: ({ asked }) => count(asked.fit.present.size),
    strayAsked: ({ asked: { fit } }) =>
      percent(strayShare((colour) => logIndependent(fit.models, colour), fit.present)),
    uniformDeepest: () => fixed(-3 * DEEPEST * Math.LN2, 2),
    usual: () => String(USUAL_DEPTH),
    usualLevels: () => String(2 ** USUAL_DEPTH),
    usualJoint: () => count(jointParameters(USUAL_DEPTH)),
    usualIndependent: () => count(independentParameters(USUAL_DEPTH)),
    perBit: () => fixed(3 * Math.LN2, 2),
  },
  links: { small: () => 'grid=2&left=independent&right=full-joint' },
  goals: {
    strays: ({ strays }) => strays.independent > 0.9,
    crossing: ({ fits }) => fits.some((fit) => winner(fit) === 'channels'),
  },
  predictions: {
    better: { kind: 'choice', answer: ({ asked }) => winner(asked.fit) },
  },
  exercises,
});

/** Two digits that count, without zeros at the end. */
function shortOf(value: number): string {
  return String(Number(value.toPrecision(2)));
}
