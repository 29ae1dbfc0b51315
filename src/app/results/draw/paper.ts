/** What all parts of a figure on paper share: the colours of the light theme, text, and its breaking into lines. */

export const PAPER = {
  background: '#ffffff',
  ink: '#1e2024',
  soft: '#59564e',
  line: '#dcd4c3',
  strong: '#8d8675',
  accent: '#a8341c',
  shade: '#f5dfd4',
  blue: '#24608a',
} as const;

export const FONT =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', 'Liberation Sans', sans-serif";

const MONO =
  "ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', monospace";

/** Of the words at axes and keys. */
export const SOFT = { size: 13, colour: PAPER.soft } as const;

/** A part of a figure: SVG elements whose top left corner is 0, 0, and how high they are. */
export interface Drawn {
  readonly svg: string;
  readonly height: number;
}

interface TextStyle {
  readonly size?: number;
  readonly weight?: number;
  readonly colour?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly turned?: boolean;
  /** Whether all characters are of one width. */
  readonly mono?: boolean;
}

/** One line of text whose baseline begins, or ends, at x, y. */
export function text(x: number, y: number, words: string, style: TextStyle = {}): string {
  const {
    size = 14,
    weight = 400,
    colour = PAPER.ink,
    anchor = 'start',
    turned = false,
    mono = false,
  } = style;
  const place = turned
    ? `transform="translate(${num(x)} ${num(y)}) rotate(-90)"`
    : `x="${num(x)}" y="${num(y)}"`;
  const attributes = [
    place,
    `font-size="${size}"`,
    ...(weight === 400 ? [] : [`font-weight="${weight}"`]),
    ...(mono ? [`font-family="${MONO}"`] : []),
    `fill="${colour}"`,
    ...(anchor === 'start' ? [] : [`text-anchor="${anchor}"`]),
  ];
  return `<text ${attributes.join(' ')}>${escaped(words)}</text>`;
}

/** As text of an XML document, which holds no control characters and no halves of surrogate pairs. */
export function escaped(words: string): string {
  return words
    .replaceAll(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** About how wide a text is: the font is the reader's. */
export function widthOf(words: string, size: number): number {
  return words.length * size * 0.56;
}

/** Words in lines of at most this width; a word that is longer than a line is cut. */
export function wrapped(words: string, width: number, size: number): string[] {
  const longest = Math.max(8, Math.floor(width / (size * 0.53)));
  const lines: string[] = [];
  let line = '';
  for (const word of words.split(' ')) {
    let rest = word;
    while (rest.length > longest) {
      if (line !== '') lines.push(line);
      line = '';
      lines.push(rest.slice(0, longest));
      rest = rest.slice(longest);
    }
    if (line !== '' && line.length + 1 + rest.length > longest) {
      lines.push(line);
      line = rest;
    } else {
      line = line === '' ? rest : `${line} ${rest}`;
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** A coordinate with at most two decimals. */
export function num(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** "#a8341c" of three bytes. */
export function hex(red: number, green: number, blue: number): string {
  return `#${((1 << 24) | (red << 16) | (green << 8) | blue).toString(16).slice(1)}`;
}

/** Values of an axis at round steps of 1, 2 or 5, about `about` of them between its ends, and that step. */
export function ticksOf(low: number, high: number, about: number): { ticks: number[]; step: number } {
  const rough = (high - low) / about;
  if (!(rough > 0)) return { ticks: [low], step: 1 };
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((each) => each * power >= rough * (1 - 1e-9)) ?? 10) * power;
  const ticks: number[] = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; at++) ticks.push(at * step);
  return { ticks, step };
}
