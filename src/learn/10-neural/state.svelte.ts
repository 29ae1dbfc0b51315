import type { ChapterTools } from '../../app/learn/chapter-tools.ts';
import { type PackedImages, pixelCount, unpackImage } from '../../data/images.ts';
import { layersOf as ownLayers } from '../../models/pixelcnn/layout.ts';
import type { Model } from '../../models/model.ts';
import { choice, MAX_SEED, seed, text, type Values, whole } from '../state/params.ts';
import { anew, carried } from './counting.ts';
import { ARITHMETIC, FAMILIES, type Family, GRID, type Level, LEVELS, LEVELS_OF, PLANS } from './families.ts';
import {
  layersOf,
  pathFrom,
  type Sight,
  trace,
  weightsOf,
  wholeWindow,
  type Window,
  windowOf,
} from './masks.ts';
import {
  degreeOf,
  feeds,
  filterSum,
  imageSum,
  pixelSum,
  type Sum,
  type Unit,
  unitCount,
  unitSum,
  weightsByPixel,
} from './sums.ts';
import { Runs } from './runs.svelte.ts';
import type { Checkpoint } from './training.ts';

/** Pixels of the networks that are trained here. */
export const PIXELS = pixelCount(GRID);
const N = PIXELS;
/** The grid of the window's figure, and the side of its pixels' square. */
export const WIDE = { width: 28, height: 28 };
/** More checkpoints than any run keeps: the last one is shown while none is chosen. */
export const LATEST = 31;
/** Images drawn from every checkpoint. */
export const SAMPLES = 12;

export const params = {
  family: choice('fvsbn', FAMILIES),
  level: choice('image', LEVELS),
  /** The middle of the digit's lower half. */
  pixel: whole(118, 0, N - 1),
  unit: whole(4, 0, 31),
  channel: whole(7, 0, 31),
  digit: whole(2, 0, 999),
  /** The visitor's own image, four pixels a hexadecimal digit; empty where the digit is as it was. */
  drawn: text('', /^[0-9a-f]{49}$/),
  checkpoint: whole(LATEST, 0, LATEST),
  seed: seed(1),
  side: whole(14, 2, 28),
  hidden: whole(16, 1, 500),
  at: whole(50, 1, 100),
  kernel: choice('7', ['3', '5', '7']),
  layers: whole(5, 0, 8),
  channels: choice('64', ['16', '32', '64']),
  /** The pixel whose window is drawn, and one that the visitor asks about; on WIDE. */
  centre: whole(22 * 28 + 8, 0, 783),
  probe: whole(10 * 28 + 24, 0, 783),
} as const;

/** Four networks that are trained in the page, the image they read, and where the picture is zoomed to. */
export class Neural {
  readonly values: Values<typeof params>;
  readonly runs: Runs;

