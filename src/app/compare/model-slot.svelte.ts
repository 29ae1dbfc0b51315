import type { Engine } from '../../engine/api.ts';
import type { DensityReading } from '../../engine/queries/api.ts';
import type { Reading } from '../../engine/queries/api.ts';
import type { PackedImages } from '../../data/images.ts';
import { findFamily, needsLabels } from '../../models/registry.ts';
import type { FamilySpec } from '../../models/types.ts';
import type { ModelRecord } from '../../store/records.ts';
import type { Choice } from './choice.ts';
import { COUNTED, LEARNING } from './counted-models.ts';
import { Latest } from '../latest.ts';
import { sameGrid } from '../grids.ts';
import { shareBelow } from './percentile.ts';
import { readingOrder, type ReadingOrder } from './reading-order.ts';

export type Side = 'left' | 'right';

/** One of the two chairs: a model, and the pad's drawing as it reads it. */
export class ModelSlot {
  readonly side: Side;
  readonly #engine: Engine;
  choice = $state.raw<Choice | null>(null);
  model = $state.raw<ModelRecord | null>(null);
  state = $state<'preparing' | 'ready' | 'failed'>('preparing');
  /** What it waits for, or why it failed. */
  note = $state('');
  reading = $state.raw<Reading | null>(null);
  /** The model's name in the engine; null until one is loaded. */
  engineName = $state<string | null>(null);
  /** Called when another model sits down; `now` is false while one still learns. */
  onModel: (side: Side, now: boolean) => void = () => undefined;
  #serial = 0;
  /** The same, for calls of its own: an effect that hands over a drawing need not do so again for a new model. */
  #loaded: string | null = null;
  /** Names in the engine whose wall may still be running. */
  #old: string[] = [];
  #drawing: PackedImages | null = null;
  readonly #latest = new Latest<PackedImages>((drawing) => this.#read(drawing));

  constructor(side: Side, engine: Engine) {
    this.side = side;
    this.#engine = engine;
  }

  get spec(): FamilySpec | null {
    return (this.model && findFamily(this.model.family)) ?? null;
  }

  /** Whether its model is that of the run under way. */
  get learning(): boolean {
    return this.model?.id.startsWith(LEARNING) ?? false;
  }

  /** Short enough for a column: hyper-parameters stand beside the picker. */
  get title(): string {
    if (!this.model) return 'preparing …';
    const passing = this.model.id.startsWith(COUNTED) || this.learning;
    return passing ? (this.spec?.label ?? this.model.name) : this.model.name;
  }

  get parameters(): number {
    return this.model ? (this.spec?.parameterCount(this.model.grid, this.model.hyper) ?? 0) : 0;
  }

  /** The drawing's p(x); null before the first reading and where the model is a classifier. */
  get density(): DensityReading | null {
    return this.classifies ? null : (this.reading?.density ?? null);
  }

  /** p(class | drawing), [CLASSES]; null where the model knows no classes. */
  get posterior(): Float32Array | null {
    return this.knowsClasses ? (this.reading?.posterior ?? null) : null;
  }

  /** Whether its model only tells classes apart: no p(x), no dreams. */
  get classifies(): boolean {
    return this.spec?.task === 'classifier';
  }

  get knowsClasses(): boolean {
    return this.model !== null && needsLabels(this.model);
  }

  get canSample(): boolean {
    return this.model !== null && !this.classifies;
  }

  /** How its model goes through the pixels; null for a classifier, which looks at all of them at once. */
  order = $derived.by<ReadingOrder | null>(() =>
    this.canSample && this.model ? readingOrder(this.model) : null,
  );

  /** Share of the training digits less likely than the drawing; null while the model still learns. */
  get share(): number | null {
    const { density } = this;
    if (!density || !this.model || this.model.quantiles.length < 2) return null;
    return shareBelow(this.model.quantiles, density.logLikelihood);
  }

  /**
   * Seats a model. `learning` ones come every few seconds: their sampleGrids finish first. The one before stays loaded
   * until `releaseAllBut`.
   */
  async load(model: ModelRecord, learning = false): Promise<void> {
    const serial = ++this.#serial;
    const name = `${this.side}-${serial}`;
    const { family, grid, hyper, tensors } = model;
    const loaded = await this.#engine.load(name, { family, grid, hyper, tensors });
    if (serial !== this.#serial) {
      // Another one was asked for meanwhile.
      await this.#engine.unload(name);
      return;
    }
    if (!loaded.ok) {
      this.state = 'failed';
      this.note = loaded.reason;
      return;
    }
    if (this.#loaded !== null) this.#old.push(this.#loaded);
    this.#loaded = this.engineName = name;
    this.model = model;
    this.state = 'ready';
    this.note = '';
    if (this.#drawing) this.#latest.submit(this.#drawing);
    this.onModel(this.side, !learning);
    if (!this.canSample) await this.releaseAllBut(name);
  }

  /** The chair is empty until the next model sits down: the one that left read images of another size. */
  clear(): void {
    this.#serial++;
    if (this.#loaded !== null) this.#old.push(this.#loaded);
    this.#loaded = this.engineName = null;
    this.#drawing = null;
    this.model = null;
    this.reading = null;
    this.state = 'preparing';
    this.note = '';
  }

  /** Seats the same model again in a fresh engine. */
  async reload(): Promise<void> {
    this.#loaded = this.engineName = null;
    this.#old = [];
    if (this.model) await this.load(this.model);
  }

  /** Lets go of the models before, once the wall has left them for `name`. */
  async releaseAllBut(name: string): Promise<void> {
    const leaving = this.#old.filter((each) => each !== name);
    this.#old = this.#old.filter((each) => each === name);
    await Promise.all(leaving.map((each) => this.#engine.unload(each)));
  }

  read(drawing: PackedImages): void {
    this.#drawing = drawing;
    if (this.#loaded !== null) this.#latest.submit(drawing);
  }

  async #read(drawing: PackedImages): Promise<void> {
    const name = this.#loaded;
    if (name === null || !this.model || !sameGrid(this.model.grid, drawing.grid)) return;
    try {
      const reading = await this.#engine.read(name, drawing);
      // The chair may have changed hands meanwhile; the new model was asked for itself.
      if (name !== this.#loaded) return;
      if (reading.ok) {
        this.reading = reading.value;
      } else {
        this.state = 'failed';
        this.note = reading.reason;
      }
    } catch (error) {
      // A dead worker is announced elsewhere, with the way out.
      this.note = error instanceof Error ? error.message : String(error);
    }
  }
}
