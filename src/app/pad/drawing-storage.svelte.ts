import { binarise, greyBinarisation } from '../../data/binarise.ts';
import type { Binarisation } from '../../data/binarisation.ts';
import { takeRows } from '../../data/dataset.ts';
import { getPixel, type GreyImages, type Grid, MNIST_GRID, pixelCount } from '../../data/images.ts';
import { poolImages } from '../../data/pool.ts';
import { indexRange } from '../../data/rng.ts';
import { ok, type Result } from '../../data/result.ts';
import { nextTask } from '../next-task.ts';
import { fetchDigits } from '../library/assets.ts';
import { describeGrid, sameGrid } from '../grids.ts';
import { FIRST_DIGIT, firstDigit } from './first-digit.ts';
import { KeptPages } from './kept-pages.ts';
import type { Library } from '../library/library.svelte.ts';
import type { Notices } from '../notices.svelte.ts';
import type { Pad } from './pad.svelte.ts';

const SAVE_AFTER_MS = 500;
/** How long the first test digit waits for a stored drawing. After that it is shown until the stored drawing arrives. */
const RESTORE_TIMEOUT_MS = 1500;
/** Fills the pad and stores its ink: test digits, the stored pages of earlier visits, sets of drawings. */
export class DrawingStorage {
  testDigits = $state.raw<GreyImages | null>(null);
  /** Whether the first drawing lies on the pad: that of the last visit, or a digit. The blank page before it is no drawing. */
  shown = $state(false);
  readonly #pad: Pad;
  readonly #library: Library;
  readonly #notices: Notices;
  /** That of the models shown: a test digit on painted pixels is binarised in the same way. */
  readonly #binarisation: () => Binarisation;
  #saveTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #pages: KeptPages;
  /** The drawing of a link, until it lies on the pad: [n] of 0 and 1. */
  #linked: Uint8Array | null = null;

  constructor(pad: Pad, library: Library, notices: Notices, binarisation: () => Binarisation) {
    this.#pad = pad;
    this.#library = library;
    this.#pages = new KeptPages(library);
    this.#notices = notices;
    this.#binarisation = binarisation;
  }

  /** Shows the drawing of an earlier visit, or a test digit. */
  async open(): Promise<void> {
    await this.#restore();
    const firstShown = this.#fill().finally(() => (this.shown = true));
    const digits = await fetchDigits('starter-test');
    await firstShown;
    if (digits.ok) this.testDigits = digits.value;
    else this.#notices.say('digits', `Test digits: ${digits.reason}`, { tone: 'warning' });
    await this.#fill();
  }

  /** The pad shows the drawing of a link, [n] of 0 and 1, as soon as its grid is that of the drawing. */
  link(drawing: Uint8Array | null): void {
    this.#linked = drawing;
    if (this.shown) this.#showLinked();
  }

