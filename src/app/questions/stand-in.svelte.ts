import { untrack } from 'svelte';
import { formatBinarisation } from '../../data/binarise.ts';
import type { Choice } from '../compare/choice.ts';
import { ModelSlot } from '../compare/model-slot.svelte.ts';
import type { Side } from '../sides.ts';
import { sameGrid } from '../grids.ts';
import { Newest } from '../newest.ts';
import { lackOf } from './abilities.ts';
import { QUESTIONS, type QuestionId } from './list.ts';
import type { QuestionPorts, StandInChoice } from './ports.ts';

interface Wanted {
  readonly key: string;
  readonly choices: readonly StandInChoice[];
}

/** The model that answers the open question in the place of that of a slot, where that cannot. */
export class StandIn {
  /** Read like a slot of the page; empty until the first model is needed. */
  readonly slot: ModelSlot;
  readonly #own: () => ModelSlot;
  readonly #ports: QuestionPorts;
  readonly #question: () => QuestionId;
  /** What is loaded, or being loaded. */
  #key = '';
  #loaded = $state.raw<StandInChoice | null>(null);
  readonly #loading = new Newest();

  constructor(side: Side, ports: QuestionPorts, question: () => QuestionId) {
    this.slot = new ModelSlot(side, ports.engine, `stand-in-${side}`);
    this.#ports = ports;
    this.#own = () => ports.slots[side];
    this.#question = question;
  }

  readonly #need = $derived.by(() => QUESTIONS.find(({ id }) => id === this.#question())?.needs ?? null);

  /** Why the slot's own model cannot answer the open question, as the end of a sentence that begins with it; null where it can. */
  lack = $derived.by<string | null>(() => this.#need && lackOf(this.#own(), this.#need));

  readonly #wanted = $derived.by<Wanted | null>(() => {
    const own = this.#own();
    if (this.lack === null || !this.#need || !own.model) return null;
    const choices = this.#ports.standInsFor(own.model, this.#need, own.side);
    const what = choices.map((each) =>
      each.kind === 'fitted' ? `fitted ${each.spec.id}` : JSON.stringify(each),
    );
    const { width, height } = own.model.grid;
    const how = formatBinarisation(this.#ports.binarisation());
    return { key: `${what.join()} ${width}x${height} ${how}`, choices };
  });

  /** The choice that would put this model into the slot itself; null where it is fitted for the question only, and while none is loaded. */
  get choice(): Choice | null {
    return this.#loaded && this.#loaded.kind !== 'fitted' ? this.#loaded : null;
  }

  /** Loads the model that is needed, if another is: for an effect, while the question is open. */
  follow(): void {
    const wanted = this.#wanted;
    untrack(() => {
      if (wanted && wanted.key !== this.#key) void this.#load(wanted);
    });
  }

  /** Reads the drawing whenever it changes, while a model is needed: for an effect. */
  read(): void {
    const { packed } = this.#ports.pad.seen;
    if (this.lack !== null) untrack(() => this.slot.read(packed));
  }

  /** After a failure. */
  retry(): void {
    this.#key = '';
    this.follow();
  }

  /** Into an engine that was restarted. */
  async reload(): Promise<void> {
    if (this.slot.model) await this.slot.reload();
  }

  async #load({ key, choices }: Wanted): Promise<void> {
    const { slot } = this;
    this.#key = key;
    slot.clear();
    this.#loaded = null;
    await this.#loading.run(
      async (signal) => {
        const found = await this.#ports.standInModel(choices, signal);
        signal.throwIfAborted();
        if (!found.ok) throw new Error(found.reason);
        const { choice, model } = found.value;
        const { packed } = this.#ports.pad.seen;
        if (sameGrid(packed.grid, model.grid)) slot.read(packed);
        await slot.load(model);
        // Another one may have been asked for meanwhile.
        signal.throwIfAborted();
        this.#loaded = choice;
        if (slot.engineName !== null) await slot.releaseAllBut(slot.engineName);
      },
      (reason) => {
        // Tried again when the question is opened once more.
        this.#key = '';
        Object.assign(slot, { state: 'failed', note: reason });
      },
    );
  }
}
