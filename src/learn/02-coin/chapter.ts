import { fixed } from '../../app/format.ts';
import { defineChapter } from '../state/view.svelte.ts';
import { exercises } from './exercises.ts';
import Flips from './Flips.svelte';
import { coverage, DROP, exactlyHalf } from './coin.ts';
import { Coin, NARROW, params, USUAL_FLIPS } from './state.svelte.ts';

/** Nats below the maximum within which the guess counts as at the top. */
const AT_TOP = 0.02;
/** Flips of a fair coin in the text. */
const FEW = 10;

export const chapter = defineChapter({
  params,
  create: (values) => new Coin(values),
  figures: { flips: Flips },
  numbers: {
    flips: (coin) => String(coin.flips.length),
    heads: (coin) => String(coin.heads),
    tails: (coin) => String(coin.tails),
    theta: (coin) => fixed(coin.values.theta, 3),
    share: (coin) => (coin.estimate === null ? '–' : fixed(coin.estimate, 3)),
    bit: () => fixed(Math.LN2, 3),
    'bits-each': (coin) =>
      coin.flips.length === 0 ? '–' : fixed(-coin.at(coin.values.theta) / coin.flips.length / Math.LN2, 3),
    score: (coin) => fixed(coin.at(coin.values.theta), 2),
    best: (coin) => (coin.estimate === null ? '0' : fixed(coin.at(coin.estimate), 2)),
    low: (coin) => fixed(coin.interval[0], 3),
    high: (coin) => fixed(coin.interval[1], 3),
    width: (coin) => fixed(coin.interval[1] - coin.interval[0], 3),
    drop: () => fixed(DROP, 2),
    quantile: () => fixed(2 * DROP, 2),
    narrow: () => fixed(NARROW, 1),
    covered: (coin) => fixed(100 * coverage(coin.chance, USUAL_FLIPS), 0),
    usual: () => String(USUAL_FLIPS),
    few: () => String(FEW),
    half: () => String(FEW / 2),
    'exactly-half': () => fixed(100 * exactlyHalf(FEW), 0),
    chance: (coin) => fixed(coin.chance, 3),
  },
  links: { pixels: () => 'left=independent&right=independent' },
  goals: {
    top: (coin) => coin.estimate !== null && coin.at(coin.estimate) - coin.at(coin.values.theta) < AT_TOP,
    narrow: (coin) => coin.interval[1] - coin.interval[0] < NARROW,
  },
  predictions: {
    likeliest: { kind: 'choice', answer: () => 'share' },
    halve: { kind: 'number', answer: () => 4, within: 0.25 },
  },
  exercises,
});
