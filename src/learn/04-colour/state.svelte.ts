import { choice, MAX_SEED, seed, type Values, whole } from '../state/params.ts';
import {
  coloursOf,
  DEPTHS,
  fitModels,
  logIndependent,
  logJoint,
  meanLog,
  type Models,
  presentIn,
  sampleIndependent,
  sampleJoint,
  type Split,
  splitPixels,
  strayShare,
} from './colour.ts';
import { type OwnPicture, readPicture, type Refusal } from './own-picture.ts';
import { BUILT_IN, type BuiltIn, builtIn, type Picture } from './pictures.ts';

/** Numbers of training pixels to choose from. */
export const TRAINING = [32, 128, 512, 2048, 8192] as const;
/** Colours drawn from each model: 48 x 48. */
export const DRAWN_SIDE = 48;
/** What the prediction is about, whatever the figures show by then: how many pixels of the landscape are learned from. */
const ASKED_TRAINING = 2048;
export const params = {
  picture: choice('landscape', BUILT_IN),
  bits: whole(4, DEPTHS[0], DEPTHS[DEPTHS.length - 1]),
  train: choice(String(ASKED_TRAINING), TRAINING.map(String)),
  /** Whether only colours that the picture does not hold are shown. */
  only: choice('all', ['all', 'strays']),
  /** Whether the likelihoods of the pixels held out are shown before they have been predicted. */
  scores: choice('hidden', ['hidden', 'shown']),
  seed: seed(7),
} as const;

/** Both models at one depth, and what they give to held-out pixels. */
export interface Fit {
  readonly models: Models;
  /** Colours of all pixels of the picture, [count]. */
  readonly colours: Uint32Array;
  /** The different ones among them. */
  readonly present: ReadonlySet<number>;
  /** Mean log p of the pixels held out, in nats. */
  readonly joint: number;
  readonly independent: number;
}

/** A picture, of which one half of the pixels is held out, and two models of the colour of one pixel. */
export class ColourPixel {
  readonly values: Values<typeof params>;
  /** The visitor's picture, which no link carries: kept while another is shown, until the next one is taken. */
  own = $state.raw<OwnPicture | null>(null);
  #ownShown = $state(false);
  /** Why the visitor's picture was not taken. */
  refusal = $state.raw<Refusal | null>(null);
  /** Whether a picture is being decoded. */
  busy = $state(false);
  #latest = 0;
  /** The picture that is shown. */
  readonly chosen = $derived.by<BuiltIn | 'own'>(() =>
    this.#ownShown ? 'own' : (BUILT_IN.find((each) => each === this.values.picture) ?? 'landscape'),
  );
  readonly picture = $derived.by<Picture>(() =>
    this.chosen === 'own' && this.own ? this.own : builtIn(this.chosen === 'fruit' ? 'fruit' : 'landscape'),
  );
  readonly split = $derived.by(() =>
    splitPixels(this.picture.width * this.picture.height, Number(this.values.train), this.values.seed),
  );
  /** One for every depth. */
  readonly fits = $derived(DEPTHS.map((bits) => fitAt(this.picture, this.split, bits)));
  /** The landscape's pixels and the fit at the deepest depth that the prediction asks about. */
  readonly asked = $derived.by(() => {
    const picture = builtIn('landscape');
    const split = splitPixels(picture.width * picture.height, ASKED_TRAINING, this.values.seed);
    return { split, fit: fitAt(picture, split, DEPTHS[DEPTHS.length - 1]) };
  });
  readonly fit = $derived.by(() => this.fits[this.values.bits - DEPTHS[0]]);
  /** Colours drawn from each model, as many as are shown. */
  readonly drawn = $derived.by(() => {
    const { models } = this.fit;
    const count = DRAWN_SIDE ** 2;
    return {
      joint: sampleJoint(models, this.values.seed, count),
      independent: sampleIndependent(models, this.values.seed, count),
    };
  });
  /** What each model gives to colours that the picture does not hold. */
  readonly strays = $derived.by(() => {
    const { models, present } = this.fit;
    return {
      joint: strayShare((colour) => logJoint(models, colour), present),
      independent: strayShare((colour) => logIndependent(models, colour), present),
    };
  });

  constructor(values: Values<typeof params>) {
    this.values = values;
  }

  choose(name: BuiltIn | 'own'): void {
    this.#stop();
    this.#ownShown = name === 'own' && this.own !== null;
    if (name !== 'own') this.values.picture = name;
  }

  /** Shows what the link says; the visitor's picture can be chosen again. */
  putAway(): void {
    this.#stop();
    this.#ownShown = false;
  }

  takeOwn(picture: OwnPicture): void {
    this.own = picture;
    this.choose('own');
  }

  /** What is being decoded is not wanted any more. */
  #stop(): void {
    this.#latest++;
    this.busy = false;
    this.refusal = null;
  }

  /** Takes the first picture of some files; the newest one counts where several are decoded. */
  async takeFile(file: File): Promise<void> {
    this.#stop();
    const turn = this.#latest;
    this.busy = true;
    const read = await readPicture(file);
    if (turn !== this.#latest) return;
    this.busy = false;
    if ('refused' in read) this.refusal = read;
    else this.takeOwn(read);
  }

  drawOthers(): void {
    this.values.seed = (this.values.seed + 1) % (MAX_SEED + 1);
  }
}

/** Both models of a picture's training pixels, with `bits` a channel. */
function fitAt(picture: Picture, split: Split, bits: number): Fit {
  const colours = coloursOf(picture.rgb, bits);
  const at = (pixels: Uint32Array): Uint32Array => pixels.map((pixel) => colours[pixel]);
  const models = fitModels(at(split.train), bits);
  const held = at(split.held);
  return {
    models,
    colours,
    present: presentIn(colours),
    joint: meanLog((colour) => logJoint(models, colour), held),
    independent: meanLog((colour) => logIndependent(models, colour), held),
  };
}
