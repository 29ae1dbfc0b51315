import type { Binarisation } from '../../data/binarisation.ts';
import { formatBinarisation } from '../../data/binarise.ts';
import { BINARISATIONS } from '../choices.ts';
import type { Candidate, LeaderRow } from './rows.ts';

/** A family with its plain model and with one model for each digit; null where it has none of the kind. */
export interface FamilyPair<T> {
  readonly family: string;
  readonly plain: T | null;
  readonly byDigit: T | null;
}

/** The board under one binarisation: figures of another one do not compare. */
export interface FamilyBoard {
  readonly binarisation: Binarisation;
  /** The family with the lowest loss first; families without one last. */
  readonly pairs: readonly FamilyPair<LeaderRow>[];
  /** The lowest loss of all; null where no row has one. */
  readonly best: number | null;
}

/** The candidates by family, in their order. */
export function pairsOf(candidates: readonly Candidate[]): readonly FamilyPair<Candidate>[] {
  return [...new Set(candidates.map(({ family }) => family))].map((family) => {
    const own = candidates.filter((each) => each.family === family);
    return {
      family,
      plain: own.find((each) => !each.byDigit) ?? null,
      byDigit: own.find((each) => each.byDigit) ?? null,
    };
  });
}

/** Mean −log p of a row on images that its model never learnt from; null where it has none, or no p(x). */
export function heldLoss(row: LeaderRow | null): number | null {
  return !row || row.classifier ? null : ((row.test ?? row.validation)?.nats ?? null);
}

/**
 * What the candidates reached, family by family, one board for each binarisation. Models that are kept are not among them, nor is what was
 * measured elsewhere.
 */
export function familyBoards(
  all: readonly LeaderRow[],
  candidates: readonly Candidate[],
): readonly FamilyBoard[] {
  const rows = all.filter((row) => !row.kept && !row.elsewhere);
  const kinds = BINARISATIONS.map(({ kind }) => kind);
  const binarisations = new Map(
    rows
      .toSorted((a, b) => kinds.indexOf(a.binarisation.kind) - kinds.indexOf(b.binarisation.kind))
      .map(({ binarisation }) => [formatBinarisation(binarisation), binarisation]),
  );
  return [...binarisations]
    .map(([name, binarisation]) => {
      const rowOf = (candidate: Candidate | null): LeaderRow | null =>
        rows.find((row) => row.key === candidate?.key && formatBinarisation(row.binarisation) === name) ??
        null;
      const pairs = pairsOf(candidates)
        .map(({ family, plain, byDigit }) => ({ family, plain: rowOf(plain), byDigit: rowOf(byDigit) }))
        .filter(({ plain, byDigit }) => plain !== null || byDigit !== null)
        .toSorted((a, b) => lossOf(a) - lossOf(b));
      const best = pairs.length > 0 ? lossOf(pairs[0]) : NO_LOSS;
      return { binarisation, pairs, best: best === NO_LOSS ? null : best };
    })
    .filter(({ pairs }) => pairs.length > 0);
}

/** Finite: the difference of two infinities is no number. */
const NO_LOSS = Number.MAX_VALUE;

function lossOf({ plain, byDigit }: FamilyPair<LeaderRow>): number {
  return Math.min(heldLoss(plain) ?? NO_LOSS, heldLoss(byDigit) ?? NO_LOSS);
}
