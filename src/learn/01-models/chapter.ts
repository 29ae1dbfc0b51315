import { fixed } from '../../app/format.ts';
import type { LabelOf } from '../labels.ts';
import { defineChapter } from '../state/view.svelte.ts';
import Digits from './Digits.svelte';
import { exercises } from './exercises.ts';
import Fit from './Fit.svelte';
import { FAMILIES, type Family, N, NOISE } from './models.ts';
import { DIGITS, Models, params } from './state.svelte.ts';
import Uses from './Uses.svelte';

/** Nats above the lowest within which the model counts as found. */
const FOUND = 0.5;
/** The noise below which copies can't be told from the digits by eye. */
const ALMOST_NONE = 0.002;

type Lowest = Readonly<Record<Family, number>> | null;
const nats = (value: number | null | undefined): string => (value == null ? '–' : fixed(value, 1));

export const chapter = defineChapter({
  params,
  create: (values) => new Models(values),
  figures: { digits: Digits, fit: Fit, uses: Uses },
  numbers: {
    wanted: () => String(DIGITS),
    data: (models) => String(models.images.length),
    pixels: () => String(N),
    'fair-nats': () => fixed(N * Math.LN2, 1),
    most: () => fixed(NOISE.most, 1),
    least: () => fixed(NOISE.least, 3),
    noise: (models) => fixed(models.values.noise, 3),
    family: (models, label) => label(`family-${models.family}`),
    nats: (models) => nats(models.nats),
    'coins-seen': (models) => nats(models.lowestSeen?.coins),
    'copies-seen': (models) => nats(models.lowestSeen?.copies),
    'shifts-seen': (models) => nats(models.lowestSeen?.shifts),
    'coins-left': (models) => nats(models.lowestLeftOut?.coins),
    'copies-left': (models) => nats(models.lowestLeftOut?.copies),
    'shifts-left': (models) => nats(models.lowestLeftOut?.shifts),
    'best-seen': (models, label) => bestOf(models.lowestSeen, label),
    'best-left': (models, label) => bestOf(models.lowestLeftOut, label),
    'copy-limit': (models) => (models.images.length === 0 ? '–' : fixed(Math.log(models.images.length), 2)),
    drawing: (models) => nats(models.reading?.drawing),
    mirror: (models) => nats(models.reading?.mirror),
    gap: (models) => nats(models.reading && models.reading.drawing - models.reading.mirror),
    likeliest: (models) => {
      const shares = models.reading?.copied;
      return shares ? String(shares.indexOf(Math.max(...shares)) + 1) : '–';
    },
    share: (models) => {
      const shares = models.reading?.copied;
      return shares ? fixed(100 * Math.max(...shares), 1) : '–';
    },
  },
  links: {
    models: () => 'left=independent&right=neighbours',
    tree: () => 'left=independent&right=tree',
  },
  goals: {
    data: (models) => models.images.length === DIGITS,
    copy: (models) =>
      models.nats !== null &&
      models.family === 'copies' &&
      models.distance === 'seen' &&
      models.values.noise < ALMOST_NONE,
    found: (models) => {
      const lowest = models.lowestLeftOut;
      if (models.nats === null || models.distance !== 'left-out' || lowest === null) return false;
      return models.nats < Math.min(...FAMILIES.map((each) => lowest[each])) + FOUND;
    },
    drawing: (models) => models.reading !== null,
  },
  predictions: {
    noise: { kind: 'choice', first: dataFirst, answer: () => 'none' },
    winner: {
      kind: 'choice',
      first: dataFirst,
      answer: ({ lowestLeftOut }) => lowestOf(lowestLeftOut) ?? 'coins',
    },
    mirror: {
      kind: 'choice',
      first: (models, label) =>
        models.reading ? '' : models.drawing ? dataFirst(models, label) : label('drawing-first'),
      answer: ({ reading }) => (reading && reading.mirror > reading.drawing ? 'mirror' : 'drawing'),
    },
  },
  exercises,
});

/** What is missing of the digits that a question speaks about; empty when they are all there. */
function dataFirst({ images }: Models, label: LabelOf): string {
  return images.length === DIGITS ? '' : label('digits-first', { there: images.length, wanted: DIGITS });
}

/** The family that gets closest; null while there are too few digits. */
function lowestOf(lowest: Lowest): Family | null {
  return lowest && FAMILIES.reduce((best, each) => (lowest[each] < lowest[best] ? each : best));
}

function bestOf(lowest: Lowest, label: LabelOf): string {
  const best = lowestOf(lowest);
  return best ? label(`family-${best}`) : '–';
}
