import { beforeAll, describe, expect, it } from 'vitest';
import { fixed } from '../../../src/app/format.ts';
import type { ChapterTools } from '../../../src/app/learn/chapter-tools.ts';
import { packImages, type GreyImages } from '../../../src/data/images.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import { chapter } from '../../../src/learn/10-neural/chapter.ts';
import { ARITHMETIC, GRID, PLANS } from '../../../src/learn/10-neural/families.ts';
import { linesOf, viewOf } from '../../../src/learn/10-neural/picture.ts';
import { fromHex, LATEST, type Neural, PIXELS, toHex } from '../../../src/learn/10-neural/state.svelte.ts';
import { weightsByPixel } from '../../../src/learn/10-neural/sums.ts';
import { HELD_BACK } from '../../../src/learn/10-neural/training.ts';
import { randomOf } from '../../../src/learn/exercises/random.ts';
import { labelsOfChapter } from './open-chapter.ts';
import { Progress } from '../../../src/learn/state/progress.svelte.ts';
import { openChapter } from './open-chapter.ts';

const COUNT = HELD_BACK + 60;

/** Bars at random places in place of digits. */
function bars(): GreyImages {
  const pixels = new Uint8Array(COUNT * PIXELS);
  for (let m = 0; m < COUNT; m++) {
    const random = randomOf('bar', m);
    const [row, column] = [random.whole(2, 6), random.whole(3, 9)];
    for (let r = row; r < row + 6; r++)
      pixels.fill(255, m * PIXELS + r * 14 + column, m * PIXELS + r * 14 + column + 2);
  }
  return { grid: GRID, count: COUNT, pixels, labels: null };
}

function open(query: string, digits: () => Result<GreyImages> = () => ok(bars())) {
  const tools = {
    digits: () => Promise.resolve(digits()),
    still: true,
    dark: false,
  } as unknown as ChapterTools;
  const view = chapter.open('neural', query, labelsOfChapter('neural'), tools, new Progress());
  return { view, net: view.figure('network')?.state as Neural };
}

async function idle({ runs }: Neural): Promise<void> {
  while (runs.now) await new Promise((resolve) => setTimeout(resolve));
}

describe('numbers of the text', () => {
  it('follow the settings of a link', async () => {
    const { view } = await openChapter('neural', 'side=20&hidden=100&at=100&kernel=5&layers=3&channels=32');
    const { numbers } = view;
    expect([numbers.pixels, numbers.counted]).toEqual(['400', '400']);
    // 2 x 100 x 400, and 100 x 400 x 401 / 2.
    expect([numbers.carried, numbers.anew, numbers.times]).toEqual(['80,000', '8,020,000', '100.3']);
    // 12 x 32 + 3 x 13 x 32^2 + 32^2 + 32 weights and 5 x 32 + 1 biases; rows 2 x 4; blind 6 + 4 + 2.
    expect(numbers.free).toBe('41,537');
    expect([numbers.rows, numbers.blind, numbers.half, numbers.next]).toEqual(['8', '12', '2', '3']);
    expect(view.reached('dear')).toBe(true);
  });

  it('tell the published size of NADE, and the tables that are not needed', async () => {
    const { numbers } = (await openChapter('neural')).view;
    expect([numbers.largeCarried, numbers.largeAnew, numbers.quarter]).toEqual([
      '784,000',
      '153,860,000',
      '196',
    ]);
    expect(numbers.largeFvsbn).toBe('307,720');
    expect(numbers.fvsbn).toBe('19,306');
    // 2 x 196 x 16 + 196 + 16
    expect(numbers.nade).toBe('6,484');
    // 195 log10(2) = 58.7
    expect([numbers.before, numbers.digits]).toEqual(['195', '59']);
    expect([numbers.free, numbers.all, numbers.blind, numbers.rows]).toEqual([
      '518,145',
      '1,011,265',
      '45',
      '18',
    ]);
    expect([numbers.p, numbers.logit, numbers.terms]).toEqual(['–', '–', '–']);
  });

  it('show the whole blind spot at the start, and notice a pixel of it', async () => {
    const { view } = await openChapter('neural');
    const net = view.figure('window')?.state as Neural;
    expect(net.window.blind).toBe(45);
    expect(net.path?.length).toBe(9);
    net.values.probe = 21 * 28 + 8 + net.half + 1;
    expect(view.reached('blind')).toBe(true);
    expect(net.path).toBe(null);
    net.values.layers = 8;
    expect(view.reached('blind')).toBe(true);
    net.values.probe -= 1;
    expect(net.path).not.toBe(null);
  });
});

