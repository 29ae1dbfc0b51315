import { type TestedImage } from '../../app/anomaly/anomaly.svelte.ts';
import type { AnomalyCalibration } from '../../app/anomaly/calibration.ts';
import { DETECTOR_WORDS, measured, TESTED_WORDS, verdict } from '../../app/anomaly/words.ts';
import type { ModelSlot } from '../../app/compare/model-slot.svelte.ts';
import { count } from '../../app/format.ts';
import { histogramOf, scoreAt } from '../../app/histogram.ts';
import type { HistogramPanel } from '../../app/results/figure.ts';
import type { Output } from '../../app/results/output.ts';
import { letterOf } from '../../app/sides.ts';
import { type Detector, DETECTORS, type Finding, FLAG_SHARE } from '../../stats/detection.ts';
import { notesOf } from '../parts/figure-pictures.ts';

/** The three detectors with the scores that they compare the drawing with; null before both are known. */
export function detectorsOutput(
  slot: ModelSlot,
  calibration: AnomalyCalibration | null,
  tested: readonly TestedImage[] | null,
): Output | null {
  if (!calibration || !tested) return null;
  const { scores } = calibration;
  const [{ finding }] = tested;
  const panelOf = (by: Detector): HistogramPanel => {
    const kind = by === 'ratio' ? 'ratio' : 'logLikelihood';
    const { from, to, bars } = histogramOf(scores[kind], 44);
    return {
      kind: 'histogram',
      title: `${DETECTOR_WORDS[by].title}: ${flagWords(finding, by)}`,
      across: by === 'ratio' ? 'likelihood ratio (nats)' : 'log p (nats)',
      from,
      to,
      bars,
      tails: [
        scoreAt(scores[kind], FLAG_SHARE),
        by === 'log p' ? null : scoreAt(scores[kind], 1 - FLAG_SHARE),
      ],
      mark: finding[kind],
      markWords: `the drawing: ${measured(by, finding)}`,
    };
  };
  return {
    name: `inkling anomaly ${letterOf(slot.side)} ${slot.title}`,
    figure: {
      title: verdict(finding),
      description: DETECTORS.map(
        (by) => `${DETECTOR_WORDS[by].title}: ${flagWords(finding, by)}, ${measured(by, finding)}`,
      ).join('; '),
      columns: 3,
      panels: DETECTORS.map(panelOf),
      notes: notesOf(
        [slot],
        `Compared with ${count(calibration.count)} test digits; the background was counted from ${calibration.countedFrom}. Shaded: what a detector flags.`,
      ),
    },
    table: {
      columns: ['of', 'log p (nats)', 'log p less that of the background (nats)', 'flagged'],
      rows: [
        ...tested.map(({ name, finding: own }) => [
          TESTED_WORDS[name],
          own.logLikelihood,
          own.ratio,
          own.flagged ? 'yes' : 'no',
        ]),
        // Each column sorted by itself, as the detectors use it.
        ...Array.from(scores.logLikelihood, (nats, at) => [
          `test digits, rank ${at + 1}`,
          nats,
          scores.ratio[at],
          null,
        ]),
      ],
    },
  };
}

function flagWords(finding: Finding, by: Detector): string {
  return finding.flags[by] ? 'flags the drawing' : 'passes the drawing';
}
