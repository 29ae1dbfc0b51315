import { type Grid, pixelCount } from '../../data/images.ts';
import { families } from '../../models/registry.ts';
import { type Experiment, formatExperiment, readExperiment, textOfQuery } from '../experiment.ts';
import { FIRST_PRESET, type LinkedMask } from '../masking/presets.ts';
import type { QuestionChoices } from '../questions/choices.svelte.ts';
import type { LinkedPixel } from '../questions/questions.svelte.ts';
import { PACES, type Pace } from '../samples/samples.svelte.ts';
import { formatSharedView, readSharedView } from '../shared-view.ts';
import { type Side, SIDES } from '../sides.ts';
import { LinkReader, quoted } from '../link-reader.ts';

/** Of links: to be raised when a parameter changes its meaning, so that an older page can say that it does not know it. */
const LINK_VERSION = 1;
const PACE_NAMES: readonly Pace[] = PACES.map(({ name }) => name);
const MAX_FIRST = 1_000_000;
/** Remarks that a notice names; a hostile link could have thousands. */
const MAX_REMARKS = 4;

/** All that a link carries: what a visitor would miss who is shown the same. docs/architecture.md says why the rest is left out. */
export interface WholeView {
  readonly experiment: Experiment;
  /** What the question's controls choose. */
  readonly choices: QuestionChoices;
  /** [n], 1 where the drawing has ink; null: the link carries none. */
  readonly drawing: Uint8Array | null;
  readonly mask: LinkedMask;
  /** The model that is shown large. */
  readonly side: Side;
  readonly pixel: LinkedPixel;
  readonly pace: Pace;
  /** Number of the first sample. */
  readonly first: number;
}

/** The query of a link; what every visit begins with is left out of it. */
export function formatView(view: WholeView): string {
  const { experiment, choices, drawing, mask, side, pixel, pace, first } = view;
  const query = new URLSearchParams();
  query.set('v', String(LINK_VERSION));
  if (side !== 'right') query.set('side', side);
  if (experiment.ask === 'explain' && pixel !== null) query.set('pixel', String(pixel));
  if (pace !== 'at once') query.set('pace', pace);
  if (first > 0) query.set('first', String(first));
  choices.write(query);
  const hidden = mask === FIRST_PRESET ? null : mask;
  return [formatExperiment(experiment), textOfQuery(query), formatSharedView({ drawing, mask: hidden })]
    .filter(Boolean)
    .join('&');
}

/** Reads a link into `choices` and the rest, each value in its range, with what was wrong with it in words: empty where nothing was. */
export function readView(
  query: string,
  choices: QuestionChoices,
): { readonly view: WholeView; readonly remark: string } {
  const link = new LinkReader(query);
  const version = link.text('v');
  if (version !== null && Number(version) > LINK_VERSION)
    link.remark(
      'it was written by a newer version of Inkling: reload the page to get that version, or some of it may be missing',
    );
  const experiment = readExperiment(link, families);
  const { drawing, mask, damaged } = readSharedView(link, experiment.grid);
  choices.read(link);
  const view = {
    experiment,
    choices,
    drawing,
    // Links of before had no version, and left the hidden pixels as they were.
    mask: mask ?? (version === null ? null : FIRST_PRESET),
    side: link.option('side', SIDES, 'right'),
    pixel: readPixel(link, experiment.grid),
    pace: link.option('pace', PACE_NAMES, 'at once'),
    first: link.whole('first', { min: 0, max: MAX_FIRST }, 0),
  };
  const unknown = link.unknown.map((name) => `${quoted(name)} is not known: it is left out`);
  return { view, remark: remarkWords([...link.remarks, ...unknown], damaged) };
}

function readPixel(link: LinkReader, grid: Grid): LinkedPixel {
  const text = link.text('pixel');
  if (text === null || text === 'end') return text;
  const pixel = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (pixel < pixelCount(grid)) return pixel;
  link.remark(`pixel ${quoted(text)} is none of ${pixelCount(grid)}: it is left out`);
  return null;
}

function remarkWords(remarks: readonly string[], damaged: readonly string[]): string {
  const unread = `The link is damaged: its ${damaged.join(' and ')} cannot be read. Ask for it again.`;
  const more = remarks.length - MAX_REMARKS;
  const said = [...remarks.slice(0, MAX_REMARKS), ...(more > 0 ? [`and ${more} more`] : [])];
  const rest = `Not all of this link was understood: ${said.join('; ')}.`;
  return [...(damaged.length > 0 ? [unread] : []), ...(said.length > 0 ? [rest] : [])].join(' ');
}
