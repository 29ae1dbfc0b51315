import { withText } from '../../data/png-text.ts';
import type { NamedFile } from '../../data/idx-pair.ts';
import { fileName } from '../library/files.ts';
import { drawFigure } from './draw/svg.ts';
import type { Figure } from './figure.ts';
import { LINK_KEYWORD } from './link-in-picture.ts';
import type { Output } from './output.ts';
import { tableCsv, tableJson } from './table.ts';

/** The narrowest PNG, in dots: a figure is at least twice as fine as on the page. */
const LEAST_WIDTH = 1200;
/** More dots than a phone gives to a canvas. */
const MOST_DOTS = 16_000_000;

/** The picture as an SVG file. */
export function svgFile({ name, figure }: Pictured, link: string): NamedFile {
  return named(name, 'svg', new TextEncoder().encode(drawFigure(figure, link).svg));
}

/** The picture as a PNG file: see `pngOf`. */
export async function pngFile({ name, figure }: Pictured, link: string): Promise<NamedFile> {
  return named(name, 'png', await pngOf(figure, link));
}

/**
 * A figure as PNG, at least 1,200 dots wide, with the link, what it shows and the name of this app as texts. Rejects with an Error where the
 * browser cannot draw it.
 */
export async function pngOf(figure: Figure, link: string): Promise<Uint8Array<ArrayBuffer>> {
  const { svg, width, height } = drawFigure(figure, link);
  const scale = scaleOf(width, height);
  const image = new Image();
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (!blob) throw new Error('The browser could not make a PNG of this picture: save it as SVG.');
    const png = withText(new Uint8Array(await blob.arrayBuffer()), [
      { keyword: 'Title', text: figure.title },
      { keyword: 'Description', text: [figure.description, ...figure.notes].join('\n') },
      { keyword: 'Software', text: 'Inkling' },
      { keyword: LINK_KEYWORD, text: link },
    ]);
    if (!png.ok) throw new Error(png.reason);
    return png.value;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** The numbers as a CSV file. */
export function csvFile({ name, table }: Tabled): NamedFile {
  return named(name, 'csv', new TextEncoder().encode(tableCsv(table)));
}

/** The numbers as a JSON file, with what they are of. */
export function jsonFile({ name, table, figure, notes }: Tabled, link: string): NamedFile {
  const text = tableJson(figure?.title ?? name, notes ?? figure?.notes ?? [], link, table);
  return named(name, 'json', new TextEncoder().encode(text));
}

type Pictured = Output & { readonly figure: Figure };
type Tabled = Output & { readonly table: NonNullable<Output['table']> };

/** A whole number, so that pixels stay of one size. */
function scaleOf(width: number, height: number): number {
  const wanted = Math.max(2, Math.ceil(LEAST_WIDTH / width));
  const possible = Math.floor(Math.sqrt(MOST_DOTS / (width * height)));
  return Math.max(1, Math.min(wanted, possible));
}

export function named(name: string, ending: string, bytes: Uint8Array<ArrayBuffer>): NamedFile {
  return { name: `${fileName(name)}.${ending}`, bytes };
}
