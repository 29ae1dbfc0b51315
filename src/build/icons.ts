import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';

/**
 * Draws the app's icons into a folder: a drop of ink with a highlight in the accent colour. Run once after a change
 * of the drawing:
 *
 *     node -e "import('vite').then((v) => v.runnerImport('./src/build/icons.ts')).then((m) => m.module.writeIcons('public/icons'))"
 */
export function writeIcons(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'icon.svg'), SVG);
  for (const [name, size, inset] of [
    ['icon-192.png', 192, 0.1],
    ['icon-512.png', 512, 0.1],
    // Launchers crop it to any shape: the drop stays within the middle four fifths, the background fills the square.
    ['maskable-512.png', 512, 0.2],
    ['apple-touch-180.png', 180, 0.14],
  ] as const) {
    const rounded = name.startsWith('icon');
    writeFileSync(
      join(folder, name),
      encode({ width: size, height: size, channels: 4, data: draw(size, inset, rounded) }),
    );
  }
}

const BACKGROUND = [0xf6, 0xf1, 0xe7] as const;
const INK = [0x1e, 0x20, 0x24] as const;
const ACCENT = [0xd2, 0x4a, 0x2a] as const;

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <rect width="32" height="32" rx="7" fill="#f6f1e7"/>
  <path d="M16 4.6c4.4 6.2 8 9.7 8 14.5a8 8 0 0 1-16 0C8 14.3 11.6 10.8 16 4.6z" fill="#1e2024"/>
  <path d="M12.2 20a4 4 0 0 0 3.6 3.8" fill="none" stroke="#d24a2a" stroke-width="2" stroke-linecap="round"/>
</svg>
`;

/** Points of the drop's right flank, [x, y] in a box of 32: a cubic from the tip to the widest place. */
const FLANK = Array.from({ length: 65 }, (_, i) => {
  const t = i / 64;
  const at = (a: number, b: number, c: number, d: number) =>
    (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t ** 2 * c + t ** 3 * d;
  return [at(16, 21, 25, 25), at(3, 10, 14, 19.5)] as const;
});

/** RGBA of the icon, each pixel the mean of 4x4 points. `inset` is the margin round the box of 32, as a share. */
function draw(size: number, inset: number, rounded: boolean): Uint8Array {
  const data = new Uint8Array(size * size * 4);
  const scale = 32 / (size * (1 - 2 * inset));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const sum = [0, 0, 0, 0];
      for (let s = 0; s < 16; s++) {
        const px = x + ((s % 4) + 0.5) / 4;
        const py = y + (Math.floor(s / 4) + 0.5) / 4;
        if (rounded && !insideSquare(px / size, py / size)) continue;
        const colour = colourAt((px - inset * size) * scale, (py - inset * size) * scale);
        colour.forEach((value, i) => (sum[i] += value));
        sum[3] += 255;
      }
      const covered = sum[3] / 255;
      for (let i = 0; i < 3; i++) data[4 * (y * size + x) + i] = covered > 0 ? sum[i] / covered : 0;
      data[4 * (y * size + x) + 3] = sum[3] / 16;
    }
  }
  return data;
}

/** A square of side 1 with corners of radius 0.22. */
function insideSquare(x: number, y: number): boolean {
  const dx = Math.max(0, Math.abs(x - 0.5) - 0.28);
  const dy = Math.max(0, Math.abs(y - 0.5) - 0.28);
  return Math.hypot(dx, dy) <= 0.22;
}

function colourAt(x: number, y: number): readonly [number, number, number] {
  if (nearGlint(x, y)) return ACCENT;
  const below = y >= 19.5 && Math.hypot(x - 16, y - 19.5) <= 9;
  const above = y >= 3 && y < 19.5 && Math.abs(x - 16) <= halfWidth(y);
  return below || above ? INK : BACKGROUND;
}

function halfWidth(y: number): number {
  const at = FLANK.findIndex(([, fy]) => fy >= y);
  if (at <= 0) return 0;
  const [x0, y0] = FLANK[at - 1];
  const [x1, y1] = FLANK[at];
  return x0 + ((x1 - x0) * (y - y0)) / (y1 - y0) - 16;
}

/** A round-ended arc of radius 4.6 in the drop's lower left. */
function nearGlint(x: number, y: number): boolean {
  const angle = Math.min(Math.PI, Math.max(1.75, Math.atan2(y - 20, x - 16.4)));
  return Math.hypot(x - 16.4 - 4.6 * Math.cos(angle), y - 20 - 4.6 * Math.sin(angle)) <= 1.15;
}
