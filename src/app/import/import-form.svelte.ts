import { CLASSES, type GreyImages, type Grid } from '../../data/images.ts';
import { AS_READ, beginPreparing, gridAfter, type Preparation } from '../../data/import/preparation.ts';
import { namesOf } from '../../data/import/naming.ts';
import { isFollowed, type Proposal, proposalsFor } from '../../data/import/proposals.ts';
import type { ImportSource } from '../../data/import/source.ts';
import { limitsOf, NAMES_LIMIT } from './limits.ts';

/** Images that are shown before and after. */
export const SHOWN = 20;

/** A class of a source. */
export interface SourceClass {
  /** In the source. */
  readonly label: number;
  readonly images: number;
}

/** How a source is prepared: what the visitor chooses in the dialog, and what it leads to. */
export class ImportForm {
  readonly source: ImportSource;
  readonly classes: readonly SourceClass[];
  readonly #proposals: readonly Proposal[];
  name = $state('');
  preparation = $state.raw<Preparation>(AS_READ);
  /** Images shown, by their rows in the source: spread over the classes. */
  rows = $state.raw<readonly number[]>([]);
  #round = 0;

  constructor(source: ImportSource) {
    this.source = source;
    this.name = source.name;
    this.classes = classesOf(source.images.labels);
    this.#proposals = proposalsFor(source);
    this.rows = this.#someRows();
  }

  /** What the source suggests and the preparation lacks. */
  get proposals(): readonly Proposal[] {
    return this.#proposals.filter((each) => !isFollowed(each, this.preparation));
  }

  /** The images that are shown, as they are in the source. */
  get before(): GreyImages | null {
    return this.#previewOf(AS_READ);
  }

  /** The same prepared; null where the preparation fails. */
  get after(): GreyImages | null {
    return this.#previewOf({ ...this.preparation, classes: null });
  }

  /** Whether anything is changed that can be seen. */
  get changed(): boolean {
    const { orientation, invert, centring, side, threshold } = this.preparation;
    return orientation !== 'as-is' || invert || centring !== 'none' || side !== null || threshold;
  }

  /** Size of the images where none is chosen. */
  get ownGrid(): Grid {
    return gridAfter(this.source.images.grid, { ...this.preparation, side: null });
  }

  /** What a class is called as prepared. */
  nameOf(label: number): string {
    const { naming, firstLabel } = this.preparation;
    const number = label - firstLabel;
    return (namesOf(naming) ?? this.source.classNames)?.[number] ?? String(number);
  }

  isKept(label: number): boolean {
    return this.preparation.classes?.includes(label) ?? true;
  }

  /** How many images are kept. */
  get kept(): number {
    const { classes } = this.preparation;
    if (classes === null) return this.source.images.count;
    return this.classes.reduce((sum, { label, images }) => sum + (this.isKept(label) ? images : 0), 0);
  }

  /** What the prepared data set cannot be used for. */
  get limits(): readonly string[] {
    const { preparation, source } = this;
    const { classes, firstLabel, naming } = preparation;
    const most = (this.classes.at(-1)?.label ?? -1) - firstLabel + 1;
    const labelled = source.images.labels !== null;
    const count = classes === null ? most : classes.length;
    const named = labelled && (naming !== 'as-read' || source.classNames !== null);
    return [
      ...limitsOf(gridAfter(source.images.grid, preparation), labelled ? count : null),
      ...(named ? [NAMES_LIMIT] : []),
    ];
  }

  /** Why it cannot be imported, as a sentence; empty where it can. */
  get obstacle(): string {
    const preparing = beginPreparing(this.source, { ...this.preparation, classes: null }, this.rows);
    if (!preparing.ok) return preparing.reason;
    return this.kept === 0 ? 'No class is kept: keep one at least.' : '';
  }

  change(change: Partial<Preparation>): void {
    this.preparation = { ...this.preparation, ...change };
  }

  /** Keeps a class or leaves it out. */
  toggle(label: number): void {
    const kept = this.classes.filter((each) => this.isKept(each.label) !== (each.label === label));
    this.#keep(kept.map((each) => each.label));
  }

  /** Keeps the first classes, as many as classifiers know. */
  keepTen(): void {
    this.#keep(this.classes.slice(0, CLASSES).map(({ label }) => label));
  }

  keepAll(): void {
    this.change({ classes: null });
  }

  /** Shows other images. */
  shuffle(): void {
    this.#round++;
    this.rows = this.#someRows();
  }

  #keep(labels: readonly number[]): void {
    this.change({ classes: labels.length === this.classes.length ? null : labels });
  }

  #previewOf(preparation: Preparation): GreyImages | null {
    const preparing = beginPreparing(this.source, preparation, this.rows);
    if (!preparing.ok) return null;
    preparing.value.work(0, preparing.value.count);
    return preparing.value.prepared.images;
  }

  /** Some images of each class, spread over it; other ones in every round. */
  #someRows(): number[] {
    const { labels, count } = this.source.images;
    if (labels === null) {
      const step = Math.max(1, Math.floor(count / SHOWN));
      return Array.from({ length: Math.min(SHOWN, count) }, (_, i) => (i * step + this.#round) % count);
    }
    return someOfEachClass(labels, this.classes, this.#round);
  }
}

function someOfEachClass(labels: Uint8Array, classes: readonly SourceClass[], round: number): number[] {
  const each = Math.ceil(SHOWN / classes.length);
  const seen = new Uint32Array(256);
  /** Images of a class from one that is shown to the next, by label. */
  const strides = new Uint32Array(256);
  for (const { label, images } of classes) strides[label] = Math.max(1, Math.floor(images / each));
  const rows: number[][] = Array.from({ length: each }, () => []);
  for (const [row, label] of labels.entries()) {
    const nth = seen[label]++;
    const stride = strides[label];
    const at = Math.floor(nth / stride);
    if (at < each && nth % stride === round % stride) rows[at].push(row);
  }
  return rows.flat().slice(0, SHOWN);
}

function classesOf(labels: Uint8Array | null): SourceClass[] {
  const counts = new Uint32Array(256);
  for (const label of labels ?? []) counts[label]++;
  return Array.from(counts, (images, label) => ({ label, images })).filter(({ images }) => images > 0);
}
