/**
 * Three colour scales. Two are monotone in lightness so that they also read in grey and under colour-vision
 * deficiencies: "probability" from deep violet over green to pale yellow, "surprise" from near white to dark red (from
 * near black to amber in the dark theme). The diverging one goes from blue to gold, which these deficiencies leave apart,
 * with near white (near black) between them. Written in OKLCH (Ottosson 2020) and turned into sRGB here.
 */

import { lazily } from '../../data/lazily.ts';

/** 256 colours, [256, 3] u8. */
export type Palette = Uint8Array;

/** Surprise is shown from 0 to this many nats; higher values take the last colour. */
export const MAX_SURPRISE = 5;

type Stop = readonly [lightness: number, chroma: number, hue: number];

const probability = scale([
  [0.24, 0.11, 303],
  [0.42, 0.11, 268],
  [0.57, 0.1, 222],
  [0.7, 0.13, 165],
  [0.83, 0.16, 128],
  [0.95, 0.14, 103],
]);

const surpriseLight = scale([
  [0.975, 0.012, 85],
  [0.86, 0.075, 70],
  [0.72, 0.14, 52],
  [0.56, 0.17, 36],
  [0.4, 0.14, 27],
  [0.25, 0.08, 20],
]);

const surpriseDark = scale([
  [0.2, 0.012, 40],
  [0.33, 0.08, 25],
  [0.47, 0.14, 30],
  [0.62, 0.17, 45],
  [0.78, 0.15, 65],
  [0.95, 0.06, 90],
]);

export function probabilityPalette(): Palette {
  return probability();
}

export function surprisePalette(dark: boolean): Palette {
  return dark ? surpriseDark() : surpriseLight();
}

const divergingLight = diverging(
  [
    [0.975, 0.003, 250],
    [0.77, 0.1, 250],
    [0.53, 0.15, 256],
    [0.33, 0.13, 262],
  ],
  [
    [0.975, 0.003, 95],
    [0.83, 0.13, 92],
    [0.61, 0.12, 84],
    [0.4, 0.085, 76],
  ],
);

const divergingDark = diverging(
  [
    [0.2, 0.003, 250],
    [0.45, 0.12, 256],
    [0.7, 0.14, 248],
    [0.88, 0.07, 235],
  ],
  [
    [0.2, 0.003, 85],
    [0.46, 0.09, 84],
    [0.72, 0.14, 88],
    [0.93, 0.12, 98],
  ],
);

/** Colour 0 is the most negative value, the middle is 0. */
export function divergingPalette(dark: boolean): Palette {
  return dark ? divergingDark() : divergingLight();
}

/** The colour of 0 on a diverging scale. */
export function neutral(palette: Palette): Uint8Array {
  return palette.subarray(3 * 128, 3 * 129);
}

type Colour = readonly [number, number, number];
type Ink = Readonly<Record<'blank' | 'ink' | 'unseen' | 'unseenInk', Colour>>;

const inkLight: Ink = {
  blank: [255, 255, 255],
  ink: [30, 32, 36],
  unseen: [232, 224, 208],
  unseenInk: [203, 193, 173],
};
const inkDark: Ink = {
  blank: [16, 18, 22],
  ink: [236, 231, 220],
  unseen: [52, 57, 66],
  unseenInk: [82, 88, 99],
};

/** Colours of a drawing's pixels: ink or blank, seen by the model or not yet. */
export function inkColours(dark: boolean): Ink {
  return dark ? inkDark : inkLight;
}

export function css([red, green, blue]: ArrayLike<number> & Iterable<number>): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** Colour number of a share of the scale, clamped to its ends. */
export function step(share: number): number {
  return Math.min(255, Math.max(0, Math.round(share * 255)));
}

/** Made with its first use. */
function scale(stops: readonly Stop[]): () => Palette {
  return lazily(() => build(stops));
}

function build(stops: readonly Stop[]): Palette {
  const palette = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1);
    const low = Math.min(stops.length - 2, Math.floor(at));
    const share = at - low;
    const [l, c, h] = stops[low].map((value, part) => value + share * (stops[low + 1][part] - value));
    palette.set(oklchToRgb(l, c, h), i * 3);
  }
  return palette;
}

/** A diverging scale; the stops of both sides go from the middle outwards. */
function diverging(below: readonly Stop[], above: readonly Stop[]): () => Palette {
  return lazily(() => {
    const [low, high] = [build(below), build(above)];
    const palette = new Uint8Array(256 * 3);
    for (let i = 0; i < 256; i++) {
      const at = 3 * Math.abs(2 * i - 255);
      palette.set((i < 128 ? low : high).subarray(at, at + 3), 3 * i);
    }
    return palette;
  });
}

function oklchToRgb(lightness: number, chroma: number, hue: number): [number, number, number] {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encode(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encode(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encode(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Linear light to an sRGB byte, clipped to the gamut. */
function encode(light: number): number {
  const value = Math.min(1, Math.max(0, light));
  return Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055));
}
