import { describe, expect, it } from 'vitest';
import {
  channelShares,
  exercises,
  independentCount,
  jointCount,
} from '../../../src/learn/04-colour/exercises.ts';
import { builtIn } from '../../../src/learn/04-colour/pictures.ts';
import type { ColourPixel } from '../../../src/learn/04-colour/state.svelte.ts';
import { judge } from '../../../src/learn/exercises/judge.ts';
import { randomOf } from '../../../src/learn/exercises/random.ts';
import { permutation, Stream, streamKey } from '../../../src/data/rng.ts';
import { openChapter } from './open-chapter.ts';

/** What is said of an answer. */
const said = (instance: Parameters<typeof judge>[0], typed: string) => {
  const verdict = judge(instance, typed);
  return verdict.kind === 'wrong' ? verdict.misconception : verdict.kind;
};

describe('exercises', () => {
  it('RGB: 16,777,215, not 256 x 3, 256^3 or 3 x 255', () => {
    const instance = exercises.rgb.instance();
    for (const right of ['16777215', '16,777,215', '256^3 - 1', '2^24-1'])
      expect(said(instance, right)).toBe('right');
    expect(said(instance, '256*3')).toBe('sum');
    expect(said(instance, '768')).toBe('sum');
    expect(said(instance, '256^3')).toBe('all');
    expect(said(instance, '3*255')).toBe('independent');
    expect(said(instance, '765')).toBe('independent');
    expect(said(instance, '255')).toBe('channel');
  });

  it('at five bits: 32,767, independent 93', () => {
    const instance = jointCount(5);
    expect(said(instance, '32767')).toBe('right');
    expect(said(instance, '93')).toBe('independent');
    expect(said(instance, '96')).toBe('sum');
    expect(said(instance, '32768')).toBe('all');
  });

  it('independent channels: 3 x 255 = 765, and four of ten bits 4,092', () => {
    expect(said(independentCount(3, 8), '765')).toBe('right');
    expect(said(independentCount(3, 8), '256^3-1')).toBe('joint');
    expect(said(independentCount(4, 10), '4092')).toBe('right');
    expect(said(independentCount(4, 10), '4096')).toBe('all');
  });

  it('shares .3, .2, .9: log .3 + log .8 + log .9', () => {
    const instance = channelShares(0.3, 0.2, 0.9);
    expect(said(instance, '-1.53')).toBe('right');
    expect(Math.log(0.3 * 0.8 * 0.9)).toBeCloseTo(-1.5325, 4);
    expect(said(instance, '1.53')).toBe('sign');
    expect(said(instance, '0.216')).toBe('probability');
    expect(said(instance, String(Math.log(0.3 * 0.2 * 0.9)))).toBe('bright');
    expect(said(channelShares(0.7, 0.6, 0.1), String(Math.log(0.7 * 0.4 * 0.1)))).toBe('right');
  });

  it('of different seeds differ', () => {
    const shown = (seed: number) => exercises.shares.instance(randomOf('colour/shares', seed)).values;
    expect(new Set([1, 2, 3, 4, 5, 6].map((seed) => JSON.stringify(shown(seed)))).size).toBeGreaterThan(3);
  });
});

/** A number as the text shows it. */
const read = (text: string): number => Number(text.replaceAll(',', '').replace('−', '-'));