  readonly checkpoints = $derived.by((): readonly Checkpoint[] => this.runs.checkpoints(this.family));
  /** Number of the checkpoint that is shown. */
  readonly shown = $derived.by(() =>
    Math.max(0, Math.min(this.values.checkpoint, this.checkpoints.length - 1)),
  );
  readonly checkpoint = $derived.by((): Checkpoint | null => this.checkpoints.at(this.shown) ?? null);
  /** Pixels as 0 and 1, [n]; null while the digits are on their way. */
  readonly image = $derived.by((): Uint8Array | null => {
    const { drawn, digit } = this.values;
    if (drawn) return fromHex(drawn);
    return this.runs.digits && unpackImage(this.runs.digits, digit);
  });
  /** p(x_i = 1 | the pixels before) is the sigmoid of these, [n]. */
  readonly logits = $derived.by(() =>
    this.#of((model, x) => ARITHMETIC[this.family].definition.logits(model, x)),
  );
  readonly whole = $derived.by(() => this.logits && this.image && imageSum(this.logits, this.image));
  readonly output = $derived.by(() =>
    this.#of((model, x) => pixelSum(this.family, model, x, this.values.pixel)),
  );
  readonly hidden = $derived.by((): Unit | null =>
    this.#of((model, x) =>
      this.family === 'fvsbn' ? null : unitSum(this.family, model, x, this.values.pixel, this.unit),
    ),
  );
  readonly filter = $derived.by(() =>
    this.#of((model, x) =>
      this.family === 'pixelcnn' ? filterSum(model, x, this.values.pixel, this.values.channel) : null,
    ),
  );
  /** The sum of the level that the picture is zoomed to. */
  readonly sum = $derived.by((): Sum | null => {
    return { image: this.whole, pixel: this.output, unit: this.hidden, filter: this.filter }[this.level];
  });
  /** See `weightsByPixel`, [n]. */
  readonly pixelWeights = $derived.by(() => {
    const { pixel, channel } = this.values;
    return this.#of((model) =>
      weightsByPixel(this.family, model, this.level, { pixel, unit: this.unit, channel }),
    );
  });
  /** The last pixel that the chosen unit of MADE may see; null in other families. */
  readonly degree = $derived.by(() =>
    this.family === 'made' && this.checkpoint ? degreeOf(this.checkpoint.model, this.unit) : null,
  );
  /** What every pixel is to the chosen one, or to the unit of MADE that is looked at. */
  readonly sight = $derived.by((): readonly Sight[] => {
    const { pixel } = this.values;
    if (this.family === 'pixelcnn') return windowOf(GRID, pixel, OWN_LAYERS).sight;
    const last = this.level === 'unit' && this.degree !== null ? this.degree : pixel;
    return Array.from({ length: N }, (_, j) => (j === pixel ? 'itself' : j > last ? 'later' : 'seen'));
  });
  readonly samples = $derived.by((): PackedImages | null => {
    const { checkpoint } = this;
    if (!checkpoint) return null;
    const indices = Uint32Array.from({ length: SAMPLES }, (_, i) => i);
    const opened = ARITHMETIC[this.family].reference.open(checkpoint.model);
    const sampler = opened.sampler({ seed: this.values.seed, indices, temperature: 1 });
    sampler.advance(N);
    return sampler.images;
  });

  readonly stack = $derived.by(() => ({
    kernel: Number(this.values.kernel),
    layers: this.values.layers,
    channels: Number(this.values.channels),
  }));
  readonly weights = $derived.by(() => weightsOf(this.stack));
  readonly window = $derived.by((): Window => windowOf(WIDE, this.values.centre, layersOf(this.stack)));
  /** The same of a pixel far from all edges. */
  readonly wholeWindow = $derived.by((): Window => wholeWindow(layersOf(this.stack)));
  /** A path from the probed pixel to the window's; null where the masks leave none. */
  readonly path = $derived.by(() =>
    pathFrom(trace(WIDE, this.values.centre, layersOf(this.stack)), this.values.probe),
  );

  constructor(values: Values<typeof params>, tools: ChapterTools) {
    this.values = values;
    this.runs = new Runs(tools);
  }

  get family(): Family {
    return this.values.family as Family;
  }

  /** The level chosen, or the deepest that this family has. */
  get level(): Level {
    const own = LEVELS_OF[this.family];
    return own.find((level) => level === this.values.level) ?? own[own.length - 1];
  }

  /** Hidden units, 0 while there is no network. */
  get units(): number {
    return this.checkpoint ? unitCount(this.family, this.checkpoint.model) : 0;
  }

  /** The unit chosen, or the last one that this family has. */
  get unit(): number {
    return Math.max(0, Math.min(this.values.unit, this.units - 1));
  }

  /** Whether a hidden unit is connected to the chosen pixel. */
  feeds(unit: number): boolean {
    return !this.checkpoint || feeds(this.family, this.checkpoint.model, unit, this.values.pixel);
  }

  /** Into the sum of a pixel, a hidden unit or a filter. */
  zoom(
    level: Level,
    number = this.values[level === 'filter' ? 'channel' : level === 'unit' ? 'unit' : 'pixel'],
  ): void {
    if (level === 'pixel') this.values.pixel = number;
    if (level === 'unit') this.values.unit = number;
    if (level === 'filter') this.values.channel = number;
    this.values.level = level;
  }

  /** How far a kernel of the window's figure reaches to one side. */
  get half(): number {
    return (this.stack.kernel - 1) / 2;
  }

  /** Pixels of the grid of the counting figure, and how far the counter has run. */
  get pixels(): number {
    return this.values.side ** 2;
  }

  get counted(): number {
    return Math.max(1, Math.round((this.pixels * this.values.at) / 100));
  }

  get products(): { readonly carried: number; readonly anew: number } {
    return {
      carried: carried(this.counted, this.values.hidden),
      anew: anew(this.counted, this.values.hidden),
    };
  }

  /** Trains the chosen family, and shows its newest checkpoint meanwhile. */
  train(): void {
    this.values.checkpoint = LATEST;
    void this.runs.train(this.family);
  }

  /** Shows a checkpoint by its number; the last one is followed by those to come. */
  show(number: number): void {
    this.values.checkpoint = number >= this.checkpoints.length - 1 ? LATEST : number;
  }

  toggle(pixel: number): void {
    const { image } = this;
    if (!image) return;
    this.values.drawn = toHex(image.map((bit, i) => (i === pixel ? 1 - bit : bit)));
  }

  clear(): void {
    this.values.drawn = toHex(new Uint8Array(N));
  }

  takeDigit(by: number): void {
    this.values.digit = (this.values.digit + by + 1000) % 1000;
    this.values.drawn = '';
  }

  takeSeed(): void {
    this.values.seed = (this.values.seed + 1) % (MAX_SEED + 1);
  }

  #of<T>(value: (model: Model, x: Uint8Array) => T): T | null {
    return this.checkpoint && this.image ? value(this.checkpoint.model, this.image) : null;
  }
}

/** The layers of the PixelCNN that is trained here. */
const OWN_LAYERS = ownLayers(PLANS.pixelcnn.hyper.blocks).flatMap(({ layer, copies }) =>
  Array.from({ length: copies }, () => layer),
);

/** [n] of 0 and 1 as hexadecimal digits, pixel 0 being the highest bit of the first. */
export function toHex(image: Uint8Array): string {
  return Array.from({ length: image.length / 4 }, (_, at) =>
    image
      .subarray(4 * at, 4 * at + 4)
      .reduce((sum, bit) => 2 * sum + bit, 0)
      .toString(16),
  ).join('');
}

export function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(
    { length: 4 * digits.length },
    (_, i) => (Number.parseInt(digits[i >> 2], 16) >> (3 - (i & 3))) & 1,
  );
}
