import type { Figure, Panel } from '../figure.ts';
import { LINK_ELEMENT } from '../link-in-picture.ts';
import { drawBars, drawHistogram } from './bars.ts';
import { drawLines } from './lines.ts';
import { type Drawn, escaped, FONT, num, PAPER, text, wrapped } from './paper.ts';
import { drawImages, drawPixels } from './pixels.ts';
import { drawPoints } from './points.ts';

/** Width of a page by the number of panels in a row, in units of the picture. */
const WIDTHS = [720, 960, 1280] as const;
const MARGIN = 32;
const GAP = 32;
const NOTE = 13;
const LINK = 10;
/** Width of a character of a font whose characters are all of one width, as a share of its size. */
const MONO = 0.62;
/** So many pictures in a row, with what is written below them, need a wider page. */
const MANY = 6;

/** A figure as an SVG document, and its size in units. */
export interface Drawing {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/** Draws a figure in the colours of the light theme. Its texts are text; the link to its experiment is below it, and in an element of its own. */
export function drawFigure(figure: Figure, link: string): Drawing {
  const { title, description, panels, notes } = figure;
  const columns = Math.min(WIDTHS.length, Math.max(1, figure.columns));
  const many = panels.some((panel) => panel.kind === 'images' && panel.columns >= MANY);
  const width = WIDTHS[Math.max(many ? 1 : 0, columns - 1)];
  const room = (width - 2 * MARGIN - GAP * (columns - 1)) / columns;
  const parts: string[] = [];
  let y = MARGIN;
  for (const line of wrapped(title, width - 2 * MARGIN, 22)) {
    y += 24;
    parts.push(text(MARGIN, y, line, { size: 22, weight: 600 }));
  }
  y += 24;
  for (let first = 0; first < panels.length; first += columns) {
    const row = panels.slice(first, first + columns).map((panel) => titled(panel, room));
    row.forEach(({ svg }, at) => {
      parts.push(`<g transform="translate(${num(MARGIN + at * (room + GAP))} ${num(y)})">${svg}</g>`);
    });
    y += Math.max(...row.map(({ height }) => height)) + 24;
  }
  for (const note of notes)
    for (const line of wrapped(note, width - 2 * MARGIN, NOTE)) {
      y += 19;
      parts.push(text(MARGIN, y, line, { size: NOTE, colour: PAPER.soft }));
    }
  y += 10;
  // It has no spaces to break at.
  const letters = Math.floor((width - 2 * MARGIN) / (LINK * MONO));
  parts.push(`<a href="${escaped(link)}">`);
  for (const line of `Inkling: ${link}`.match(new RegExp(`.{1,${letters}}`, 'gu')) ?? []) {
    y += 15;
    parts.push(text(MARGIN, y, line, { size: LINK, colour: PAPER.blue, mono: true }));
  }
  parts.push('</a>');
  const height = Math.ceil(y + MARGIN);
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(FONT)}">`,
    `<title>${escaped(title)}</title>`,
    `<metadata id="${LINK_ELEMENT}">${escaped(link)}</metadata>`,
    `<desc>${escaped(description)}</desc>`,
    `<defs><pattern id="hatch" patternUnits="userSpaceOnUse" width="7" height="7" patternTransform="rotate(45)"><rect width="1.4" height="7" fill="${PAPER.strong}"/></pattern></defs>`,
    `<rect width="${width}" height="${height}" fill="${PAPER.background}"/>`,
    ...parts,
    '</svg>',
  ].join('\n');
  return { svg, width, height };
}

function titled(panel: Panel, width: number): Drawn {
  const lines = panel.title === '' ? [] : wrapped(panel.title, width, 15);
  const head = lines.map((line, at) => text(0, 14 + 20 * at, line, { size: 15, weight: 600 })).join('');
  const top = lines.length > 0 ? 20 * lines.length + 6 : 0;
  const { svg, height } = draw(panel, width);
  return { svg: `${head}<g transform="translate(0 ${top})">${svg}</g>`, height: top + height };
}

function draw(panel: Panel, width: number): Drawn {
  switch (panel.kind) {
    case 'pixels':
      return drawPixels(panel, width);
    case 'images':
      return drawImages(panel, width);
    case 'lines':
      return drawLines(panel, width);
    case 'bars':
      return drawBars(panel, width);
    case 'histogram':
      return drawHistogram(panel, width);
    case 'points':
      return drawPoints(panel, width);
  }
}
