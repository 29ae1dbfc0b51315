import { binarise } from '../data/binarise.ts';
import type { Binarisation } from '../data/binarisation.ts';
import { takeRows } from '../data/dataset.ts';
import { getPixel, type GreyImages, type Grid, MNIST_GRID } from '../data/images.ts';
import { poolImages } from '../data/pool.ts';
import { fetchDigits } from './assets.ts';
import { describeGrid, sameGrid } from './grids.ts';
import type { Library } from './library.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { Pad } from './pad.svelte.ts';

const SAVE_AFTER_MS = 500;
/** How long the first test digit waits for a drawing that an earlier visit may have left. */
const PATIENCE_MS = 1500;
/** On the first screen, and first on every sheet. */
const FIRST_DIGIT = 7;

/** What lies on the pad and where it is kept: test digits, the sheets of earlier visits, sets of drawings. */
export class Desk {
  testDigits = $state.raw<GreyImages | null>(null);
  readonly #pad: Pad;
  readonly #library: Library;
  readonly #notices: Notices;
  /** Of the models on the screen: pixels painted one by one are binarised alike. */
  readonly #binarisation: () => Binarisation;
  #saveTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(pad: Pad, library: Library, notices: Notices, binarisation: () => Binarisation) {
    this.#pad = pad;
    this.#library = library;
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
    await this.#recall();
    this.#fill();
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
    if (this.#pad.untouched) return;
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(() => void this.save(), SAVE_AFTER_MS);
  }

  async save(): Promise<void> {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    const { untouched, sheet, paper } = this.#pad;
    if (!untouched) await this.#library.putSetting(sheet, paper.slice());
  }

  /** The sheet as an earlier visit left it, unless somebody draws first. */
  async #recall(): Promise<void> {
    const { sheet, untouched } = this.#pad;
    if (!untouched) return;
    const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), PATIENCE_MS));
    const kept = await Promise.race([this.#library.setting(sheet), late]);
    if (this.#pad.untouched && this.#pad.sheet === sheet) this.#pad.restore(kept);
  }

  #fill(): void {
    if (!this.#pad.untouched || !this.testDigits) return;
    // On the smallest grids the dice leave some digits blank: the first sheet shows one that they did not.
    for (let index = FIRST_DIGIT; index < this.testDigits.count; index++) {
      this.#lay(this.testDigits, index);
      if (!this.#pad.blank) return;
    }
  }

  #lay(digits: GreyImages, index: number): void {
    const label = digits.labels?.[index] ?? 'digit';
    const { grid, cells } = this.#pad;
    if (!cells) {
      this.#pad.lay(takeRows(digits, [index]), 'test digit');
      this.#pad.said = `A test digit lies on the pad: a ${label}.`;
      return;
    }
    const pooled = poolImages(digits, grid);
    if (!pooled.ok) throw new Error(pooled.reason);
    this.#pad.lay(inked(pooled.value, index, this.#binarisation()), 'test digit');
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
