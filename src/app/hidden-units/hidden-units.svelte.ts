import { untrack } from 'svelte';
import type { PackedImages } from '../../data/images.ts';
import type { UnitMap, MapPosition } from '../../engine/queries/api.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { Model } from '../../models/model.ts';
import type { AskedModel } from '../questions/questions.svelte.ts';
import { formatBinarisation } from '../../data/binarise.ts';
import { componentMap, mostActive } from './components.ts';
import { fitJob } from './fit.ts';
import { describeModel } from '../compare/counted-models.ts';
import { sameGrid } from '../grids.ts';
import { Latest } from '../latest.ts';
import { Newest } from '../newest.ts';
import { observe } from '../observe.ts';
import { trainInTurn } from '../turn.ts';
import { type Digits, TestDigits } from './test-digits.svelte.ts';

/** Results cached, so that a return to a model computes nothing. */
const CACHED = 4;

/** The model whose units are shown, under its name in the engine. */
export interface QueriedModel {
  readonly name: string;
  readonly title: string;
  readonly model: Model;
  /** Whether it was fitted by this panel. */
  readonly fittedHere: boolean;
}

/** A model's units, and the digits that they were measured on. */
export interface HiddenUnitsResult {
  readonly queried: QueriedModel;
  readonly digits: Digits;
  readonly map: UnitMap;
}

/** The test digits that both models are measured on. */
class SharedDigits {
  readonly digits: TestDigits;

  constructor({ ports }: Pick<AskedModel, 'ports'>) {
    this.digits = new TestDigits(() => ports.drawingStorage.testDigits);
  }
}

type Phase = 'waiting' | 'computing' | 'ready' | 'refused' | 'failed';

/** The panel "What has it learnt to see?": the hidden units of a model. */
export class HiddenUnits {
  readonly #asked: AskedModel;
  readonly digits: TestDigits;
  phase = $state<Phase>('waiting');
  /** Why it was refused or failed. */
  note = $state('');
  /** Progress of the computation, 0 to 1. */
  done = $state(0);
  result = $state.raw<HiddenUnitsResult | null>(null);
  /** The drawing on the map; null before it is known. */
  position = $state.raw<MapPosition | null>(null);
  /** Progress of a running fit, 0 to 1; null where there is none. */
  fitProgress = $state<number | null>(null);
  fitNote = $state('');
  #fitted = $state.raw<QueriedModel | null>(null);
  /** Increases when the map has to be computed again, because the engine has lost it or a computation failed. */
  #attempt = $state(0);
  readonly #computation = new Newest();
  readonly #fit = new Newest();
  #fits = 0;
  /** The latest result last. */
  #cache: readonly HiddenUnitsResult[] = [];
  readonly #positions = new Latest<PackedImages>((drawing) => this.#locate(drawing));

  constructor(asked: AskedModel) {
    this.#asked = asked;
    this.digits = asked.panelState(SharedDigits).digits;
  }

