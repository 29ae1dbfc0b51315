import { MNIST_GRID, pixelCount } from '../../data/images.ts';
import { randomWords, uniform } from '../../data/rng.ts';
import { logSumExp } from '../../models/shared/math.ts';

/** Three families of models that are made of a few images and one number, the noise. */
export const FAMILIES = ['coins', 'copies', 'shifts'] as const;
export type Family = (typeof FAMILIES)[number];

export const GRID = MNIST_GRID;
export const N = pixelCount(GRID);
/** Shifts by up to so many pixels in each direction. */
const REACH = 1;
/** Keys of the random numbers of samples: which image, which image for a pixel, and which pixels flip. */
const [WHICH, PIXEL, FLIP] = [0x30de0, 0x30de1, 0x30de2];

/** A binary image, [N], 0 or 1. */
export type Bits = Uint8Array;

/** The image moved right and down; ink that leaves the grid is lost, and blank pixels come in. */
export function shifted(bits: Bits, right: number, down: number): Bits {
  const { width, height } = GRID;
  return bits.map((_, pixel) => {
    const column = (pixel % width) - right;
    const row = Math.floor(pixel / width) - down;
    return column < 0 || column >= width || row < 0 || row >= height ? 0 : bits[row * width + column];
  });
}

/** Left and right exchanged. */
export function mirrored(bits: Bits): Bits {
  const { width } = GRID;
  return bits.map((_, pixel) => bits[pixel + width - 1 - 2 * (pixel % width)]);
}

/** In how many pixels two images differ. */
export function distance(a: Bits, b: Bits): number {
  let differing = 0;
  for (let i = 0; i < a.length; i++) differing += a[i] ^ b[i];
  return differing;
}

/** The images that a family copies, image after image: each as it is, or with all its shifts. */
export function templatesOf(family: Family, images: readonly Bits[]): Bits[] {
  if (family !== 'shifts') return [...images];
  const by = Array.from({ length: 2 * REACH + 1 }, (_, i) => i - REACH);
  return images.flatMap((bits) => by.flatMap((down) => by.map((right) => shifted(bits, right, down))));
}

/** All that log p of one image needs of the images that a model is made of, whatever the noise is. */
export type Standing =
  /** How many pixels, [2, count + 1]: those without and with ink, by how many of the `count` images have ink there. */
  | { readonly family: 'coins'; readonly count: number; readonly pixels: Uint32Array }
  /** From every template, in pixels. */
  | { readonly family: 'copies' | 'shifts'; readonly distances: Uint32Array };

/** `images` must not be empty. */
export function standingOf(family: Family, images: readonly Bits[], x: Bits): Standing {
  if (family !== 'coins')
    return {
      family,
      distances: Uint32Array.from(templatesOf(family, images), (template) => distance(template, x)),
    };
  const count = images.length;
  const pixels = new Uint32Array(2 * (count + 1));
  for (let i = 0; i < x.length; i++)
    pixels[x[i] * (count + 1) + images.reduce((sum, bits) => sum + bits[i], 0)]++;
  return { family, count, pixels };
}

/** The log of p(x) of every template together with the choice of it, in nats: log(1/K) + d log e + (n - d) log(1 - e). */
function logJoints(distances: Uint32Array, noise: number): Float64Array {
  const [flip, stay] = [Math.log(noise), Math.log1p(-noise)];
  return Float64Array.from(distances, (d) => d * flip + (N - d) * stay - Math.log(distances.length));
}

/**
 * log p(x) in nats under the family's model with this noise, 0 < noise < 1. Coins: every pixel takes the value of an image that is
 * chosen for this pixel alone. Copies: one image is chosen for all pixels. Shifts: it is moved by up to one pixel as well. In
 * all three every pixel then flips with the probability `noise`.
 */
