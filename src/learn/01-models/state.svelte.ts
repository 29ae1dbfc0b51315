import type { GreyImages } from '../../data/images.ts';
import { choice, real, seed, text, type Values } from '../state/params.ts';
import { imagesPattern, readImage, readImages, writeImage, writeImages } from './image-text.ts';
import {
  type Bits,
  distance,
  type Distance,
  DISTANCES,
  FAMILIES,
  type Family,
  logP,
  lowest,
  meanNats,
  mirrored,
  N,
  NOISE,
  responsibilities,
  sampleOf,
  type Standing,
  standingOf,
  standingsOf,
  stepped,
} from './models.ts';

/** Digits that are the data. */
export const DIGITS = 5;
/** Digits of the starter set are taken of one class at a time, in this order. */
const CLASSES = [3, 2, 5, 1, 7, 0, 6, 4, 9, 8];

export const params = {
  data: text('', imagesPattern(DIGITS)),
  drawing: text('', imagesPattern(1)),
  family: choice('copies', FAMILIES),
  distance: choice('seen', DISTANCES),
  noise: real(0.3, NOISE.least, NOISE.most, 4),
  seed: seed(1),
} as const;

type PerFamily<T> = Readonly<Record<Family, T>>;

/** A few digits, the models that are made of them, and another drawing to which the chosen model is applied. */
export class Models {
  readonly values: Values<typeof params>;
  readonly images = $derived.by(() => readImages(this.values.data));
  readonly drawing = $derived.by(() => (this.values.drawing === '' ? null : readImage(this.values.drawing)));
  readonly family = $derived.by(() => FAMILIES.find((each) => each === this.values.family) ?? 'copies');
  readonly distance = $derived.by(() => DISTANCES.find((each) => each === this.values.distance) ?? 'seen');
  /** Standings of the images in every family, to each distance; null while there are too few images. */
  readonly seen = $derived.by(() => this.#standings('seen'));
  readonly leftOut = $derived.by(() => this.#standings('left-out'));
  readonly standings = $derived.by(() => (this.distance === 'seen' ? this.seen : this.leftOut));
  readonly lowestSeen = $derived.by(() => lowestOf(this.seen));
  readonly lowestLeftOut = $derived.by(() => lowestOf(this.leftOut));
  /** Mean of -log p in nats at the chosen family, distance and noise. */
  readonly nats = $derived.by(() =>
    this.standings ? meanNats(this.standings[this.family], this.values.noise) : null,
  );
  /** log p of the one more drawing and of its mirror image in nats, and from which digit it comes, in the chosen family and as a noisy copy. */
  readonly reading = $derived.by(() => {
    if (!this.drawing || this.images.length === 0) return null;
    const { noise } = this.values;
    const standing = standingOf(this.family, this.images, this.drawing);
    const mirror = standingOf(this.family, this.images, mirrored(this.drawing));
    return {
      drawing: logP(standing, noise),
      mirror: logP(mirror, noise),
      shares: responsibilities(standing, noise, this.images.length),
      copied: responsibilities(standingOf('copies', this.images, this.drawing), noise, this.images.length),
    };
  });

  constructor(values: Values<typeof params>) {
    this.values = values;
  }

  /** Adds a digit where there is room and it has ink, or says why not. */
  add(bits: Bits): 'added' | 'full' | 'blank' | 'repeated' {
    if (this.images.length >= DIGITS) return 'full';
    if (!bits.includes(1)) return 'blank';
    if (this.images.some((each) => distance(each, bits) === 0)) return 'repeated';
    this.values.data = writeImages([...this.images, bits]);
    return 'added';
  }

  remove(at: number): void {
    this.values.data = writeImages(this.images.filter((_, each) => each !== at));
  }

  /** Five digits of one class become the data; the next time they are of another. */
  takeStarters(digits: GreyImages): void {
    const next = (CLASSES.indexOf(this.#classOf(digits) ?? NaN) + 1) % CLASSES.length;
    const rows = rowsOf(digits, CLASSES[next]).slice(0, DIGITS);
    this.values.data = writeImages(rows.map((row) => bitsOf(digits, row)));
    this.values.drawing = '';
  }

  /** A digit that is not among the data, of the class that was taken for them: its grey levels, [N]. */
  takeDrawing(digits: GreyImages): Uint8Array<ArrayBuffer> {
    const rows = rowsOf(digits, this.#classOf(digits) ?? CLASSES[0]).slice(DIGITS, 3 * DIGITS);
    const now = rows.findIndex((row) => writeImage(bitsOf(digits, row)) === this.values.drawing);
    const row = rows[(now + 1) % rows.length];
    this.setDrawing(bitsOf(digits, row));
    return digits.pixels.slice(row * N, (row + 1) * N);
  }

  /** The class of the starter digit that stands first in the data; null where that is no starter digit. */
  #classOf(digits: GreyImages): number | null {
    const first = this.images.at(0);
    if (!first || !digits.labels) return null;
    for (let row = 0; row < digits.count; row++)
      if (distance(bitsOf(digits, row), first) === 0) return digits.labels[row];
    return null;
  }

  setDrawing(bits: Bits): void {
    this.values.drawing = bits.includes(1) ? writeImage(bits) : '';
  }

  /** Steps of gradient descent on the chosen distance. */
  descend(steps: number): void {
    if (!this.standings) return;
    let { noise } = this.values;
    for (let i = 0; i < steps; i++) noise = stepped(this.standings[this.family], noise);
    this.setNoise(noise);
  }

  /** As finely as a link carries it: a link gives the very same samples. */
  setNoise(noise: number): void {
    this.values.noise = Number(noise.toFixed(params.noise.decimals));
  }

  drawOthers(): void {
    this.values.seed = (this.values.seed + 1) % 0x10000;
  }

  /** Samples of the chosen model, number `first` on; none while there are no images. */
  samples(first: number, count: number): Bits[] {
    if (this.images.length === 0) return [];
    return Array.from({ length: count }, (_, i) =>
      sampleOf(this.family, this.images, this.values.noise, this.values.seed, first + i),
    );
  }

  #standings(kind: Distance): PerFamily<Standing[]> | null {
    const { images } = this;
    return images.length < 2
      ? null
      : {
          coins: standingsOf('coins', kind, images),
          copies: standingsOf('copies', kind, images),
          shifts: standingsOf('shifts', kind, images),
        };
  }
}

function lowestOf(standings: PerFamily<Standing[]> | null): PerFamily<number> | null {
  return (
    standings && {
      coins: lowest(standings.coins),
      copies: lowest(standings.copies),
      shifts: lowest(standings.shifts),
    }
  );
}

/** Rows of the images of a class; of all images where they carry none. */
function rowsOf({ count, labels }: GreyImages, digit: number): number[] {
  return Array.from({ length: count }, (_, row) => row).filter((row) => !labels || labels[row] === digit);
}

function bitsOf({ pixels }: GreyImages, row: number): Bits {
  return pixels.subarray(row * N, (row + 1) * N).map((grey) => grey >> 7);
}
