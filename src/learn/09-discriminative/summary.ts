import { crossingOf, type CurveRow, type Leader, leaderAt } from '../../stats/sample-efficiency.ts';
import type { LabelOf } from '../labels.ts';

/** What learning curves at two or more sizes say, in sentences: who leads where, whether the curves cross, and how much was measured. */
export function summaryOf(rows: readonly CurveRow[], label: LabelOf): string {
  const sizesOf = (leader: Leader): string =>
    rows
      .filter((row) => leaderAt(row) === leader)
      .map(({ size }) => size)
      .join(', ');
  const [early, late] = [sizesOf('generative'), sizesOf('discriminative')];
  const [first, last] = [rows[0], rows[rows.length - 1]];
  const crossing = crossingOf(rows);
  const ends = { from: first.size, to: last.size };
  return [
    early && label('leads-counting', { sizes: early }),
    late && label('leads-learning', { sizes: late }),
    crossing
      ? label('cross', {
          from: crossing.between[0],
          to: crossing.between[1],
          // No more accurate than the sizes that were measured.
          about: Number(crossing.about.toPrecision(2)),
        })
      : last.lead.mean >= 0
        ? label('apart-counting', ends)
        : label('apart-learning', ends),
    label('draws', { n: first.repeats }),
  ]
    .filter(Boolean)
    .join(' ');
}