  /** Saves the page shown and changes to another, which is restored from the store or gets its first digit. */
  async changePage(change: () => void): Promise<void> {
    void this.save();
    change();
    const { pageName } = this.#pad;
    await this.#restore();
    if (this.#pad.pageName === pageName) await this.#fill();
  }

  /** Lays a test digit of this class on the pad, drawn by lot; of any class where `label` is null. */
  useTestDigit(label: number | null = null): void {
    const digits = this.testDigits;
    if (!digits) return;
    const of = [...indexRange(0, digits.count)].filter(
      (index) => label === null || digits.labels?.[index] === label,
    );
    const index = of.at(Math.floor(Math.random() * of.length));
    if (index !== undefined) void this.#showDigit(digits, index);
  }

  /** Name of the set that is made for the first drawing. */
  get firstSet(): string {
    return setName(this.#pad.seen.drawing.grid);
  }

  /** The sets of the drawing's grid, to which it can be added. */
  get sets() {
    const { grid } = this.#pad.seen.drawing;
    return this.#library.datasets.filter((each) => each.origin === 'drawn' && sameGrid(each.grid, grid));
  }

  /** Adds the drawing to a set of drawings; creates one where there is none. */
  async addToSet(datasetId: string | null, label: number | null): Promise<void> {
    const { grid, pixels } = this.#pad.seen.drawing;
    const { sets } = this;
    const known = sets.find((each) => each.id === datasetId) ?? sets.at(0);
    const dataset = known ?? (await this.#library.createDataset(setName(grid), grid));
    if (!dataset) return;
    if (await this.#library.addDrawing(dataset.id, pixels, label)) {
      const total = this.#library.dataset(dataset.id)?.count ?? 0;
      this.#pad.said = `Kept in ${dataset.name}${label === null ? '' : ` as ${label}`}: ${total} in all.`;
    }
  }

  /** Saves SAVE_AFTER_MS after the last stroke. */
  saveSoon(): void {
    if (this.#pad.origin !== 'visitor') return;
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(() => {
      // A stroke that has not ended may still be cancelled.
      if (this.#pad.drawing) this.saveSoon();
      else void this.save();
    }, SAVE_AFTER_MS);
  }

  /** Saves what the visitor drew, once the stored ink of the page has been loaded. Fails where it could not be saved. */
  async save(): Promise<Result<null>> {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    const { origin, pageName, ink } = this.#pad;
    return origin === 'visitor' ? await this.#pages.save(pageName, ink) : ok(null);
  }

  /** Shows the pages as the store has them now, after a restored backup. What is on them has to be saved before. */
  async reread(): Promise<void> {
    this.#pages.forget();
    this.#pad.forgetPages();
    await this.#restore();
    if (this.#pad.origin === 'stored') this.#pad.said = 'The drawing of the backup lies on the pad.';
    await this.#fill();
  }

  /** Restores the stored page unless the visitor has drawn on it. Resolves after RESTORE_TIMEOUT_MS at the latest. */
  async #restore(): Promise<void> {
    const { pageName, untouched } = this.#pad;
    if (!untouched && this.#pages.isLoaded(pageName)) return;
    const late = new Promise<void>((resolve) => setTimeout(resolve, RESTORE_TIMEOUT_MS));
    await Promise.race([this.#restorePage(pageName), late]);
  }

  async #restorePage(name: string): Promise<void> {
    const stored = await this.#pages.load(name);
    const { pageName, untouched, origin } = this.#pad;
    // A page that is no longer shown is loaded again when it comes back.
    if (pageName === name && untouched && this.#pad.restore(stored) && origin === 'app')
      this.#pad.said = 'The drawing of your last visit lies on the pad.';
  }

  #showLinked(): boolean {
    if (this.#linked?.length !== pixelCount(this.#pad.grid)) return false;
    this.#pad.showLinked(this.#linked);
    this.#linked = null;
    return true;
  }

  async #fill(): Promise<void> {
    const digits = this.testDigits;
    if (this.#showLinked() || this.#pad.origin !== 'none') return;
    if (!digits) {
      // A grid of painted pixels may need several until one has ink.
      if (!this.#pad.cells) await this.#showDigit(firstDigit(), 0, true);
      return;
    }
    const { pageName } = this.#pad;
    // On the smallest grids stochastic binarisation leaves some digits blank: the first one with ink is shown.
    for (let index = FIRST_DIGIT; index < digits.count; index++) {
      await nextTask();
      // Meanwhile the visitor may have drawn, or turned to another page.
      if (this.#pad.pageName !== pageName || !this.#pad.untouched) return;
      if (!(await this.#showDigit(digits, index, true))) return;
      await nextTask();
      if (!this.#pad.blank) return;
    }
  }

  /** `first`: chosen by the app, not by the visitor. Resolves with whether it lies on the pad now. */
  async #showDigit(digits: GreyImages, index: number, first = false): Promise<boolean> {
    const label = digits.labels?.[index] ?? 'digit';
    const { grid, cells } = this.#pad;
    const pooled = cells ? poolImages(digits, grid) : null;
    if (pooled && !pooled.ok) throw new Error(pooled.reason);
    const image = pooled ? binarised(pooled.value, index, this.#binarisation()) : takeRows(digits, [index]);
    if (!first) this.#pad.setImage(image, 'test digit');
    else if (!(await this.#pad.setFirstImage(image, 'test digit'))) return false;
    this.#pad.said = cells
      ? `A test digit lies on the pad: a ${label}, pooled to ${describeGrid(grid)} pixels.`
      : `A test digit lies on the pad: a ${label}.`;
    return true;
  }
}

/** One image, binarised as the models' training images are. */
function binarised(images: GreyImages, index: number, binarisation: Binarisation): GreyImages {
  const bits = binarise(images, greyBinarisation(binarisation));
  const one = takeRows(images, [index]);
  return { ...one, pixels: one.pixels.map((_, pixel) => 255 * getPixel(bits, index, pixel)) };
}

function setName(grid: Grid): string {
  return sameGrid(grid, MNIST_GRID) ? 'My drawings' : `My ${describeGrid(grid)} drawings`;
}
