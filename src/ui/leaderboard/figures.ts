import { type FamilyBoard, heldLoss } from '../../app/leaderboard/by-family.ts';
import type { LeaderRow } from '../../app/leaderboard/rows.ts';
import { estimateWords, MINUS_LOG_P } from '../../app/format.ts';
import type { Bar, BarsPanel } from '../../app/results/figure.ts';
import type { Output } from '../../app/results/output.ts';
import { describeBinarisation } from '../../data/binarise.ts';

/** The leaderboard as a figure, one chart for each binarisation; null while nothing is measured. Its numbers are saved elsewhere. */
export function boardOutput(boards: readonly FamilyBoard[], dataset: string, tested: boolean): Output | null {
  const of = tested ? 'test' : 'validation';
  const panels = boards.map((board) => panelOf(board, of)).filter(({ bars }) => bars.length > 0);
  if (panels.length === 0) return null;
  return {
    name: `inkling leaderboard ${dataset}`,
    figure: {
      title: `Which family models ${dataset} best?`,
      description: `Mean ${MINUS_LOG_P} of the ${of} images by family; lower is better.`,
      columns: 1,
      panels,
      notes: [
        `Mean ${MINUS_LOG_P} in nats over the ${of} images, bars of one standard error; lower is better, and only models under the same binarisation compare.`,
      ],
    },
  };
}

function panelOf({ binarisation, pairs, best }: FamilyBoard, of: string): BarsPanel {
  const barOf = (row: LeaderRow | null): Bar[] => {
    const nats = heldLoss(row);
    const held = row?.test ?? row?.validation;
    if (!row || nats === null || !held) return [];
    return [
      {
        name: row.name,
        value: nats,
        error: held.standardError,
        words: estimateWords(held),
        strong: nats === best,
      },
    ];
  };
  return {
    kind: 'bars',
    title: `Binarisation ${describeBinarisation(binarisation)}`,
    across: `${of} ${MINUS_LOG_P} (nats)`,
    bars: pairs
      .flatMap(({ plain, byDigit }) => [...barOf(plain), ...barOf(byDigit)])
      .sort((a, b) => a.value - b.value),
  };
}
