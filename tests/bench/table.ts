/** What was measured, as text. */
import type { Measured, MeasuredRow } from './measure.ts';
import type { Contender, Kind } from './tasks.ts';
import { isOurs, kindOf } from './tasks.ts';

export const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);

export const title = ({ work, family, weights }: Pick<MeasuredRow, 'work' | 'family' | 'weights'>): string =>
  `${work} ${family}${work === 'train' ? '' : `, ${weights}`}`;

/** A Markdown table; the first column is text, the others numbers. */
export function markdown(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, c) => Math.max(3, ...rows.map((row) => row[c].length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, c) => (c === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}

function best(measured: readonly Measured[]): Measured | null {
  return measured.reduce<Measured | null>(
    (top, one) => (top && top.processor.median >= one.processor.median ? top : one),
    null,
  );
}

/** Ours beside the best peer of a kind, by processor time. */
export interface Standing {
  readonly row: MeasuredRow;
  readonly kind: Kind;
  readonly ours: Measured;
  readonly peer: Measured;
  readonly ratio: number;
}

/**
 * Where ours is compared: the best of ours of a kind beside the best of the other libraries of that kind, and on the processor beside the plain
 * loops too.
 */
export function standings(rows: readonly MeasuredRow[]): Standing[] {
  return rows.flatMap((row) =>
    (['cpu', 'webgpu'] as const).flatMap((kind) => {
      const of = (mine: boolean) =>
        best(
          row.measured.filter(({ contender }) => {
            const own = kindOf(contender);
            return (
              isOurs(contender) === mine && (own === kind || (!mine && kind === 'cpu' && own === 'plain'))
            );
          }),
        );
      const [ours, peer] = [of(true), of(false)];
      if (!ours || !peer) return [];
      return [{ row, kind, ours, peer, ratio: ours.processor.median / peer.processor.median }];
    }),
  );
}

export function resultTable(rows: readonly MeasuredRow[], of: 'processor' | 'wall'): string {
  const contenders = [...new Set(rows.flatMap(({ measured }) => measured.map(({ contender }) => contender)))];
  const cell = (row: MeasuredRow, contender: Contender) => {
    const found = row.measured.find((one) => one.contender === contender);
    return found ? number(found[of].median) : '';
  };
  return markdown([
    ['work', ...contenders],
    ...rows.map((row) => [title(row), ...contenders.map((contender) => cell(row, contender))]),
  ]);
}

export function standingTable(all: readonly Standing[]): string {
  return markdown([
    ['work', 'ours', 'a second', 'best peer', 'a second', 'ratio'],
    ...all.map(({ row, ours, peer, ratio }) => [
      title(row),
      ours.contender,
      number(ours.processor.median),
      peer.contender,
      number(peer.processor.median),
      ratio.toFixed(2),
    ]),
  ]);
}

/** The largest distance of the slowest and the fastest timing from the median, as a share of it, of every row. */
export function spreadLines(rows: readonly MeasuredRow[]): string[] {
  return rows.map((row) => {
    const parts = row.measured.map(({ contender, processor, amount, repeats }) => {
      const low = Math.round((100 * processor.lowest) / processor.median - 100);
      const high = Math.round((100 * processor.highest) / processor.median - 100);
      const part =
        row.work === 'score'
          ? `${amount.images} images`
          : row.work === 'train'
            ? ''
            : `${amount.pixels} pixels`;
      return `${contender} ${low} to +${high} % (${[`${repeats} runs`, part].filter(Boolean).join(', ')})`;
    });
    return `${title(row)}: ${parts.join('; ')}`;
  });
}
