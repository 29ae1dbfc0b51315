import type { ImagesPanel, Key, Picture, PixelsPanel, ScaleLegend } from '../figure.ts';
import { type Drawn, escaped, hex, num, PAPER, text, widthOf } from './paper.ts';

/** Widest picture alone. */
const MOST = 656;
const GAP = 12;
const CAPTION = 18;

/** One picture with its scale and keys. */
export function drawPixels({ picture, legend, keys }: PixelsPanel, width: number): Drawn {
  const cell = cellFor(picture.width, Math.min(MOST, width));
  const drawn = drawPicture(picture, cell);
  return below(drawn, sizeOf(picture, cell).height, Math.min(width, MOST), legend, keys);
}

/** Pictures in rows, with captions below them. */
export function drawImages(panel: ImagesPanel, width: number): Drawn {
  const { pictures, columns, captions, legend, keys } = panel;
  const room = (width - GAP * (columns - 1)) / columns;
  const cell = cellFor(pictures.length > 0 ? pictures[0].width : 1, Math.min(room, MOST));
  let height = 0;
  const parts: string[] = [];
  for (let first = 0; first < pictures.length; first += columns) {
    const row = pictures.slice(first, first + columns);
    row.forEach((picture, at) => {
      const size = sizeOf(picture, cell);
      const x = at * (size.width + GAP);
      const caption = captions?.[first + at];
      parts.push(`<g transform="translate(${num(x)} ${num(height)})">${drawPicture(picture, cell)}`);
      if (caption !== undefined)
        parts.push(
          text(0, size.height + 14, fitted(caption, size.width + GAP - 4), { size: 12, colour: PAPER.soft }),
        );
      parts.push('</g>');
    });
    height +=
      Math.max(...row.map((picture) => sizeOf(picture, cell).height)) + (captions ? CAPTION : 0) + GAP;
  }
  return below(parts.join(''), Math.max(0, height - GAP), width, legend, keys);
}

/** Whole units a pixel, so that all pixels are of one size also as dots. */
function cellFor(pixels: number, room: number): number {
  return Math.max(1, Math.floor(room / pixels));
}

function sizeOf({ width, colours }: Picture, cell: number) {
  return { width: width * cell, height: (colours.length / 3 / width) * cell };
}

/** Pixels as rectangles, all of one colour in one path, those beside each other as one. */
function drawPicture(picture: Picture, cell: number): string {
  const { width, colours, marks, framed = [] } = picture;
  const size = sizeOf(picture, cell);
  const paths = new Map<string, string[]>();
  for (let row = 0; row < size.height / cell; row++) {
    for (let from = 0; from < width;) {
      const colour = colourOf(colours, row * width + from);
      let to = from + 1;
      while (to < width && colourOf(colours, row * width + to) === colour) to++;
      const path = paths.get(colour) ?? [];
      path.push(`M${from * cell} ${row * cell}h${(to - from) * cell}v${cell}h${(from - to) * cell}z`);
      paths.set(colour, path);
      from = to;
    }
  }
  const filled = [...paths].map(([colour, path]) => `<path fill="${colour}" d="${path.join('')}"/>`).join('');
  const frames = framed.map((pixel) => {
    const [x, y] = [(pixel % width) * cell, Math.floor(pixel / width) * cell];
    return `<rect x="${x - 1}" y="${y - 1}" width="${cell + 2}" height="${cell + 2}" fill="none" stroke="${PAPER.accent}" stroke-width="2"/>`;
  });
  return (
    `<g shape-rendering="crispEdges">${filled}${marks ? drawMarks(marks, width, cell) : ''}</g>` +
    `<rect x="-0.5" y="-0.5" width="${size.width + 1}" height="${size.height + 1}" fill="none" stroke="${PAPER.strong}"/>` +
    frames.join('')
  );
}

function drawMarks(marks: NonNullable<Picture['marks']>, width: number, cell: number): string {
  const paths = { hatch: '', dot: '' };
  const side = Math.max(1, Math.round(cell / 4));
  const inset = Math.floor((cell - side) / 2);
  marks.forEach((mark, pixel) => {
    const [x, y] = [(pixel % width) * cell, Math.floor(pixel / width) * cell];
    if (mark === 'hatch') paths.hatch += `M${x} ${y}h${cell}v${cell}h${-cell}z`;
    else if (mark === 'dot') paths.dot += `M${x + inset} ${y + inset}h${side}v${side}h${-side}z`;
  });
  return `<path fill="url(#hatch)" d="${paths.hatch}"/><path fill="${PAPER.strong}" d="${paths.dot}"/>`;
}

function colourOf(colours: Uint8Array, pixel: number): string {
  return hex(colours[3 * pixel], colours[3 * pixel + 1], colours[3 * pixel + 2]);
}

/** A picture with the scale of its colours and their keys below it. */
function below(
  picture: string,
  height: number,
  width: number,
  legend: ScaleLegend | undefined,
  keys: readonly Key[] = [],
): Drawn {
  let svg = picture;
  let bottom = height;
  if (legend) {
    svg += `<g transform="translate(0 ${num(bottom + 10)})">${drawLegend(legend, Math.min(width, 320))}</g>`;
    bottom += 50;
  }
  if (keys.length > 0) {
    let x = 0;
    bottom += 12;
    for (const { colour, words } of keys) {
      const wide = 22 + widthOf(words, 13) + 16;
      if (x > 0 && x + wide > width) {
        x = 0;
        bottom += 22;
      }
      svg += `<rect x="${num(x)}" y="${num(bottom)}" width="14" height="14" fill="${escaped(colour)}" stroke="${PAPER.strong}"/>`;
      svg += text(x + 20, bottom + 12, words, { size: 13, colour: PAPER.soft });
      x += wide;
    }
    bottom += 18;
  }
  return { svg, height: bottom };
}

/** 64 steps of the scale look smooth and stay few. */
function drawLegend({ colours, from, to, words }: ScaleLegend, width: number): string {
  const steps = 64;
  const wide = width / steps;
  let bar = '';
  for (let at = 0; at < steps; at++) {
    const colour = colourOf(colours, Math.round((at / (steps - 1)) * 255));
    bar += `<rect x="${num(at * wide)}" width="${num(wide + 0.5)}" height="10" fill="${colour}"/>`;
  }
  return (
    bar +
    text(0, 26, from, { size: 12, colour: PAPER.soft }) +
    text(width / 2, 26, words, { size: 12, colour: PAPER.soft, anchor: 'middle' }) +
    text(width, 26, to, { size: 12, colour: PAPER.soft, anchor: 'end' })
  );
}

/** Cut to about this width. */
function fitted(words: string, width: number): string {
  const longest = Math.max(2, Math.floor(width / (12 * 0.54)));
  return words.length > longest ? `${words.slice(0, longest - 1)}…` : words;
}
