import { fixed } from '../../app/format.ts';
import { defineChapter } from '../state/view.svelte.ts';
import { exercises } from './exercises.ts';
import Fit from './Fit.svelte';
import Rolls from './Rolls.svelte';
import { Die, FURTHER, params } from './state.svelte.ts';

/** Nats below the maximum within which the guess counts as at the top. */
const AT_TOP = 0.1;
/** The same for the number of imagined rolls. */
const BEST_SMOOTHING = 0.5;
/** Of an image of 2x2, which is a die with a face for every image. */
const PIXELS = 4;

export const chapter = defineChapter({
  params,
  create: (values) => new Die(values),
  figures: { rolls: Rolls, fit: Fit },
  numbers: {
    faces: (die) => String(die.values.faces),
    free: (die) => String(die.values.faces - 1),
    rolls: (die) => String(die.rolls.length),
    score: (die) => fixed(die.score, 2),
    best: (die) => fixed(die.best, 2),
    last: (die) => fixed(die.guess[die.guess.length - 1], 3),
    rest: (die) => fixed(1 - die.guess[die.guess.length - 1], 3),
    first: (die) => fixed(die.guess[0], 3),
    'first-count': (die) => String(die.counts[0]),
    'first-share': (die) => (die.shares ? fixed(die.shares[0], 3) : '–'),
    seen: (die) => String(die.values.seen),
    missing: (die, label) => die.missing.join(', ') || label('none'),
    imagined: (die) => fixed(die.values.imagined, 2),
    unseen: (die) => fixed(unseen(die), 4),
    'log-unseen': (die) => fixed(Math.log(unseen(die)), 2),
    further: (die) => fixed(die.further, 2),
    'further-count': () => String(FURTHER),
    drawn: (die) => String(die.values.drawn),
    images: () => String(2 ** PIXELS),
    'image-numbers': () => String(2 ** PIXELS - 1),
  },
  links: { full: () => 'grid=2&left=full-joint&right=independent' },
  goals: {
    top: (die) => die.shares !== null && die.best - die.score < AT_TOP,
    all: (die) => die.counts.every((count) => count > 0),
    smooth: (die) => die.further > die.bestFurther - BEST_SMOOTHING,
  },
  predictions: {
    numbers: { kind: 'number', answer: (die) => die.values.faces - 1, within: 0.25 },
    never: { kind: 'choice', answer: () => 'zero' },
  },
  exercises,
});

/** What the fit gives to a face that was never rolled. */
function unseen(die: Die): number {
  const { imagined, seen, faces } = die.values;
  return imagined / (seen + faces * imagined);
}
