import { wordsOf } from '../data/error-words.ts';
import type { GreyImages, Grid } from '../data/images.ts';
import type { Result } from '../data/result.ts';
import type { ModelRecord } from '../store/records.ts';
import type { Experiment } from './experiment.ts';
import { bytes } from './format.ts';
import { sameGrid } from './grids.ts';
import type { Library } from './library/library.svelte.ts';
import type { Choice } from './compare/choice.ts';
import type { Counting } from './compare/counted-models.ts';
import { fetchShipped, isShippedKept } from './compare/fetch-shipped.ts';
import { modelOfChoice } from './compare/model-of-choice.ts';
import type { ModelSlot } from './compare/model-slot.svelte.ts';
import { type Side, SIDES } from './sides.ts';
import { findShipped, standInFor } from './compare/shipped-models.ts';

interface Ports {
  readonly slots: Readonly<Record<Side, ModelSlot>>;
  readonly library: Library;
  readonly counting: Counting;
  /** Fetched with the first call; null where they could not be. */
  readonly starter: () => Promise<GreyImages | null>;
  readonly experiment: () => Experiment;
  /** Whether a training run goes on, for which counting waits. */
  readonly training: () => boolean;
  /** A model of another grid was chosen for this side. */
  readonly onGrid: (grid: Grid, side: Side) => void;
  /** The model of a recipe was found among those trained here. */
  readonly onFound: (side: Side, id: string) => void;
}

/** Fills the two slots with the models that are chosen; of several loads of a slot only the newest counts. */
export class SlotModels {
  readonly #ports: Ports;
  readonly #serial: Record<Side, number> = { left: 0, right: 0 };

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Loads the chosen model of every slot. */
  async loadBoth(): Promise<void> {
    await this.#loadAll(SIDES);
  }

  async #loadAll(sides: readonly Side[]): Promise<void> {
    await Promise.all(sides.map((side) => this.load(side, this.#ports.experiment()[side])));
  }

  /** Tries again to fetch the models that could not be: the network is back. */
  async retryFetched(): Promise<void> {
    const { slots, experiment } = this.#ports;
    await this.#loadAll(
      SIDES.filter((side) => slots[side].state === 'failed' && experiment()[side].kind === 'shipped'),
    );
  }

  /** As `loadBoth`, except where a load has begun already. The starter digits come too: questions and the Lab count on them. */
  async loadFirst(): Promise<void> {
    const empty = SIDES.filter((side) => this.#serial[side] === 0);
    // What must be fetched follows what can be counted here, so that the first score does not wait for it.
    const fetched = (side: Side) => this.#ports.experiment()[side].kind === 'shipped';
    await this.#loadAll(empty.filter((side) => !fetched(side)));
    const missing = () => empty.filter((side) => fetched(side) && this.#serial[side] === 0);
    await Promise.all(missing().map((side) => this.#loadStandIn(side)));
    await Promise.all([this.#ports.starter(), this.#loadAll(missing())]);
  }

  /** Loads a small model into an empty slot whose own is large and not here yet: on a slow connection that takes seconds. */
  async #loadStandIn(side: Side): Promise<void> {
    const { slots, experiment } = this.#ports;
    const choice = experiment()[side];
    const wanted = choice.kind === 'shipped' ? findShipped(choice.name) : undefined;
    const standIn = wanted && standInFor(wanted);
    if (!standIn) return;
    if (await isShippedKept(wanted)) return;
    const model = await fetchShipped(standIn);
    // Where it fails, the slot's own model is fetched all the same, and says why it cannot be.
    if (model.ok && this.#serial[side] === 0 && sameGrid(model.value.grid, experiment().grid))
      await slots[side].load(model.value);
  }

  async load(side: Side, choice: Choice): Promise<void> {
    const { slots, library, counting, starter, experiment, training, onGrid, onFound } = this.#ports;
    const serial = ++this.#serial[side];
    const slot = slots[side];
    slot.choice = choice;
    slot.state = 'preparing';
    slot.note = training() && choice.kind === 'counted' ? 'waits for the training run' : '';
    try {
      const sources = {
        library,
        counting,
        // Of a choice that has been replaced meanwhile nothing is counted.
        starter: async () => {
          const digits = await starter();
          return serial === this.#serial[side] ? digits : null;
        },
        onProgress: (loaded: number, total: number) => {
          if (serial === this.#serial[side]) slot.note = `${bytes(loaded)} of ${bytes(total)} fetched`;
        },
      };
      const model = await modelOfChoice(choice, experiment(), sources);
      if (serial !== this.#serial[side]) return;
      if (!model.ok) Object.assign(slot, { state: 'failed', note: model.reason });
      else if (!sameGrid(model.value.grid, experiment().grid)) onGrid(model.value.grid, side);
      else {
        if (choice.kind === 'recipe') onFound(side, model.value.id);
        await slot.load(model.value);
      }
    } catch (error) {
      // The engine ended during the call; the notice offers to restart it.
      Object.assign(slot, { state: 'failed', note: wordsOf(error) });
    }
  }

  /** A model for a question that the slots' own cannot answer: of the same binarisation and grid, in neither slot. */
  async modelOf(choice: Choice): Promise<Result<ModelRecord>> {
    const { library, counting, starter, experiment } = this.#ports;
    return await modelOfChoice(choice, experiment(), {
      library,
      counting,
      starter,
      onProgress: () => undefined,
    });
  }

  /** Loads the model of the current training run into slot B. */
  async loadLearning(model: ModelRecord): Promise<void> {
    if (!sameGrid(model.grid, this.#ports.experiment().grid)) return;
    this.#serial.right++;
    try {
      await this.#ports.slots.right.load(model, true);
    } catch {
      // The run itself reports the end of the engine.
    }
  }

  /** Loads the weights that a run had after an earlier step into slot B. */
  async loadSnapshot(model: ModelRecord, runId: string, step: number): Promise<void> {
    if (!sameGrid(model.grid, this.#ports.experiment().grid)) return;
    this.#serial.right++;
    const { right } = this.#ports.slots;
    try {
      await right.load(model, false, { runId, step });
    } catch (error) {
      Object.assign(right, { state: 'failed', note: wordsOf(error) });
    }
  }

  /** Loads both models into a new engine. */
  async reload(): Promise<void> {
    const { slots, experiment } = this.#ports;
    await Promise.all(
      SIDES.map((side) =>
        slots[side].model && !slots[side].learning
          ? slots[side].reload()
          : this.load(side, experiment()[side]),
      ),
    );
  }
}
