import { untrack } from 'svelte';
import { type Finding, findings, type Scores } from '../../stats/detection.ts';
import { wordsOf } from '../../data/error-words.ts';
import { type PackedImages, sliceImages } from '../../data/images.ts';
import {
  baselineImages,
  BASELINE_IMAGES,
  type BaselineImage,
  withFirst,
} from '../../data/baseline-images.ts';
import { ok, type Result } from '../../data/result.ts';
import type { ModelRecord } from '../../store/records.ts';
import { measureCalibration, type AnomalyCalibration } from './calibration.ts';
import type { ScoredDigits } from '../calibration/unseen-scores.svelte.ts';
import { ComparisonSet } from './comparison-set.svelte.ts';
import type { AskedModel } from '../questions/questions.svelte.ts';
import { Latest } from '../latest.ts';
import { Newest } from '../newest.ts';
import { loadTrainingData } from '../training/training-data.ts';

/** Seed of the baseline images: constant, so that only the drawing changes what is shown. */
const SEED = 1;
/** Calibrations cached for visitors who switch between models. */
const MAX_CACHED = 8;

/** The drawing or a baseline image, with the findings of the detectors. */
export interface TestedImage {
  readonly name: 'drawing' | BaselineImage;
  readonly image: PackedImages;
  readonly finding: Finding;
}

