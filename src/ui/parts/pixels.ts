import type { Attachment } from 'svelte/attachments';
import { type Grid, type PackedImages, unpackImage } from '../../data/images.ts';
import { step, type Palette } from './palette.ts';

/** How a map of pixels is drawn. */
export interface Look {
  /** [n, 3] u8 */
  readonly colours: Uint8Array;
  /** Patterns over the colours, [n], so that no information is in colour alone. */
  readonly marks?: readonly Mark[];
}

export type Mark = '' | 'hatch' | 'dot';

/** The palette's colours for values from `from`, its first, to `to`, its last; values beyond take these. */
export function lookOf(values: ArrayLike<number>, palette: Palette, from: number, to: number): Look {
  const colours = new Uint8Array(3 * values.length);
  for (let i = 0; i < values.length; i++) {
    const at = 3 * step((values[i] - from) / (to - from));
    colours.set(palette.subarray(at, at + 3), 3 * i);
  }
  return { colours };
}

/** Draws opaque pixels, [n, 3] u8, at one dot of the canvas each. */
export function coloured(colours: Uint8Array, width: number): Attachment<HTMLCanvasElement> {
  return raster(width, colours.length / 3, (rgba) => {
    for (let i = 0; i < colours.length / 3; i++) {
      rgba.set(colours.subarray(3 * i, 3 * i + 3), 4 * i);
      rgba[4 * i + 3] = 255;
    }
  });
}

/** Draws black ink of these opacities, [n], 0 to 255, at one dot each; the class `inked` turns it into the theme's. */
export function inked(levels: ArrayLike<number>, width: number): Attachment<HTMLCanvasElement> {
  return raster(width, levels.length, (rgba) => {
    for (let i = 0; i < levels.length; i++) rgba[4 * i + 3] = levels[i];
  });
}

/** Draws nothing where `count` pixels fill no whole rows, such as while a grid is being replaced. */
function raster(
  width: number,
  count: number,
  fill: (rgba: Uint8ClampedArray) => void,
): Attachment<HTMLCanvasElement> {
  return (canvas) => {
    const context = canvas.getContext('2d');
    if (!context || count === 0 || count % width !== 0) return;
    canvas.width = width;
    canvas.height = count / width;
    const image = new ImageData(width, count / width);
    fill(image.data);
    context.putImageData(image, 0, 0);
  };
}

/** The opacities of one image's ink, [n], 0 or 255. */
export function inkOf(images: PackedImages, at: number): Uint8Array {
  return unpackImage(images, at).map((bit) => 255 * bit);
}

/** SVG path of the pixels that `shows` picks, one rectangle for every run in a row; a pixel has side 1. */
export function areaOf({ width, height }: Grid, shows: (pixel: number) => boolean): string {
  let path = '';
  for (let row = 0; row < height; row++) {
    for (let from = 0; from < width; from++) {
      let to = from;
      while (to < width && shows(row * width + to)) to++;
      if (to > from) path += `M${from} ${row}H${to}V${row + 1}H${from}Z`;
      from = to;
    }
  }
  return path;
}