describe('numbers of the text', () => {
  it.each([
    ['', 'landscape', 4, 2048, 7],
    ['picture=fruit&bits=2&train=32&seed=9', 'fruit', 2, 32, 9],
    ['bits=6&train=128', 'landscape', 6, 128, 7],
  ] as const)('are what counting by hand gives for "%s"', async (query, name, bits, train, seed) => {
    const { view } = await openChapter('colour', query);
    const { rgb } = builtIn(name);
    const count = rgb.length / 3;
    const key = (pixel: number): string =>
      [0, 1, 2].map((channel) => Math.floor(rgb[3 * pixel + channel] / 2 ** (8 - bits))).join();
    const order = [...permutation(count, seed, streamKey(Stream.split))];
    const [training, held] = [order.slice(0, train), order.slice(count / 2)];
    const tally = (keys: readonly string[]): Map<string, number> => {
      const counts = new Map<string, number>();
      for (const each of keys) counts.set(each, (counts.get(each) ?? 0) + 1);
      return counts;
    };
    /** Held-out mean of the table of `keys`, with what leaving out one by one prefers added. */
    const heldOut = (part: (pixel: number) => string, cells: number): { score: number; added: number } => {
      const counts = tally(training.map(part));
      const total = training.length;
      let best = { added: 1, score: -Infinity };
      for (let i = 0; i < 57; i++) {
        const added = 2 ** (i / 4 - 10);
        let score = 0;
        for (const pixel of training)
          score += Math.log(((counts.get(part(pixel)) ?? 0) - 1 + added) / (total - 1 + added * cells));
        if (score > best.score) best = { added, score };
      }
      const { added } = best;
      const sum = held.reduce(
        (so, pixel) => so + Math.log(((counts.get(part(pixel)) ?? 0) + added) / (total + added * cells)),
        0,
      );
      return { score: sum / held.length, added };
    };
    const joint = heldOut(key, 8 ** bits);
    const independent = [0, 1, 2].reduce(
      (sum, channel) => sum + heldOut((pixel) => key(pixel).split(',')[channel], 2 ** bits).score,
      0,
    );
    expect(read(view.numbers.heldJoint)).toBeCloseTo(joint.score, 2);
    expect(read(view.numbers.heldIndependent)).toBeCloseTo(independent, 2);
    expect(read(view.numbers.gap)).toBeCloseTo(Math.abs(joint.score - independent), 1);
    expect(view.numbers.winner).toBe(joint.score > independent ? 'the table' : 'the independent channels');
    expect(read(view.numbers.added)).toBeCloseTo(joint.added, 2);
    expect(read(view.numbers.distinct)).toBe(tally(order.map(key)).size);
    expect(read(view.numbers.joint)).toBe(8 ** bits - 1);
    expect(read(view.numbers.independent)).toBe(3 * 2 ** bits - 3);
    expect([read(view.numbers.training), read(view.numbers.held)]).toEqual([train, 8192]);
  });

  it('say that the table is ahead at six bits, and channels with 32 pixels', async () => {
    const { view } = await openChapter('colour');
    expect(view.judge('better', 'table')).toBe(true);
    expect(view.reached('crossing')).toBe(false);
    view.follow('train=32&bits=6');
    expect(view.reached('crossing')).toBe(true);
    expect(view.numbers.winner).toBe('the independent channels');
  });

  it('of the prediction stay when the figure changes: an answer that was right does not become wrong', async () => {
    const { view } = await openChapter('colour', 'bits=6');
    const asked = [
      view.numbers.heldJointAsked,
      view.numbers.heldIndependentAsked,
      view.numbers.trainingAsked,
    ];
    expect(asked).toEqual([view.numbers.heldJoint, view.numbers.heldIndependent, view.numbers.training]);
    expect(view.numbers.strayAsked).toBe(view.numbers.stray);
    view.follow('train=32&picture=fruit');
    expect([
      view.numbers.heldJointAsked,
      view.numbers.heldIndependentAsked,
      view.numbers.trainingAsked,
    ]).toEqual(asked);
    expect(view.numbers.winnerAsked).toBe('the table');
    expect(view.judge('better', 'table')).toBe(true);
  });

  it('are those of a picture of one’s own, which a reset puts away and keeps', async () => {
    const { view } = await openChapter('colour');
    const landscape = view.numbers.distinct;
    const pixel = view.figure('models')?.state as ColourPixel;
    const rgb = Uint8Array.from({ length: 3 * 32 * 32 }, (_, i) => (i < 3 * 512 ? 255 : 0));
    pixel.takeOwn({ name: 'flag.png', width: 32, height: 32, rgb });
    expect(view.numbers.distinct).toBe('2');
    expect(view.query).toBe('');
    view.reset();
    expect(view.numbers.distinct).toBe(landscape);
    pixel.choose('own');
    expect(view.numbers.distinct).toBe('2');
    pixel.choose('fruit');
    expect(view.query).toBe('picture=fruit');
    expect(pixel.own?.name).toBe('flag.png');
  });

  it('say when nine of ten colours are strays', async () => {
    const { view } = await openChapter('colour');
    expect(view.reached('strays')).toBe(false);
    view.follow('bits=6');
    expect(read(view.numbers.stray)).toBeGreaterThan(90);
    expect(view.reached('strays')).toBe(true);
  });
});