/** State of the panel "Is this a digit at all?": the drawing and baseline images, scored by three detectors. */
export class Anomaly {
  readonly #asked: AskedModel;
  readonly comparisonSet: ComparisonSet;
  /** Name of the background model in the engine. */
  readonly #background: string;
  state = $state<'waiting' | 'measuring' | 'ready' | 'refused' | 'failed'>('waiting');
  /** Why the state is refused or failed. */
  note = $state('');
  /** Of scoring the unseen digits under the background model, 0 to 1. */
  #backgroundProgress = $state(0);
  calibration = $state.raw<AnomalyCalibration | null>(null);
  /** The drawing, then BASELINE_IMAGES; null until both models have scored them. */
  tested = $state.raw<readonly TestedImage[] | null>(null);
  #cached: readonly { readonly key: string; readonly calibration: AnomalyCalibration }[] = [];
  #key = '';
  #name = '';
  readonly #measurement = new Newest();
  #drawing: PackedImages | null = null;
  readonly #latest = new Latest<PackedImages>(
    (drawing, signal) => this.#test(drawing, signal),
    (error) => this.#fail(wordsOf(error)),
  );

  constructor(asked: AskedModel) {
    this.#asked = asked;
    this.#background = `anomaly-background-${asked.side}`;
    this.comparisonSet = new ComparisonSet(asked.ports, {
      calibration: () => this.calibration,
      model: () => this.#asked.slot.model,
      score: (images, signal) => this.#score(images, signal),
    });
  }

  /** Of the calibration, 0 to 1. */
  get progress(): number {
    const { known, progress } = this.#asked.slot.unseen;
    return ((known ? 1 : progress) + this.#backgroundProgress) / 2;
  }

  /** The drawing with its findings. */
  get drawing(): TestedImage | null {
    return this.tested?.[0] ?? null;
  }

  /**
   * Calibrates for the model in the queried slot, once its scores of the unseen digits are known. To be called when these or the model
   * change, and when the panel opens.
   */
  follow(): void {
    const { slot } = this.#asked;
    const { model, engineName, learning, note } = slot;
    const { known, failure } = slot.unseen;
    const stuck = slot.state === 'failed';
    untrack(() => {
      if (!model || engineName === null) this.#reset('', stuck ? 'failed' : 'waiting', stuck ? note : '');
      else if (learning) this.#reset('', 'refused', LEARNS);
      else if (failure !== '') this.#reset('', 'failed', failure);
      else if (!known) this.#reset('', 'measuring', '');
      else {
        const key = [model.id, known.binarisation.kind].join(' ');
        if (this.#key === `${engineName} ${key}`) return;
        this.#reset(`${engineName} ${key}`, 'measuring', '');
        this.#name = engineName;
        void this.#measure(model, key, known);
      }
    });
  }

  /** After a failure. */
  retry(): void {
    const { slot, ports } = this.#asked;
    if (slot.unseen.failure !== '') ports.calibrator.retry(slot);
    this.#key = '';
    this.follow();
  }

  /** Drops the results of the previous model. */
  #reset(key: string, state: Anomaly['state'], note: string): void {
    this.#measurement.abort();
    this.#latest.abort();
    this.#key = key;
    this.calibration = this.tested = null;
    this.#backgroundProgress = 0;
    this.state = state;
    this.note = note;
    this.comparisonSet.reset();
    this.#unload();
  }

  #unload(): void {
    // An engine that has ended holds no models.
    void this.#asked.ports.engine.unload(this.#background).catch(() => undefined);
  }

  setDrawing(drawing: PackedImages): void {
    this.#drawing = drawing;
    if (this.state === 'ready') this.#latest.submit(drawing);
  }

  /** The panel closes: the background model is unloaded. */
  close(): void {
    this.#reset('', 'waiting', '');
  }

  async #measure(model: ModelRecord, key: string, own: ScoredDigits): Promise<void> {
    await this.#measurement.run(
      async (signal) => {
        const found = await this.#calibrationOf(model, key, own, signal);
        signal.throwIfAborted();
        if (!found.ok) throw new Error(found.reason);
        const others = this.#cached.filter((each) => each.key !== key).slice(0, MAX_CACHED - 1);
        this.#cached = [{ key, calibration: found.value }, ...others];
        this.calibration = found.value;
        this.state = 'ready';
        if (this.#drawing) this.#latest.submit(this.#drawing);
      },
      (reason) => this.#fail(reason),
    );
  }

  #fail(reason: string): void {
    this.state = 'failed';
    this.note = reason;
  }

  async #calibrationOf(
    model: ModelRecord,
    key: string,
    own: ScoredDigits,
    signal: AbortSignal,
  ): Promise<Result<AnomalyCalibration>> {
    const { engine, turn, starter, library, mnist, calibrator } = this.#asked.ports;
    const cached = this.#cached.find((each) => each.key === key)?.calibration;
    if (cached) {
      const loaded = await engine.load(this.#background, cached.background);
      return loaded.ok ? ok(cached) : loaded;
    }
    return await measureCalibration(
      {
        engine,
        name: this.#background,
        turn,
        starter,
        trainingData: async ({ dataset }) => {
          const here = library.dataset(dataset.id);
          if (!here || here.revision !== dataset.revision) return null;
          return await loadTrainingData(dataset.id, await starter(), library, mnist);
        },
        images: () => calibrator.images(model.grid, own.binarisation),
        onProgress: (done) => {
          if (!signal.aborted) this.#backgroundProgress = done;
        },
        signal,
      },
      model,
      own,
    );
  }

  async #test(drawing: PackedImages, signal: AbortSignal): Promise<void> {
    const { calibration } = this;
    const model = this.#asked.slot.model;
    if (!calibration || !model) return;
    const { grid } = model;
    if (drawing.grid.width !== grid.width || drawing.grid.height !== grid.height) return;
    const images = withFirst(drawing, baselineImages(drawing, SEED));
    const scores = await this.#score(images, signal);
    signal.throwIfAborted();
    if (!scores.ok) {
      this.#fail(scores.reason);
      return;
    }
    const found = findings(calibration.scores, scores.value);
    this.tested = (['drawing', ...BASELINE_IMAGES] as const).map((name, at) => ({
      name,
      image: sliceImages(images, at, 1),
      finding: found[at],
    }));
  }

  /** Scores under the queried model and under the background model. */
  async #score(images: PackedImages, signal: AbortSignal): Promise<Result<Scores>> {
    const { engine } = this.#asked.ports;
    const [own, background] = await Promise.all([
      engine.score(this.#name, images, signal),
      engine.score(this.#background, images, signal),
    ]);
    if (!own.ok) return own;
    return background.ok ? ok({ logLikelihood: own.value, background: background.value }) : background;
  }
}

const LEARNS = 'This model is still learning. It is asked as soon as its training is over.';
