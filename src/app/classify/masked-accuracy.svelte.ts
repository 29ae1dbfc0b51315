import { binarise, checkBinarisation } from '../../data/binarise.ts';
import { CLASSES, type Grid, type PackedImages, sliceImages } from '../../data/images.ts';
import { type MaskPreset, presetMask } from '../../data/mask-presets.ts';
import type { Accuracy } from '../../data/accuracy.ts';
import { accuracyOf } from '../../stats/sample-efficiency.ts';
import { poolImages } from '../../data/pool.ts';
import { forEachSlice } from '../../data/slices.ts';
import type { Questions } from '../questions/questions.svelte.ts';
import { Newest } from '../newest.ts';
import type { ModelRole } from './words.ts';

/** Intended time between two reports of the progress. */
const SLICE_MS = 100;

export interface Share extends Accuracy {
  /** Whether hidden pixels were summed over exactly. */
  readonly exact: boolean;
}

export interface MaskRow {
  readonly label: string;
  /** Null while unknown, a sentence where the model cannot be queried. */
  readonly shares: Readonly<Record<ModelRole, Share | string | null>>;
}

/** What is hidden, in words, and what is left. */
const HIDDEN: readonly (readonly [string, MaskPreset])[] = [
  ['nothing', 'all'],
  ['the bottom half', 'top-half'],
  ['the right half', 'left-half'],
  ['half of the pixels, at random', 'random-half'],
];

/** Accuracy of both models on the test digits, under masks that hide parts of the image. */
export class MaskedAccuracy {
  readonly #questions: Questions;
  readonly #names: () => Readonly<Record<ModelRole, string | null>>;
  rows = $state.raw<readonly MaskRow[]>([]);
  /** Number of test digits. */
  digits = $state(0);
  running = $state(false);
  /** 0 to 1. */
  done = $state(0);
  error = $state('');
  /** The models whose rows these are. */
  names = $state.raw<Readonly<Record<ModelRole, string | null>> | null>(null);
  readonly #run = new Newest();

  constructor(questions: Questions, names: () => Readonly<Record<ModelRole, string | null>>) {
    this.#questions = questions;
    this.#names = names;
  }

  /** Whether the rows are of the current models. */
  get current(): boolean {
    const now = this.#names();
    return this.names?.queried === now.queried && this.names.baseline === now.baseline;
  }

  cancel(): void {
    this.#run.abort();
    this.running = false;
  }

  async start(): Promise<void> {
    const names = this.#names();
    const test = this.#digits();
    this.error = typeof test === 'string' ? test : '';
    if (typeof test === 'string') return;
    const { images } = test;
    const masks = masksOf(images.grid);
    this.rows = masks.map(({ label }) => ({ label, shares: { queried: null, baseline: null } }));
    Object.assign(this, { names, digits: images.count, running: true, done: 0 });
    const roles = (['queried', 'baseline'] as const).filter((role) => names[role] !== null);
    await this.#run.run(
      async (signal) => {
        for (const [at, { known }] of masks.entries()) {
          for (const [turn, role] of roles.entries()) {
            const onPart = (part: number) => (this.done = (at + (turn + part) / roles.length) / masks.length);
            const share = await this.#accuracyOf(names[role]!, test, known, signal, onPart);
            const row = this.rows[at];
            this.rows = this.rows.with(at, { ...row, shares: { ...row.shares, [role]: share } });
          }
        }
        this.running = false;
      },
      (reason) => {
        // A dead worker is announced elsewhere, with the way out.
        this.error = reason;
        this.running = false;
      },
    );
  }

  /** The share of digits that a model classifies correctly; a sentence where it cannot. `onPart` is given 0 to 1. */
  async #accuracyOf(
    name: string,
    { images, labels }: { images: PackedImages; labels: Uint8Array },
    known: PackedImages,
    signal: AbortSignal,
    onPart: (done: number) => void,
  ): Promise<Share | string> {
    const logs = new Float64Array(images.count * CLASSES);
    const { classify } = this.#questions.ports.engine;
    let exact = true;
    const read = await forEachSlice(images.count, {
      targetMs: SLICE_MS,
      signal,
      work: async (first, count) => {
        const slice = sliceImages(images, first, count);
        // A slice is a view, and the whole buffer would go to the worker with it.
        const own = { ...slice, words: slice.words.slice() };
        const part = await classify.posteriors(name, own, known, signal);
        if (!part.ok) return part;
        signal.throwIfAborted();
        onPart((first + count) / images.count);
        logs.set(part.value.logPosteriors, first * CLASSES);
        exact &&= part.value.exact;
        return part;
      },
    });
    if (!read.ok) return read.reason;
    return { ...accuracyOf(logs, labels), exact };
  }

  /** The test digits on the current grid, binarised as for the models. */
  #digits(): { images: PackedImages; labels: Uint8Array } | string {
    const { drawingStorage, pad, binarisation } = this.#questions.ports;
    const digits = drawingStorage.testDigits;
    if (!digits?.labels) return 'The test digits are not here: reload to try again.';
    const pooled = poolImages(digits, pad.grid);
    if (!pooled.ok) return pooled.reason;
    const reason = checkBinarisation(pooled.value, binarisation());
    return reason ?? { images: binarise(pooled.value, binarisation()), labels: digits.labels };
  }
}

/** Label and known mask of every row; a mask is one image. */
export function masksOf(grid: Grid): { label: string; known: PackedImages }[] {
  return HIDDEN.map(([label, keep]) => ({ label, known: presetMask(grid, keep) }));
}
