import { type Frame, type Shown, toScreen } from './plane.ts';

interface Scattered {
  readonly frame: Frame;
  /** [count, 2] */
  readonly points: Float32Array;
  /** [count] */
  readonly labels: Uint8Array;
  /** [CLASSES] */
  readonly colours: readonly string[];
  readonly shows: Shown;
  /** Framed digits. The others are paler, unless no digit is framed. */
  readonly framed: ReadonlySet<number>;
}

/** With more digits than this the glyphs are small. */
const MAX_LARGE_GLYPHS = 300;
/** Opacity of digits outside the frame. */
const UNFRAMED_ALPHA = 0.28;

/** Every digit as its own glyph in its class's colour. Glyphs are drawn once a class and then copied. */
export function paint(canvas: HTMLCanvasElement, scattered: Scattered): void {
  const { frame, points, labels, colours, shows, framed } = scattered;
  const dots = window.devicePixelRatio || 1;
  canvas.width = Math.round(frame.width * dots);
  canvas.height = Math.round(frame.height * dots);
  const context = canvas.getContext('2d');
  if (!context) return;
  const size = Math.round((labels.length > MAX_LARGE_GLYPHS ? 11 : 15) * dots);
  const glyphs = colours.map((colour, y) => glyph(String(y), colour, size));
  const draw = (digit: number) => {
    const [x, y] = toScreen(frame, points[2 * digit], points[2 * digit + 1]);
    context.drawImage(
      glyphs[labels[digit]],
      Math.round(x * dots - size / 2),
      Math.round(y * dots - size / 2),
    );
  };
  context.globalAlpha = framed.size > 0 ? UNFRAMED_ALPHA : 1;
  for (let digit = 0; digit < labels.length; digit++) if (shows(digit) && !framed.has(digit)) draw(digit);
  context.globalAlpha = 1;
  for (const digit of framed) if (digit < labels.length && shows(digit)) draw(digit);
}

function glyph(text: string, colour: string, size: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  context.font = `700 ${size}px system-ui, sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillStyle = colour;
  context.fillText(text, size / 2, size * 0.54);
  return canvas;
}
