import { threefry2x32, uniform } from '../../data/rng.ts';

/** A picture as its pixels. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of every pixel in raster order, [width * height, 3] u8. */
  readonly rgb: Uint8Array<ArrayBuffer>;
}

/** Side of the pictures that come with the chapter, and the largest of a visitor's own after scaling. */
export const SIDE = 128;

/** Pictures that are drawn by this file. */
export const BUILT_IN = ['landscape', 'fruit'] as const;
export type BuiltIn = (typeof BUILT_IN)[number];

type Colour = readonly [red: number, green: number, blue: number];
/** The colour of a point, x to the right and y downwards in 0 to 1, each channel 0 to 1. */
type Scene = (x: number, y: number) => Colour;

export function builtIn(name: BuiltIn): Picture {
  const scene = name === 'fruit' ? fruit : landscape;
  const rgb = new Uint8Array(SIDE * SIDE * 3);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const colour = scene(((i % SIDE) + 0.5) / SIDE, (Math.floor(i / SIDE) + 0.5) / SIDE);
    // Grain, as a camera has it: most of it in all channels alike.
    const light = 1 + 0.05 * grain(i, 0);
    colour.forEach((value, channel) => {
      const level = value * light + 0.008 * grain(i, channel + 1);
      rgb[3 * i + channel] = Math.min(255, Math.max(0, Math.round(255 * level)));
    });
  }
  return { width: SIDE, height: SIDE, rgb };
}

/** Sum of three uniforms, about normal, mean 0 and standard deviation 1. */
function grain(i: number, stream: number): number {
  const [pair, other] = [new Uint32Array(2), new Uint32Array(2)];
  threefry2x32(stream, 0xc0102, i, 0, pair);
  threefry2x32(stream, 0xc0102, i, 1, other);
  return 2 * (uniform(pair[0]) + uniform(pair[1]) + uniform(other[0]) - 1.5);
}

/** Smooth noise in -1 to 1 whose features are about 1 / `scale` wide. */
function waves(x: number, y: number, scale: number): number {
  const [u, v] = [x * scale, y * scale];
  const [column, row] = [Math.floor(u), Math.floor(v)];
  const ease = (t: number): number => t * t * (3 - 2 * t);
  const corner = (dx: number, dy: number): number => {
    const pair = new Uint32Array(2);
    threefry2x32(scale, 0xc0103, column + dx, row + dy, pair);
    return 2 * uniform(pair[0]) - 1;
  };
  const [s, t] = [ease(u - column), ease(v - row)];
  return mix(mix(corner(0, 0), corner(1, 0), s), mix(corner(0, 1), corner(1, 1), s), t);
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

function blend(a: Colour, b: Colour, share: number): Colour {
  const s = Math.min(1, Math.max(0, share));
  return [mix(a[0], b[0], s), mix(a[1], b[1], s), mix(a[2], b[2], s)];
}

/** Sky with a sun, two ridges, a meadow and a lake that mirrors the sky. */
const landscape: Scene = (x, y) => {
  const SHORE = 0.8;
  const above = y < SHORE ? y : 2 * SHORE - y - 0.1;
  const sky = blend([0.2, 0.45, 0.82], [0.98, 0.82, 0.62], above / 0.5);
  const sun = Math.hypot(x - 0.7, above - 0.22);
  const lit = blend([1, 0.95, 0.75], sky, (sun - 0.06) / 0.1);
  const far = 0.42 + 0.08 * waves(x, 0, 4) + 0.02 * waves(x, 0, 17);
  const near = 0.56 + 0.05 * waves(x, 0.3, 3);
  if (y >= SHORE) {
    const mirrored = blend(above > far ? [0.25, 0.4, 0.45] : lit, [0.1, 0.25, 0.4], 0.45);
    return blend(mirrored, [0.85, 0.92, 0.95], 0.25 * Math.max(0, waves(x, y * 6, 14)));
  }
  if (y > near) {
    const meadow = blend(
      [0.52, 0.62, 0.2],
      [0.16, 0.34, 0.12],
      (y - near) / (SHORE - near) + 0.4 * waves(x, y, 22),
    );
    return meadow;
  }
  if (y > far) return blend([0.45, 0.5, 0.62], [0.28, 0.38, 0.42], (y - far) / 0.15 + 0.2 * waves(x, y, 13));
  return lit;
};

/** Centre, radius and colour of each fruit, the nearest last. */
const FRUITS: readonly (readonly [x: number, y: number, radius: number, colour: Colour])[] = [
  [0.2, 0.42, 0.15, [0.42, 0.64, 0.16]],
  [0.52, 0.36, 0.17, [0.93, 0.52, 0.08]],
  [0.82, 0.46, 0.14, [0.4, 0.14, 0.42]],
  [0.34, 0.62, 0.18, [0.78, 0.1, 0.1]],
  [0.68, 0.66, 0.17, [0.95, 0.83, 0.2]],
  [0.12, 0.74, 0.09, [0.36, 0.12, 0.4]],
  [0.9, 0.78, 0.08, [0.8, 0.12, 0.14]],
];

/** Round fruit on a wooden table before a wall, lit from the upper left. */
const fruit: Scene = (x, y) => {
  const wall = blend([0.86, 0.84, 0.76], [0.62, 0.6, 0.55], x * 0.7 + y * 0.5);
  const wood = blend([0.6, 0.4, 0.22], [0.4, 0.24, 0.12], 0.5 + 0.5 * waves(x, y * 5, 6));
  const behind = y < 0.55 ? wall : wood;
  const shadow = FRUITS.reduce(
    (dark, [cx, cy, r]) => Math.max(dark, 1 - Math.hypot((x - cx - 0.04) / 1.2, (y - cy - r * 0.7) * 2) / r),
    0,
  );
  let colour = blend(behind, [0.12, 0.08, 0.06], y < 0.55 ? 0 : 0.9 * shadow);
  for (const [cx, cy, r, skin] of FRUITS) {
    const [u, v] = [(x - cx) / r, (y - cy) / r];
    const depth = 1 - u * u - v * v;
    if (depth <= 0) continue;
    const light = Math.max(0, -0.5 * u - 0.6 * v + 0.62 * Math.sqrt(depth));
    const spotted = 1 + 0.12 * waves(x, y, 30);
    const level = (0.25 + 0.85 * light) * spotted;
    colour = blend([skin[0] * level, skin[1] * level, skin[2] * level], [1, 0.97, 0.9], (light - 0.9) * 5);
  }
  return colour;
};
