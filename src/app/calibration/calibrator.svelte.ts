import { untrack } from 'svelte';
import type { Binarisation } from '../../data/binarisation.ts';
import { formatBinarisation } from '../../data/binarise.ts';
import type { GreyImages, Grid, PackedImages } from '../../data/images.ts';
import type { Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import type { ModelRecord } from '../../store/records.ts';
import { Newest } from '../newest.ts';
import { referenceBinarisation, scoreInParts } from './reference.ts';
import type { ScoredDigits, UnseenScores } from './unseen-scores.svelte.ts';
import type { Side } from '../sides.ts';

/** Models whose scores are remembered, of 4 kB each, for visitors who switch between them. */
const MAX_CACHED = 32;

/** What the calibration reads of a model slot, and its scores, which it sets. */
interface CalibratedSlot {
  readonly model: ModelRecord | null;
  readonly engineName: string | null;
  readonly state: 'preparing' | 'ready' | 'failed';
  /** Null until the slot has read a drawing. */
  readonly reading: unknown;
  readonly classifies: boolean;
  readonly learning: boolean;
  readonly unseen: UnseenScores;
}

interface Work {
  /** Name of the model in the engine, and binarisation; empty for none. */
  key: string;
  readonly run: Newest;
}

interface Ports {
  readonly engine: Pick<Engine, 'pack' | 'score'>;
  /** The two slots of the page. */
  readonly slots: Readonly<Record<Side, CalibratedSlot>>;
  /** Whether whole pixels are painted on the pad. */
  readonly painted: () => boolean;
  /** The unseen digits, fetched with the first call. */
  readonly digits: () => Promise<Result<GreyImages>>;
  /** Adds scores of thresholded digits to the record of a model, where there is a stored one. */
  readonly keep: (id: string, scores: Float32Array<ArrayBuffer>) => Promise<void>;
}

/**
 * Scores the unseen digits under the models of slots, once for all that compare a drawing with them. Scores that came with the
 * model are taken; others are computed, but not before both slots of the page have read the drawing: the digits are a download, and the
 * first scores do not wait for it.
 */
export class Calibrator {
  readonly #ports: Ports;
  /** Of every slot: what is being computed for it, or was. */
  readonly #works = new WeakMap<CalibratedSlot, Work>();
  #cached: readonly { readonly key: string; readonly scored: ScoredDigits }[] = [];
  /** Whether no slot is waited for any more. */
  readonly #read = $derived.by(() =>
    Object.values(this.#ports.slots).every(({ state, reading }) => state === 'failed' || reading !== null),
  );

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Calibrates for the model in the slot. To be called when that, or the way of drawing, changes. */
  follow(slot: CalibratedSlot): void {
    const { model, engineName, classifies, learning } = slot;
    const binarisation = model && referenceBinarisation(model, this.#ports.painted());
    const work = this.#workOf(slot);
    if (!model || !binarisation || engineName === null || classifies || learning) {
      untrack(() => this.#begin(slot, work, ''));
      return;
    }
    const how = formatBinarisation(binarisation);
    const stored = how === 'threshold' ? model.unseen : undefined;
    const known = stored
      ? { scores: stored, binarisation }
      : this.#cached.find(({ key }) => key === `${model.id} ${how}`)?.scored;
    const may = known !== undefined || this.#read;
    untrack(() => {
      if (!this.#begin(slot, work, may ? `${engineName} ${how}` : '')) return;
      if (known) slot.unseen.known = known;
      else if (may) void this.#measure(slot, work.run, model, engineName, binarisation);
    });
  }

  /** After a failure. */
  retry(slot: CalibratedSlot): void {
    this.#workOf(slot).key = '';
    this.follow(slot);
  }

  /** The unseen digits as a model of that grid reads them, [count]. */
  async images(grid: Grid, binarisation: Binarisation): Promise<Result<PackedImages>> {
    const digits = await this.#ports.digits();
    if (!digits.ok) return digits;
    const images = { kind: 'grey', images: digits.value } as const;
    return await this.#ports.engine.pack({ images, rows: null, grid, binarisation });
  }

  #workOf(slot: CalibratedSlot): Work {
    const known = this.#works.get(slot) ?? { key: '', run: new Newest() };
    this.#works.set(slot, known);
    return known;
  }

  /** Drops what the work before has found, unless it was the same. */
  #begin({ unseen }: CalibratedSlot, work: Work, key: string): boolean {
    if (key !== '' && work.key === key) return false;
    work.key = key;
    work.run.abort();
    unseen.reset();
    return true;
  }

  async #measure(
    { unseen }: CalibratedSlot,
    run: Newest,
    { id, grid }: ModelRecord,
    name: string,
    binarisation: Binarisation,
  ): Promise<void> {
    await run.run(
      async (signal) => {
        const images = await this.images(grid, binarisation);
        signal.throwIfAborted();
        const scored = images.ok
          ? await scoreInParts(
              this.#ports.engine,
              name,
              images.value,
              signal,
              (done) => (unseen.progress = done),
            )
          : images;
        if (!scored.ok) throw new Error(scored.reason);
        unseen.known = { scores: scored.value, binarisation };
        this.#remember(`${id} ${formatBinarisation(binarisation)}`, unseen.known);
        if (binarisation.kind === 'threshold') await this.#ports.keep(id, scored.value);
      },
      (reason) => (unseen.failure = reason),
    );
  }

  #remember(key: string, scored: ScoredDigits): void {
    const others = this.#cached.filter((each) => each.key !== key).slice(0, MAX_CACHED - 1);
    this.#cached = [{ key, scored }, ...others];
  }
}