export function logP(standing: Standing, noise: number): number {
  if (standing.family !== 'coins') return logSumExp(logJoints(standing.distances, noise));
  const { count, pixels } = standing;
  let nats = 0;
  for (let inked = 0; inked <= count; inked++) {
    const ink = noise + (1 - 2 * noise) * (inked / count);
    nats += pixels[inked] * Math.log1p(-ink) + pixels[count + 1 + inked] * Math.log(ink);
  }
  return nats;
}

/** The probability that x comes from each of `count` images, [count]: the responsibilities; null for coins, which choose no image. */
export function responsibilities(standing: Standing, noise: number, count: number): Float64Array | null {
  if (standing.family === 'coins') return null;
  const joints = logJoints(standing.distances, noise);
  const total = logSumExp(joints);
  const shares = new Float64Array(count);
  const each = joints.length / count;
  joints.forEach((joint, template) => {
    shares[Math.floor(template / each)] += Math.exp(joint - total);
  });
  return shares;
}

/** Between which images and the model the distance is measured: those that it is made of, or each one left out in turn. */
export const DISTANCES = ['seen', 'left-out'] as const;
export type Distance = (typeof DISTANCES)[number];

/** The standings of all images; those left out need at least two. */
export function standingsOf(family: Family, kind: Distance, images: readonly Bits[]): Standing[] {
  return images.map((x, own) =>
    standingOf(family, kind === 'seen' ? images : images.filter((_, at) => at !== own), x),
  );
}

/** Mean of -log p in nats: how far the model is from the images, up to a number that no model changes. */
export function meanNats(standings: readonly Standing[], noise: number): number {
  return -standings.reduce((sum, standing) => sum + logP(standing, noise), 0) / standings.length;
}

export const NOISE = { least: 0.001, most: 0.5 } as const;
/** How far a step goes at most, in log noise. */
const LONGEST = 0.4;

/**
 * One step downhill in the logarithm of the noise: the slope divided by the curvature (Newton), which is halved while it would lead
 * up. It stays within the slider.
 */
export function stepped(standings: readonly Standing[], noise: number): number {
  const h = 1e-3;
  const at = Math.log(noise);
  const [before, here, after] = [at - h, at, at + h].map((each) => meanNats(standings, Math.exp(each)));
  const slope = (after - before) / (2 * h);
  const curvature = Math.abs(after - 2 * here + before) / h ** 2;
  let by = -Math.sign(slope) * Math.min(LONGEST, Math.abs(slope) / Math.max(curvature, 1e-9));
  for (let halvings = 0; halvings < 20; halvings++) {
    const next = Math.min(NOISE.most, Math.max(NOISE.least, Math.exp(at + by)));
    if (meanNats(standings, next) <= here) return next;
    by /= 2;
  }
  return noise;
}

/** The lowest mean that any noise on the slider gives, in nats: by a fine search, since there may be several valleys. */
export function lowest(standings: readonly Standing[]): number {
  let best = Infinity;
  const steps = 400;
  for (let i = 0; i <= steps; i++) {
    const noise = NOISE.least * (NOISE.most / NOISE.least) ** (i / steps);
    best = Math.min(best, meanNats(standings, noise));
  }
  return best;
}

/** Sample number `index`, [N]: the same random numbers at every noise, so that samples change as little as they must. */
export function sampleOf(
  family: Family,
  images: readonly Bits[],
  noise: number,
  seed: number,
  index: number,
): Bits {
  const templates = templatesOf(family, images);
  const words = (key: number, length: number): Uint32Array => {
    const out = new Uint32Array(length);
    randomWords(seed, key, index, out);
    return out;
  };
  const flips = words(FLIP, N);
  const pick = (word: number): number => Math.floor(uniform(word) * templates.length);
  const whole = templates[pick(words(WHICH, 1)[0])];
  const pixels = family === 'coins' ? words(PIXEL, N) : null;
  return Uint8Array.from({ length: N }, (_, i) => {
    const copied = pixels ? templates[pick(pixels[i])][i] : whole[i];
    return copied ^ Number(uniform(flips[i]) < noise);
  });
}
