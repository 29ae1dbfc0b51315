import { binarise } from '../../data/binarise.ts';
import type { Binarisation } from '../../data/binarisation.ts';
import { takeRows } from '../../data/dataset.ts';
import { getPixel, type GreyImages, type Grid, MNIST_GRID } from '../../data/images.ts';
import { poolImages } from '../../data/pool.ts';
import { ok, type Result } from '../../data/result.ts';
import { fetchDigits } from '../library/assets.ts';
import { describeGrid, sameGrid } from '../grids.ts';
import { KeptSheets } from './kept-pages.ts';
import type { Library } from '../library/library.svelte.ts';
import type { Notices } from '../notices.svelte.ts';
import type { Pad } from './pad.svelte.ts';

const SAVE_AFTER_MS = 500;
/** How long the first test digit waits for a drawing that an earlier visit may have left; then it is laid until that comes. */
const PATIENCE_MS = 1500;
/** On the first screen, and first on every sheet. */
const FIRST_DIGIT = 7;

/** What lies on the pad and where it is kept: test digits, the sheets of earlier visits, sets of drawings. */
export class DrawingStorage {
  testDigits = $state.raw<GreyImages | null>(null);
  readonly #pad: Pad;
  readonly #library: Library;
  readonly #notices: Notices;
  /** Of the models on the screen: pixels painted one by one are binarised alike. */
  readonly #binarisation: () => Binarisation;
  #saveTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #kept: KeptSheets;

  constructor(pad: Pad, library: Library, notices: Notices, binarisation: () => Binarisation) {
    this.#pad = pad;
    this.#library = library;
    this.#kept = new KeptSheets(library);
    this.#notices = notices;
    this.#binarisation = binarisation;
  }

  /** The first screen: the drawing of an earlier visit, or a test digit. */
  async open(): Promise<void> {
    const [digits] = await Promise.all([fetchDigits('starter-test'), this.#recall()]);
    if (digits.ok) this.testDigits = digits.value;
    else this.#notices.say('digits', `Test digits: ${digits.reason}`, { tone: 'warning' });
    this.#fill();
  }

  /** Lays the sheet of another grid on the pad; one that was never used gets its first digit. */
  async turnOver(change: () => void): Promise<void> {
    void this.save();
    change();
    const { sheet } = this.#pad;
    await this.#recall();
    if (this.#pad.sheet === sheet) this.#fill();
  }

  layTestDigit(): void {
    if (this.testDigits) this.#lay(this.testDigits, Math.floor(Math.random() * this.testDigits.count));
  }

  /** Name of the set that the first drawing goes to. */
  get firstSet(): string {
    return setName(this.#pad.seen.keep.grid);
  }

  /** The sets that a drawing as it lies there can be added to. */
  get sets() {
    const { grid } = this.#pad.seen.keep;
    return this.#library.datasets.filter((each) => each.origin === 'drawn' && sameGrid(each.grid, grid));
  }

  /** Adds the drawing to a set of the visitor's own; makes one where there is none. */
  async keep(datasetId: string | null, label: number | null): Promise<void> {
    const { grid, pixels } = this.#pad.seen.keep;
    const own = this.sets;
    const known = own.find((each) => each.id === datasetId) ?? own.at(0);
    const dataset = known ?? (await this.#library.createDataset(setName(grid), grid));
    if (!dataset) return;
    if (await this.#library.addDrawing(dataset.id, pixels, label)) {
      const total = this.#library.dataset(dataset.id)?.count ?? 0;
      this.#pad.said = `Kept in ${dataset.name}${label === null ? '' : ` as ${label}`}: ${total} in all.`;
    }
  }

  /** A moment after the last stroke. */
  saveSoon(): void {
    if (this.#pad.origin !== 'visitor') return;
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(() => {
      // Half a stroke may yet be cancelled.
      if (this.#pad.drawing) this.saveSoon();
      else void this.save();
    }, SAVE_AFTER_MS);
  }

  /** Saves what the visitor drew, at once or as soon as it is known what it replaces. Fails where it could not be saved. */
  async save(): Promise<Result<null>> {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    const { origin, sheet, paper } = this.#pad;
    return origin === 'visitor' ? await this.#kept.save(sheet, paper) : ok(null);
  }

  /** The sheet as an earlier visit left it, unless somebody draws first. Resolves after PATIENCE_MS at the latest. */
  async #recall(): Promise<void> {
    const { sheet, untouched } = this.#pad;
    if (!untouched && this.#kept.knows(sheet)) return;
    const late = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS));
    await Promise.race([this.#restore(sheet), late]);
  }

  async #restore(sheet: string): Promise<void> {
    const kept = await this.#kept.recall(sheet);
    const { sheet: now, untouched, origin } = this.#pad;
    // Of a sheet that was turned over meanwhile the answer is asked for again when it is back.
    if (now === sheet && untouched && this.#pad.restore(kept) && origin === 'app')
      this.#pad.said = 'The drawing of your last visit lies on the pad.';
  }

  #fill(): void {
    if (this.#pad.origin !== 'none' || !this.testDigits) return;
    // On the smallest grids the dice leave some digits blank: the first sheet shows one that they did not.
    for (let index = FIRST_DIGIT; index < this.testDigits.count; index++) {
      this.#lay(this.testDigits, index, true);
      if (!this.#pad.blank) return;
    }
  }

  /** `first` is what the app lays by itself. */
  #lay(digits: GreyImages, index: number, first = false): void {
    const label = digits.labels?.[index] ?? 'digit';
    const { grid, cells } = this.#pad;
    const put = (image: GreyImages) =>
      first ? this.#pad.layFirst(image, 'test digit') : this.#pad.lay(image, 'test digit');
    if (!cells) {
      put(takeRows(digits, [index]));
      this.#pad.said = `A test digit lies on the pad: a ${label}.`;
      return;
    }
    const pooled = poolImages(digits, grid);
    if (!pooled.ok) throw new Error(pooled.reason);
    put(inked(pooled.value, index, this.#binarisation()));
    this.#pad.said = `A test digit lies on the pad: a ${label}, pooled to ${describeGrid(grid)} pixels.`;
  }
}

/** One image as the models' training images are made: half a grey pixel is ink every other time, not never. */
function inked(images: GreyImages, index: number, binarisation: Binarisation): GreyImages {
  const whole = binarisation.kind === 'none' ? ({ kind: 'threshold' } as const) : binarisation;
  const bits = binarise(images, whole);
  const one = takeRows(images, [index]);
  return { ...one, pixels: one.pixels.map((_, pixel) => 255 * getPixel(bits, index, pixel)) };
}

function setName(grid: Grid): string {
  return sameGrid(grid, MNIST_GRID) ? 'My drawings' : `My ${describeGrid(grid)} drawings`;
}
