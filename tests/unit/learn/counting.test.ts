import { describe, expect, it } from 'vitest';
import { inShort, grouped, superscript } from '../../../src/learn/05-counting/big.ts';
import {
  exercises,
  onceEach,
  pictureDigits,
  stillUnseen,
  tableParameters,
} from '../../../src/learn/05-counting/exercises.ts';
import { magnitudeOf } from '../../../src/learn/05-counting/powers.ts';
import { countPictures, rowLength } from '../../../src/learn/05-counting/sizes.ts';
import { judge } from '../../../src/learn/exercises/judge.ts';
import { openChapter } from './open-chapter.ts';

const said = (instance: Parameters<typeof judge>[0], typed: string) => {
  const verdict = judge(instance, typed);
  return verdict.kind === 'wrong' ? verdict.misconception : verdict.kind;
};

describe('exercises', () => {
  it('n pixels: 2^n - 1, not 2^n, 2n, n^2 or n', () => {
    const instance = tableParameters(28, 28);
    expect(said(instance, '2^784 - 1')).toBe('right');
    expect(said(instance, '2^784')).toBe('all');
    expect(said(instance, '2*784')).toBe('double');
    expect(said(instance, '784^2')).toBe('square');
    expect(said(instance, '784')).toBe('independent');
    expect(said(tableParameters(3, 3), '511')).toBe('right');
    expect(said(tableParameters(3, 3), '512')).toBe('all');
  });

  it('700 x 1400 in colour: 7,080,226 digits, not about 800,000', () => {
    const instance = exercises.photo.instance();
    for (const right of ['7080226', '7,080,226', '7 080 226']) expect(said(instance, right)).toBe('right');
    expect(said(instance, '800,000')).toBe('note');
    expect(said(instance, '7080225')).toBe('power');
    // 256^2,940,000 with 2 values instead, 256^980,000, 2,940,000 ln 256, and 8 x 2,940,000 bits.
    expect(said(instance, '885029')).toBe('binary');
    expect(said(instance, '2360076')).toBe('channel');
    expect(said(instance, '2940000')).toBe('numbers');
    expect(said(instance, '16302822')).toBe('natural');
    expect(said(instance, '8*2940000')).toBe('bits');
  });

  it('other sizes: what the number itself has', () => {
    const { answer, wrong } = pictureDigits(40, 30, 3);
    expect(answer.value).toBe(BigInt(String(256n ** 3600n).length));
    expect(wrong.binary).toBe(BigInt(String(2n ** 3600n).length));
    expect(said(pictureDigits(640, 480, 3), '2219434')).toBe('right');
    expect(Math.floor(640 * 480 * 3 * Math.log10(256)) + 1).toBe(2_219_434);
  });

  it('3x3 once on average: 512 digits, 3,490 until every image has come', () => {
    expect(said(onceEach(3, 3), '512')).toBe('right');
    expect(said(onceEach(3, 3), '511')).toBe('parameters');
    expect(said(onceEach(3, 3), '9')).toBe('pixels');
    expect(said(onceEach(3, 3), '3490')).toBe('every');
    expect(said(onceEach(2, 3), '2^6')).toBe('right');
  });

  it('of 512 images after 512 digits about 188 are missing, and of 64 about 23', () => {
    expect(said(stillUnseen(3, 3), String(512 * (511 / 512) ** 512))).toBe('right');
    expect(512 * (511 / 512) ** 512).toBeCloseTo(188.17, 2);
    expect(said(stillUnseen(3, 3), '0')).toBe('none');
    expect(said(stillUnseen(3, 3), '256')).toBe('half');
    expect(said(stillUnseen(3, 3), '324')).toBe('seen');
    expect(said(stillUnseen(2, 3), '23.4')).toBe('right');
  });
});

describe('large numbers', () => {
  it('are written out while they are short, and cut off after three digits else', () => {
    expect(grouped('16777215')).toBe('16,777,215');
    expect(grouped('1')).toBe('1');
    expect(superscript(-80)).toBe('⁻⁸⁰');
    expect(inShort(magnitudeOf(2n, 16, 15))).toBe('65,536');
    expect(inShort(magnitudeOf(2n, 49, 15))).toBe('562,949,953,421,312');
    expect(inShort(magnitudeOf(2n, 784, 15))).toBe('1.01 · 10²³⁶');
    expect(inShort(magnitudeOf(256n, 2_940_000, 15))).toMatch(/^\d\.\d\d · 10⁷⁰⁸⁰²²⁵$/);
  });

  it('are whole where they are shown whole', () => {
    expect(countPictures('binary', 784).whole).toBe(String(2n ** 784n));
    expect(countPictures('rgb', 2)).toMatchObject({ digits: 15, whole: String(256n ** 6n) });
    expect(countPictures('grey', 10 ** 6)).toMatchObject({ digits: 2_408_240, whole: null });
  });

  it('have a row of bars of 4 mm for four pixels and of 149 million km for 49', () => {
    expect(rowLength(4).unit).toBe('mm');
    expect(rowLength(4).value).toBeCloseTo(4.23, 2);
    expect(rowLength(9).value).toBeCloseTo(135.5, 1);
    expect(rowLength(16).unit).toBe('m');
    expect(rowLength(49).unit).toBe('km');
    expect(rowLength(49).value / 1e6).toBeCloseTo(148.95, 1);
    expect(rowLength(196).unit).toBe('light-years');
  });
});

describe('numbers of the text', () => {
  it('are those of the grids, the universe and the calculator', async () => {
    const { view } = await openChapter('counting');
    const { numbers } = view;
    expect([numbers.images2, numbers.images3, numbers.images4]).toEqual(['16', '512', '65,536']);
    expect([numbers.beyond, numbers.atoms, numbers.length28]).toEqual(['266', '10⁸⁰', '237']);
    expect([numbers.draws3, numbers.uniform4]).toEqual(['3,490', '894']);
    expect(numbers.filled4).toBe('…');
    expect(view.judge('atoms', '266')).toBe(true);
    expect(view.judge('atoms', '80')).toBe(false);
    view.follow('side=28');
    expect([numbers.n, numbers.images]).toEqual(['784', '1.01 · 10²³⁶']);
  });

  it('know the smallest square beyond the atoms', async () => {
    const { view } = await openChapter('counting', 'width=16&height=16');
    expect(view.reached('atoms')).toBe(false);
    view.follow('width=17&height=17');
    expect(view.reached('atoms')).toBe(true);
    view.follow('width=17&height=17&colours=rgb');
    expect(view.reached('atoms')).toBe(false);
    expect(2n ** (16n * 16n) < 10n ** 80n).toBe(true);
    expect(2n ** (17n * 17n) > 10n ** 80n).toBe(true);
  });
});
