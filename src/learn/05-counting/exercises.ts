import { count } from '../../app/format.ts';
import type { Exercise, Instance } from '../exercises/exercise.ts';
import { drawsForAll, expectedDistinct } from './coverage.ts';
import { magnitudeOf } from './powers.ts';

/** Grids whose number of pixels n gives other values for 2^n, 2n and n squared. */
const GRIDS = [
  [2, 3],
  [3, 3],
  [3, 4],
  [4, 4],
  [4, 5],
  [5, 5],
  [5, 6],
  [7, 7],
  [28, 28],
] as const;
const SMALL = GRIDS.slice(0, 4);
const PICTURES = [
  [320, 240],
  [640, 480],
  [800, 600],
  [1024, 768],
  [1280, 720],
  [1920, 1080],
] as const;
/** What a published course note says of the pictures of 700 x 1400 pixels. */
const NOTE = 800_000n;

export const exercises = {
  parameters: {
    instance(random) {
      const [width, height] = random.pick(GRIDS);
      return tableParameters(width, height);
    },
  },
  /** 256^(700 * 1400 * 3), always: the case that the note is about. */
  photo: {
    instance() {
      const { values, answer, wrong } = pictureDigits(700, 1400, 3);
      return { values: { ...values, note: count(Number(NOTE)) }, answer, wrong: { ...wrong, note: NOTE } };
    },
  },
  digits: {
    instance(random) {
      const [width, height] = random.pick(PICTURES);
      return pictureDigits(width, height, 3);
    },
  },
  once: {
    instance(random) {
      const [width, height] = random.pick(SMALL);
      return onceEach(width, height);
    },
  },
  unseen: {
    instance(random) {
      const [width, height] = random.pick(SMALL);
      return stillUnseen(width, height);
    },
  },
} as const satisfies Record<string, Exercise>;

/** Parameters of the table of all images of a grid. */
export function tableParameters(width: number, height: number): Instance {
  const n = BigInt(width * height);
  return {
    values: { width: String(width), height: String(height), n: String(n) },
    answer: { kind: 'count', value: 2n ** n - 1n },
    wrong: { all: 2n ** n, double: 2n * n, square: n * n, independent: n },
  };
}

/** Decimal digits of the number of pictures, each channel of a pixel with 256 values. */
export function pictureDigits(width: number, height: number, channels: number) {
  const pixels = width * height;
  const numbers = pixels * channels;
  const { digits } = magnitudeOf(256n, numbers);
  return {
    values: { width: String(width), height: String(height), pixels: count(pixels), numbers: count(numbers) },
    answer: { kind: 'count', value: BigInt(digits) },
    wrong: {
      power: BigInt(digits - 1),
      binary: BigInt(magnitudeOf(2n, numbers).digits),
      channel: BigInt(magnitudeOf(256n, pixels).digits),
      numbers: BigInt(numbers),
      natural: BigInt(Math.floor(numbers * Math.log(256)) + 1),
      bits: BigInt(8 * numbers),
    },
  } as const satisfies Instance;
}

/** Digits until each image of a grid has been seen once on average, all being equally likely. */
export function onceEach(width: number, height: number): Instance {
  const n = width * height;
  const images = 2 ** n;
  return {
    values: {
      width: String(width),
      height: String(height),
      images: count(images),
      all: count(Math.round(drawsForAll(images))),
    },
    answer: { kind: 'count', value: BigInt(images) },
    wrong: {
      parameters: BigInt(images - 1),
      pixels: BigInt(n),
      double: BigInt(2 * n),
      every: BigInt(Math.round(drawsForAll(images))),
    },
  };
}

/** Images that are expected to be missing after as many digits as there are images, all being equally likely. */
export function stillUnseen(width: number, height: number): Instance {
  const images = 2 ** (width * height);
  const distinct = expectedDistinct(images, images);
  return {
    values: { width: String(width), height: String(height), images: count(images), seen: count(distinct) },
    answer: {
      kind: 'number',
      value: images - distinct,
      within: Math.max(0.6, 0.006 * images),
      decimals: 1,
    },
    wrong: { none: 0, seen: distinct, half: images / 2 },
  };
}
