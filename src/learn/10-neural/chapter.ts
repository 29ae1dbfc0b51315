import { count, fixed } from '../../app/format.ts';
import { sigmoid } from '../../models/shared/math.ts';
import { findFamily } from '../../models/registry.ts';
import type { Hyper } from '../../models/model.ts';
import { placeOf } from '../figures/small-images.ts';
import { defineChapter } from '../state/view.svelte.ts';
import Carry from './Carry.svelte';
import { anew, carried } from './counting.ts';
import { exercises, fvsbnParameters } from './exercises.ts';
import { type Family, GRID, PLANS } from './families.ts';
import MaskWindow from './MaskWindow.svelte';
import Network from './Network.svelte';
import Run from './Run.svelte';
import { Neural, params, PIXELS, WIDE } from './state.svelte.ts';
import { HELD_BACK } from './training.ts';

/** The size at which NADE was published, and as which its cost is told. */
const [LARGE, MANY] = [784, 500];
/** How many times as dear anew is to be made. */
const DEAR = 100;

function parametersOf(family: Family, grid = GRID, hyper: Hyper = PLANS[family].hyper): string {
  return count(findFamily(family)?.parameterCount(grid, hyper) ?? NaN);
}

export const chapter = defineChapter({
  params,
  create: (values, tools) => new Neural(values, tools),
  figures: { network: Network, run: Run, carry: Carry, window: MaskWindow },
  numbers: {
    n: () => count(PIXELS),
    before: () => count(PIXELS - 1),
    digits: () => String(String(2n ** BigInt(PIXELS - 1)).length),
    family: (net, label) => label(`name-${net.family}`),
    parameters: (net) => parametersOf(net.family),
    place: (net) => placeOf(net.values.pixel, GRID),
    number: (net) => count(net.values.pixel + 1),
    logit: (net) => fixed(net.output?.total ?? NaN, 3),
    p: (net) => fixed(net.output ? sigmoid(net.output.total) : NaN, 3),
    bias: (net) => fixed(net.output?.bias ?? NaN, 3),
    terms: (net) => (net.output ? count(net.output.terms.length) : '–'),
    score: (net) => fixed(net.whole?.total ?? NaN, 1),
    fvsbn: () => parametersOf('fvsbn'),
    nade: () => parametersOf('nade'),
    pixelcnn: () => parametersOf('pixelcnn'),
    units: () => count(PLANS.nade.hyper.hidden),
    step: (net) => count(net.checkpoint?.step ?? 0),
    heldBack: (net) => fixed(net.checkpoint?.heldBack ?? NaN, 1),
    held: () => count(HELD_BACK),
    large: () => count(LARGE),
    many: () => count(MANY),
    largeFvsbn: () => count(Number(fvsbnParameters(LARGE))),
    largeCarried: () => count(carried(LARGE, MANY)),
    largeAnew: () => count(anew(LARGE, MANY)),
    quarter: () => fixed(anew(LARGE, MANY) / carried(LARGE, MANY), 0),
    each: (net) => count(carried(1, net.values.hidden)),
    pixels: (net) => count(net.pixels),
    counted: (net) => count(net.counted),
    carried: (net) => count(net.products.carried),
    anew: (net) => count(net.products.anew),
    times: (net) => fixed(net.products.anew / net.products.carried, 1),
    dear: () => count(DEAR),
    kernel: (net) => net.values.kernel,
    half: (net) => count(net.half),
    next: (net) => count(net.half + 1),
    layers: (net) => count(net.values.layers),
    rows: (net) => count(net.wholeWindow.rows),
    blind: (net) => count(net.wholeWindow.blind),
    free: (net) => count(net.weights.free),
    all: (net) => count(net.weights.all),
    wide: () => count(WIDE.width * WIDE.height),
  },
  links: {
    two: (net) => `left=${net.family}&right=fvsbn`,
    window: () => 'left=pixelcnn&right=nade',
  },
  goals: {
    opened: (net) => net.level === 'pixel' && (net.checkpoint?.step ?? 0) > 0,
    unit: (net) => (net.level === 'unit' || net.level === 'filter') && (net.checkpoint?.step ?? 0) > 0,
    finished: (net) => net.runs.done(net.family),
    dear: (net) => net.products.anew > DEAR * net.products.carried,
    blind: (net) => net.window.sight[net.values.probe] === 'blind',
  },
  predictions: {
    later: { kind: 'choice', answer: () => 'same' },
    start: { kind: 'choice', answer: () => 'mean' },
    anew: { kind: 'choice', answer: () => 'quarter' },
    corner: { kind: 'choice', answer: () => 'never' },
  },
  exercises,
});
