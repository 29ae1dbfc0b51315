import { wordsOf } from '../../data/error-words.ts';
import type { Grid } from '../../data/images.ts';
import { formatBinarisation } from '../../data/binarise.ts';
import { scheduleOf } from '../../stats/sample-efficiency.ts';
import { jobOf } from '../../engine/job.ts';
import { completeHyper, families } from '../../models/registry.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { Model } from '../../models/model.ts';
import type { QuestionPorts } from '../questions/ports.ts';
import { describeGrid } from '../grids.ts';
import { Newest } from '../newest.ts';
import { trainInTurn } from '../turn.ts';
import { unloadQuietly } from '../while-loaded.ts';

/** Its name in the engine. */
const NAME = 'discriminative-baseline';

/** The first classifier of the registry, the baseline of every queried model. */
export const classifier: FamilySpec | undefined = families.find((spec) => spec.task === 'classifier');

type Ports = Pick<QuestionPorts, 'engine' | 'turn' | 'starter' | 'binarisation'>;

/** A classifier trained on the starter digits on the visitor's machine, for the current grid and binarisation. */
export class DiscriminativeBaseline {
  readonly #ports: Ports;
  state = $state<'none' | 'waiting' | 'training' | 'ready' | 'failed'>('none');
  /** Progress of the training, 0 to 1. */
  done = $state(0);
  /** Why it failed. */
  note = $state('');
  /** Increases whenever it is loaded. */
  serial = $state(0);
  grid = $state.raw<Grid | null>(null);
  #key = '';
  #model: Model | null = null;
  readonly #load = new Newest();
  /** Whether its panel is open. */
  #open = false;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Its name in the engine; null until it is loaded. */
  get name(): string | null {
    return this.state === 'ready' ? NAME : null;
  }

  /** Trains it unless it is trained for this grid and binarisation, and loads it; if it is loaded, only with `again`. */
  async load(grid: Grid, again = false): Promise<void> {
    const key = `${describeGrid(grid)} ${formatBinarisation(this.#ports.binarisation())}`;
    this.#open = true;
    const unloaded = this.state === 'none' || this.state === 'failed';
    if (key === this.#key && !unloaded && !again) return;
    const signal = this.#load.begin();
    // Checked after every await: the panel may have closed meanwhile.
    const open = () => this.#open;
    if (key !== this.#key) this.#model = null;
    this.#key = key;
    try {
      const model = this.#model ?? (await this.#train(grid, signal));
      signal.throwIfAborted();
      this.#model = model;
      if (!open()) {
        this.state = 'none';
        return;
      }
      const loaded = await this.#ports.engine.load(NAME, model);
      signal.throwIfAborted();
      if (!loaded.ok) throw new Error(loaded.reason);
      if (!open()) {
        this.state = 'none';
        await unloadQuietly(this.#ports.engine, NAME);
        return;
      }
      this.grid = grid;
      this.serial++;
      this.state = 'ready';
    } catch (error) {
      if (signal.aborted) return;
      this.state = 'failed';
      this.note = wordsOf(error);
    }
  }

  /** The panel closes: unloads it. The weights stay, so that the next `load` does not train again. */
  close(): void {
    this.#open = false;
    if (this.state !== 'ready') return;
    this.state = 'none';
    void unloadQuietly(this.#ports.engine, NAME);
  }

  /** Throws with a sentence for the visitor where it cannot be trained. */
  async #train(grid: Grid, signal: AbortSignal): Promise<Model> {
    const images = await this.#ports.starter();
    this.state = 'waiting';
    this.done = 0;
    if (!classifier) throw new Error('There is no classifier among the families.');
    if (!images) throw new Error('The starter digits are not here: reload to try again.');
    const outcome = await trainInTurn(
      this.#ports,
      jobOf({
        runId: NAME,
        family: classifier.id,
        grid,
        hyper: completeHyper(classifier),
        images: { kind: 'grey', images },
        binarisation: this.#ports.binarisation(),
        ...scheduleOf(images.count),
      }),
      signal,
      ({ step, steps }) => {
        this.state = 'training';
        this.done = step / steps;
      },
    );
    if (!outcome.ok) throw new Error(outcome.reason);
    const { family, hyper, tensors } = outcome.value.model;
    return { family, grid, hyper, tensors };
  }
}