describe('a network that was trained in the page', () => {
  const { view, net } = open('family=nade&level=unit&pixel=90&unit=3&digit=5');
  let leave = (): void => undefined;

  beforeAll(async () => {
    leave = net.runs.open();
    await net.runs.load();
    net.runs.prepare('nade');
    net.train();
    while (!net.runs.done('nade')) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('gives the text and the figure the numbers of the family’s own code', () => {
    const { image, checkpoint } = net;
    if (!image || !checkpoint) throw new Error('no network');
    const { reference, definition } = ARITHMETIC.nade;
    const logit = reference.open(checkpoint.model).conditionalLogits(packImages(GRID, image))[90];
    expect(view.numbers.p).toBe(fixed(1 / (1 + Math.exp(-logit)), 3));
    expect(view.numbers.score).toBe(fixed(definition.logLikelihood(checkpoint.model, image), 1));
    expect(view.numbers.step).toBe(String(PLANS.nade.steps));
    expect(net.sum).toBe(net.hidden);
    expect(net.output?.terms[3].input).toBe(net.hidden?.value);
    expect([view.reached('unit'), view.reached('finished'), view.reached('opened')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('draws every checkpoint from the same random numbers', () => {
    const last = net.samples?.words.slice();
    net.show(0);
    expect(view.numbers.step).toBe('0');
    const first = net.samples?.words.slice();
    expect(first).not.toEqual(last);
    net.takeSeed();
    expect(net.samples?.words).not.toEqual(first);
    net.values.seed = 1;
    expect(net.samples?.words).toEqual(first);
    net.show(net.checkpoints.length - 1);
    expect(net.values.checkpoint).toBe(LATEST);
    expect(net.samples?.words).toEqual(last);
  });

  it('shows the weights of pixels that are terms, and of no others', () => {
    const { checkpoint, hidden, pixelWeights } = net;
    if (!checkpoint || !hidden || !pixelWeights) throw new Error('no network');
    for (const { source, weight } of hidden.terms) expect(pixelWeights[source]).toBe(weight);
    expect(pixelWeights.subarray(90).every((weight) => weight === 0)).toBe(true);
    const at = { pixel: 90, unit: 3, channel: 0 };
    expect(weightsByPixel('nade', checkpoint.model, 'pixel', at)).toBe(null);
  });

  it('is zoomed to all lines of its sum', () => {
    const { output, hidden, filter, units } = net;
    const lines = linesOf('nade', { output, hidden, filter }, { pixel: 90, unit: 3, channel: 0 }, units);
    expect(lines.filter(({ level }) => level === 'pixel')).toHaveLength(16);
    for (const level of ['pixel', 'unit'] as const) {
      const own = lines.filter((line) => line.level === level);
      const [x, y, width, height] = viewOf(level, lines, own[0].to);
      for (const { from, to } of own)
        for (const point of [from, to]) {
          expect(point.x).toBeGreaterThan(x);
          expect(point.x).toBeLessThan(x + width);
          expect(point.y).toBeGreaterThan(y);
          expect(point.y).toBeLessThan(y + height);
        }
    }
  });

  it('reads what is drawn, and keeps it in the link', () => {
    net.clear();
    net.toggle(17);
    expect(net.image?.reduce((sum, bit) => sum + bit, 0)).toBe(1);
    expect(net.image?.[17]).toBe(1);
    expect(view.query).toContain(`drawn=${net.values.drawn}`);
    const bits = Uint8Array.from({ length: PIXELS }, (_, i) => ((i * i) % 3) % 2);
    expect(fromHex(toHex(bits))).toEqual(bits);
    net.takeDigit(1);
    expect(net.values.drawn).toBe('');
  });

  it('stops when the last figure goes, goes on from there, and can be forgotten', async () => {
    net.values.family = 'made';
    net.runs.prepare('made');
    net.train();
    while ((net.runs.now?.step ?? 0) < 3) await new Promise((resolve) => setTimeout(resolve));
    leave();
    await idle(net);
    const { step } = net.checkpoints[net.checkpoints.length - 1];
    expect(net.runs.done('made')).toBe(false);
    expect(net.sight[90]).toBe('itself');
    // The degrees of 16 units are spread evenly over 195 places: 195 x 7 / 32 = 42.7.
    expect([net.degree, net.sight[42], net.sight[43]]).toEqual([42, 'seen', 'later']);
    net.train();
    while (!net.runs.done('made')) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(net.checkpoints.map((each) => each.step)).toContain(step);
    await idle(net);
    net.runs.restart('made');
    expect(net.checkpoints.map((each) => each.step)).toEqual([0]);
    expect(net.runs.done('nade')).toBe(true);
  });
});

it('says why there are no digits, and tries again', async () => {
  let answer: Result<GreyImages> = fail('no connection');
  const { net } = open('', () => answer);
  await net.runs.load();
  expect(net.runs.failure).toBe('no connection');
  expect(net.checkpoint).toBe(null);
  answer = ok(bars());
  await net.runs.load();
  net.runs.prepare('fvsbn');
  expect([net.runs.failure, net.checkpoint?.step]).toEqual(['', 0]);
});

it('trains again after a training that failed', async () => {
  const { net } = open('');
  await net.runs.load();
  net.runs.prepare('nade');
  net.runs.failure = 'the numbers ran away';
  net.train();
  expect(net.runs.failure).toBe('');
  net.runs.stop();
  await idle(net);
});
