import { wordsOf } from '../../data/error-words.ts';
import type { Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import type { DensityReading } from '../../engine/queries/api.ts';
import type { Reading } from '../../engine/queries/api.ts';
import type { PackedImages } from '../../data/images.ts';
import { shareBelow } from '../../stats/detection.ts';
import { findFamily, needsLabels } from '../../models/registry.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { ModelRecord } from '../../store/records.ts';
import type { Choice } from './choice.ts';
import { COUNTED, LEARNING, SNAPSHOT } from './counted-models.ts';
import { UnseenScores } from '../calibration/unseen-scores.svelte.ts';
import { Latest } from '../latest.ts';
import { sameGrid } from '../grids.ts';
import { SHIPPED_ID } from './shipped-models.ts';
import { readingOrder, type ReadingOrder } from './reading-order.ts';
import type { Side } from '../sides.ts';

/** Slot A or B: a model, and its reading of the drawing on the pad. */
export class ModelSlot {
  readonly side: Side;
  readonly #engine: Engine;
  /** Its models' names in the engine begin with this. */
  readonly #prefix: string;
  choice = $state.raw<Choice | null>(null);
  model = $state.raw<ModelRecord | null>(null);
  state = $state<'preparing' | 'ready' | 'failed'>('preparing');
  /** What the slot waits for, or why it failed. */
  note = $state('');
  reading = $state.raw<Reading | null>(null);
  /** Set by the calibration of this slot. */
  readonly unseen = new UnseenScores();
  /** The model's name in the engine; null until one is loaded. */
  engineName = $state<string | null>(null);
  /** Called after a model has been loaded; `learning`: it is the model of the current training run. */
  onModel: (side: Side, learning: boolean) => void = () => undefined;
  #serial = 0;
  /** Equal to `engineName`, but not reactive: an effect that calls `read` does not run again for another model. */
  #loaded: string | null = null;
  /** Names in the engine of replaced models, from which a sampler may still draw. */
  #replaced: string[] = [];
  #drawing: PackedImages | null = null;
  /** Name in the engine of the model that `reading` is of. */
  #readBy: string | null = null;
  /** Whether the last reading failed, and nothing else. */
  #unread = false;
  readonly #latest = new Latest<PackedImages>((drawing) => this.#read(drawing));

  constructor(side: Side, engine: Engine, prefix: string = side) {
    this.side = side;
    this.#engine = engine;
    this.#prefix = prefix;
  }

  get spec(): FamilySpec | null {
    return (this.model && findFamily(this.model.family)) ?? null;
  }

  /** Whether the model is that of the latest training run, as it is or was. */
  get learning(): boolean {
    return this.model?.id.startsWith(LEARNING) ?? false;
  }

  /** Whether the model is that of the latest training run as it was after an earlier step. */
  get snapshot(): boolean {
    return this.model?.id.startsWith(SNAPSHOT) ?? false;
  }

  /** Without the hyper-parameters of a model that is counted or comes with the app: they are beside the picker, or in it. */
  get title(): string {
    if (!this.model) return this.state === 'failed' ? 'not here' : 'preparing …';
    const unnamed = [COUNTED, LEARNING, SHIPPED_ID].some((kind) => this.model?.id.startsWith(kind));
    return unnamed ? (this.spec?.label ?? this.model.name) : this.model.name;
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

  /** Whether the model is a classifier, p(y | x) without p(x): nothing to sample. */
  get classifies(): boolean {
    return this.spec?.task === 'classifier';
  }

  get knowsClasses(): boolean {
    return this.model !== null && needsLabels(this.model);
  }

  get canSample(): boolean {
    return this.model !== null && !this.classifies;
  }

  /** The order of the pixels; null for a classifier, which reads all of them at once. */
  order = $derived.by<ReadingOrder | null>(() =>
    this.canSample && this.model ? readingOrder(this.model) : null,
  );

  /** Share of the unseen digits that are less likely than the drawing; null while their scores are not known. */
  get share(): number | null {
    const { density, engineName, unseen } = this;
    // While the drawing is read for the first time, the reading is of the model before.
    if (!density || !unseen.sorted || this.#readBy !== engineName) return null;
    return shareBelow(unseen.sorted, density.logLikelihood);
  }

  /**
   * Loads a model. During a run (`learning`) this happens every few seconds, with the weights of its latest checkpoint; those of a
   * snapshot are in the worker too. The model before stays loaded until `releaseAllBut`: its samples may still be drawn.
   */
  async load(
    model: ModelRecord,
    learning = false,
    snapshot: { readonly runId: string; readonly step: number } | null = null,
  ): Promise<void> {
    const serial = ++this.#serial;
    const name = `${this.#prefix}-${serial}`;
    const { family, grid, hyper, tensors } = model;
    let loaded: Result<null>;
    if (snapshot) loaded = await this.#engine.loadSnapshot(name, snapshot.runId, snapshot.step);
    else if (learning) loaded = await this.#engine.loadLearning(name);
    else loaded = await this.#engine.load(name, { family, grid, hyper, tensors });
    if (serial !== this.#serial) {
      // Another model has been requested meanwhile.
      await this.#engine.unload(name);
      return;
    }
    if (!loaded.ok) {
      // The run has ended meanwhile: its model follows.
      if (!learning) this.#fail(loaded.reason);
      return;
    }
    if (this.#loaded !== null) this.#replaced.push(this.#loaded);
    this.#loaded = this.engineName = name;
    this.unseen.reset();
    this.model = model;
    this.state = 'ready';
    this.note = '';
    this.#unread = false;
    if (this.#drawing) this.#latest.submit(this.#drawing);
    this.onModel(this.side, learning);
    if (!this.canSample) await this.releaseAllBut(name);
  }

  /** Empties the slot until the next model is loaded, which reads images of another size. */
  clear(): void {
    this.#serial++;
    if (this.#loaded !== null) this.#replaced.push(this.#loaded);
    this.#loaded = this.engineName = null;
    this.#drawing = null;
    this.model = null;
    this.reading = null;
    this.unseen.reset();
    this.state = 'preparing';
    this.note = '';
  }

  /** Loads the same model into a restarted engine. */
  async reload(): Promise<void> {
    this.#loaded = this.engineName = null;
    this.#replaced = [];
    if (this.model) await this.load(this.model);
  }

  /** Unloads all replaced models but `name`, once the samples are drawn from that one. */
  async releaseAllBut(name: string): Promise<void> {
    const unused = this.#replaced.filter((each) => each !== name);
    this.#replaced = this.#replaced.filter((each) => each === name);
    await Promise.all(unused.map((each) => this.#engine.unload(each)));
  }

  read(drawing: PackedImages): void {
    this.#drawing = drawing;
    if (this.#loaded !== null) this.#latest.submit(drawing);
  }

  #fail(reason: string): void {
    this.state = 'failed';
    this.note = reason;
  }

  async #read(drawing: PackedImages): Promise<void> {
    const name = this.#loaded;
    if (name === null || !this.model || !sameGrid(this.model.grid, drawing.grid)) return;
    try {
      const reading = await this.#engine.read(name, drawing);
      // Another model may have been loaded meanwhile; it has its own reading.
      if (name !== this.#loaded) return;
      if (reading.ok) {
        this.#readBy = name;
        this.reading = reading.value;
        if (this.#unread) Object.assign(this, { state: 'ready', note: '' });
        this.#unread = false;
      } else {
        this.#fail(reading.reason);
      }
    } catch (error) {
      // A kernel that does not compile, memory that does not suffice, or the end of the worker, which the session announces too.
      this.#unread = true;
      this.#fail(wordsOf(error));
    }
  }
}
