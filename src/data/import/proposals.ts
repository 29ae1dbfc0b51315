import type { GreyImages } from '../images.ts';
import type { Preparation } from './preparation.ts';
import type { ImportSource } from './source.ts';

/** A change of the preparation that a source suggests, with why. */
export interface Proposal {
  readonly change: Partial<Preparation>;
  readonly why: string;
  /** What the change does, as a verb: "Invert". */
  readonly does: string;
}

/** Images that are looked at for the paper's colour. */
const LOOKED_AT = 500;
/** Mean grey level of the edges from which on they are taken for dark. */
const DARK = 128;

/** What a source suggests; nothing of it is done unless the visitor wants it. */
export function proposalsFor({ name, images, classNames }: ImportSource): Proposal[] {
  const proposals: Proposal[] = [];
  const emnist = /emnist/i.test(name);
  if (emnist)
    proposals.push({
      change: { orientation: 'transposed' },
      why: 'EMNIST’s own files hold every image with its rows and columns exchanged.',
      does: 'Transpose',
    });
  if (edgeLevel(images) >= DARK)
    proposals.push({
      change: { invert: true },
      why: 'The edges of the images are dark: the ink seems to be light.',
      does: 'Invert',
    });
  if (images.labels === null || classNames !== null) return proposals;
  const [least, most] = rangeOf(images.labels);
  if (least === 1 && most === 26)
    proposals.push({
      change: { firstLabel: 1, naming: 'letters' },
      why: 'The labels go from 1 to 26, as those of letters do.',
      does: 'Name them A to Z',
    });
  else if (least === 1 && most === 10)
    proposals.push({
      change: { firstLabel: 1 },
      why: 'The labels go from 1 to 10: the classes seem to be counted from 1.',
      does: 'Count from 0',
    });
  if (emnist && (most === 46 || most === 61))
    proposals.push({
      change: { naming: most === 46 ? 'balanced' : 'by-class' },
      why: `EMNIST’s ${most + 1} classes are digits, capitals and small letters.`,
      does: 'Name them',
    });
  return proposals;
}

/** Whether a preparation has what a proposal changes. */
export function isFollowed({ change }: Proposal, preparation: Preparation): boolean {
  return Object.entries(change).every(([key, value]) => preparation[key as keyof Preparation] === value);
}

/** Mean grey level of the pixels at the edges, over images spread evenly. */
function edgeLevel({ grid: { width, height }, count, pixels }: GreyImages): number {
  const step = Math.max(1, Math.floor(count / LOOKED_AT));
  let sum = 0;
  let seen = 0;
  for (let image = 0; image < count; image += step) {
    const from = image * width * height;
    for (let i = 0; i < width; i++) sum += pixels[from + i] + pixels[from + (height - 1) * width + i];
    for (let i = 0; i < height; i++) sum += pixels[from + i * width] + pixels[from + i * width + width - 1];
    seen += 2 * (width + height);
  }
  return seen === 0 ? 0 : sum / seen;
}

function rangeOf(labels: Uint8Array): [number, number] {
  let least = 255;
  let most = 0;
  for (const label of labels) {
    least = Math.min(least, label);
    most = Math.max(most, label);
  }
  return [least, most];
}
