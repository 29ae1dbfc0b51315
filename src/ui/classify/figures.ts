import {
  type ClassEvidence,
  type Contest,
  describePosterior,
  evidenceScale,
  ranked,
} from '../../app/classify/words.ts';
import { fixed } from '../../app/format.ts';
import type { Bar, PixelsPanel } from '../../app/results/figure.ts';
import type { Output } from '../../app/results/output.ts';
import { CLASSES, type Grid } from '../../data/images.ts';
import type { ClassReading } from '../../engine/queries/api.ts';
import { DRAWING_NOTE } from '../../app/results/notes.ts';
import { legendOf, mapPicture, pixelRows } from '../parts/figure-pictures.ts';
import { divergingPalette } from '../parts/palette.ts';

interface Classified {
  /** "Naive Bayes". */
  readonly model: string;
  readonly reading: ClassReading | null;
  readonly evidence: ClassEvidence | null;
  readonly contest: Contest | null;
  readonly grid: Grid;
  /** "prior" or "bias". */
  readonly before: string;
  readonly notes: readonly string[];
}

/** What a model makes of the digit, and the evidence of every pixel; null before the first reading. */
export function classOutput(classified: Classified): Output | null {
  const { model, reading, evidence, contest, grid, before, notes } = classified;
  if (!reading) return null;
  const [best] = ranked(reading.posterior);
  const bars = Array.from(reading.posterior, (share, digit): Bar => ({
    name: String(digit),
    value: 100 * share,
    words: `${fixed(100 * share, 2)} %`,
    strong: digit === best,
  }));
  const n = reading.contributions.length / CLASSES;
  return {
    name: `inkling classes ${model}`,
    figure: {
      title: `${model} takes it for: ${describePosterior(reading.posterior)}`,
      description: `Probability of every digit given the drawing${evidence ? ', and what every pixel adds' : ''}.`,
      columns: evidence ? 2 : 1,
      panels: [
        { kind: 'bars', title: 'p(digit | drawing)', across: 'per cent', range: [0, 100], bars },
        ...(evidence && contest ? [evidencePanel(evidence, contest, classified)] : []),
      ],
      notes: [...notes, DRAWING_NOTE, reading.how],
    },
    table: {
      columns: [
        'row',
        'column',
        ...Array.from(
          { length: CLASSES },
          (_, digit) => `${digit}: ${reading.split ? 'adds (nats)' : 'not split among pixels'}`,
        ),
      ],
      rows: [
        ['p(digit | drawing)', null, ...reading.posterior],
        [`${before} (nats)`, null, ...reading.prior],
        ...(reading.split
          ? pixelRows(grid, (pixel) =>
              Array.from({ length: CLASSES }, (_, digit) => reading.contributions[digit * n + pixel]),
            )
          : []),
      ],
    },
  };
}

function evidencePanel(
  evidence: ClassEvidence,
  { one, other }: Contest,
  { grid, before }: Classified,
): PixelsPanel {
  const { pixels, sum, prior } = evidence;
  const scale = evidenceScale(evidence);
  const palette = divergingPalette(false);
  return {
    kind: 'pixels',
    title: `Evidence for ${one} against ${other}: pixels ${fixed(sum, 2)} + ${before} ${fixed(prior, 2)} = ${fixed(sum + prior, 2)} nats`,
    picture: mapPicture(pixels, grid.width, palette, -scale, scale),
    legend: legendOf(palette, `for ${other}: ${fixed(scale, 2)}`, `${fixed(scale, 2)} nats for ${one}`, ''),
  };
}
