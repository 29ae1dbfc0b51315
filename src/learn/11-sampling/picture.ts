import type { Look, Mark } from '../../ui/parts/pixels.ts';

type Rgb = readonly [number, number, number];

/** Paper, ink, and what is not decided yet, in the light and in the dark theme. */
const LIGHT: readonly Rgb[] = [
  [255, 255, 255],
  [30, 32, 36],
  [236, 229, 214],
];
const DARK: readonly Rgb[] = [
  [16, 18, 22],
  [236, 231, 220],
  [38, 42, 49],
];

/** An image, [n], whose pixels from `decided` on are hatched, and pixels that `dotted` names, [n], have a dot. */
export function pictureOf(
  image: ArrayLike<number>,
  dark: boolean,
  decided = image.length,
  dotted?: (pixel: number) => boolean,
): Look {
  const shades = dark ? DARK : LIGHT;
  const colours = new Uint8Array(3 * image.length);
  const marks = Array.from({ length: image.length }, (_, i): Mark => {
    colours.set(shades[i < decided ? image[i] : 2], 3 * i);
    if (i >= decided) return 'hatch';
    return dotted?.(i) ? 'dot' : '';
  });
  return { colours, marks };
}

/** The colours of `look`, with those of the pixels from `decided` on replaced by the one of what is not decided yet. */
export function hatchedFrom(look: Look, decided: number, dark: boolean): Look {
  const colours = look.colours.slice();
  const marks = Array.from({ length: colours.length / 3 }, (_, i): Mark => (i < decided ? '' : 'hatch'));
  for (let i = decided; i < marks.length; i++) colours.set((dark ? DARK : LIGHT)[2], 3 * i);
  return { colours, marks };
}