  /** The model whose units are shown: that of the slot, unless the panel has fitted one. */
  queried = $derived.by<QueriedModel | null>(() => {
    observe(this.#attempt);
    const { slot, ports } = this.#asked;
    if (this.#fitted && sameGrid(this.#fitted.model.grid, ports.pad.grid)) return this.#fitted;
    const { model, title, engineName: name } = slot;
    return model && name !== null ? { name, title, model, fittedHere: false } : null;
  });

  /** The result, unless it is of another model than `queried`. */
  shown = $derived(this.result && this.result.queried.name === this.queried?.name ? this.result : null);

  /** The unit that is the most active for the drawing; null while that is not known. */
  strongest = $derived.by<{
    readonly noun: string;
    readonly unit: number;
    readonly activation: number;
  } | null>(() => {
    const { shown, position } = this;
    if (!shown || !position) return null;
    const unit = mostActive(position, shown.map).at(0);
    if (unit === undefined) return null;
    const noun = componentMap(shown.map)?.noun ?? 'Unit';
    return { noun, unit, activation: position.activations[unit] };
  });

  /** Computes the map whenever the model or the digits have changed: for an effect of the panel. */
  follow(): void {
    const { queried } = this;
    observe(this.digits.grey, formatBinarisation(this.#asked.ports.binarisation()));
    untrack(() => void this.#compute(queried));
  }

  /** Places the drawing on the map whenever it has changed: for an effect of the panel. */
  followDrawing(): void {
    const { shown } = this;
    const { packed } = this.#asked.ports.pad.seen;
    if (shown && sameGrid(shown.queried.model.grid, packed.grid))
      untrack(() => this.#positions.submit(packed));
    else this.position = null;
  }

  /** For the end of the panel's effect. */
  close(): void {
    this.#computation.abort();
    this.digits.cancel();
    this.stopFitting();
  }

  retry(): void {
    this.#attempt++;
  }

  /** Fits a mixture to the starter digits, in seconds, and shows its components instead. */
  async fit(spec: FamilySpec): Promise<void> {
    const { engine, pad, binarisation } = this.#asked.ports;
    const starter = await this.#asked.ports.starter();
    const job = starter && fitJob(spec, starter, pad.grid, binarisation());
    if (!job) {
      this.fitNote = 'The starter digits have not arrived yet: try again in a moment.';
      return;
    }
    this.fitProgress = 0;
    this.fitNote = '';
    await this.#fit.run(
      async (signal) => {
        const fitted = await trainInTurn(this.#asked.ports, job, signal, ({ epoch, epochs }) => {
          this.fitProgress = epoch / epochs;
        });
        if (!fitted.ok) throw new Error(fitted.reason);
        const { model } = fitted.value;
        const name = `hidden-units-${this.#asked.side}-${++this.#fits}`;
        const loaded = await engine.load(name, model);
        if (!loaded.ok) throw new Error(loaded.reason);
        this.release();
        const title = describeModel(model.family, model.hyper, model.grid);
        this.#fitted = { name, title, model, fittedHere: true };
        this.fitProgress = null;
      },
      (reason) => {
        this.fitNote = reason;
        this.fitProgress = null;
      },
    );
  }

  stopFitting(): void {
    if (this.fitProgress === null) return;
    this.#fit.abort();
    this.fitProgress = null;
    this.fitNote = 'Cancelled.';
  }

  /** Unloads the model that was fitted here and returns to that of the slot. */
  release(): void {
    if (!this.#fitted) return;
    void this.#asked.ports.engine.unload(this.#fitted.name).catch(() => undefined);
    const { name } = this.#fitted;
    this.#cache = this.#cache.filter(({ queried }) => queried.name !== name);
    this.#fitted = null;
  }

  async #compute(queried: QueriedModel | null): Promise<void> {
    const { engine, binarisation } = this.#asked.ports;
    this.done = 0;
    this.note = '';
    this.phase = 'waiting';
    await this.#computation.run(
      async (signal) => {
        if (!queried) return;
        const digits = await this.digits.of(queried.model.grid, binarisation(), signal);
        if (!digits) return;
        const { name } = queried;
        const cached = this.#cache.find((each) => each.queried.name === name && each.digits === digits);
        if (cached) {
          this.#show(cached);
          return;
        }
        this.phase = 'computing';
        const onProgress = (done: number) => {
          if (!signal.aborted) this.done = done;
        };
        const map = await engine.hiddenUnits.map(name, digits.images, digits.labels, onProgress, signal);
        signal.throwIfAborted();
        if (map.ok) this.#show({ queried, digits, map: map.value });
        else this.#refuse(map.reason);
      },
      (reason) => {
        // A dead worker is announced elsewhere, with the way out.
        this.#clear();
        this.phase = 'failed';
        this.note = reason;
      },
    );
  }

  #show(result: HiddenUnitsResult): void {
    // A position is of one map only.
    if (this.result !== result) this.position = null;
    this.result = result;
    this.phase = 'ready';
    const others = this.#cache.filter(({ queried }) => queried.name !== result.queried.name);
    this.#cache = [...others, result].slice(-CACHED);
  }

  #refuse(reason: string): void {
    this.result = null;
    this.phase = 'refused';
    this.note = `${reason.replace(/^hidden units: /, '')}.`;
  }

  #clear(): void {
    this.#cache = [];
    this.result = null;
    this.position = null;
  }

  async #locate(drawing: PackedImages): Promise<void> {
    const { shown } = this;
    if (!shown || !sameGrid(shown.queried.model.grid, drawing.grid)) return;
    try {
      const placed = await this.#asked.ports.engine.hiddenUnits.place(shown.queried.name, drawing);
      if (this.shown !== shown) return;
      if (placed.ok) this.position = placed.value;
      else {
        // A restarted engine no longer holds the map.
        this.#clear();
        if (shown.queried.fittedHere) this.#fitted = null;
        this.#attempt++;
      }
    } catch {
      // A dead worker is announced elsewhere.
      this.#clear();
      if (shown.queried.fittedHere) this.#fitted = null;
    }
  }
}
