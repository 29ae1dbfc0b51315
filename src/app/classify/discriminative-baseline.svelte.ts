import type { Grid } from '../../data/images.ts';
import { formatBinarisation } from '../../data/binarise.ts';
import { scheduleOf } from '../../stats/sample-efficiency.ts';
import { completeHyper, families } from '../../models/registry.ts';
import type { FamilySpec, Model } from '../../models/types.ts';
import type { QuestionPorts } from '../questions/questions.svelte.ts';
import { describeGrid } from '../grids.ts';
import { unloadQuietly } from '../while-loaded.ts';

/** Its name in the engine. */
const NAME = 'companion';

/** The first classifier of the registry, which stands beside whatever model is asked. */
export const classifier: FamilySpec | undefined = families.find((spec) => spec.task === 'classifier');

type Ports = Pick<QuestionPorts, 'engine' | 'turn' | 'starter' | 'binarisation'>;

/** A classifier learnt from the starter digits on the visitor's machine, for the grid and the binarisation of now. */
export class DiscriminativeBaseline {
  readonly #ports: Ports;
  state = $state<'none' | 'waiting' | 'training' | 'ready' | 'failed'>('none');
  /** Of the training, 0 to 1. */
  done = $state(0);
  /** Why there is none. */
  note = $state('');
  /** Goes up whenever it is loaded. */
  serial = $state(0);
  grid = $state.raw<Grid | null>(null);
  #key = '';
  #model: Model | null = null;
  #call = 0;
  /** Whether its panel is open. */
  #wanted = false;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Its name in the engine; null until it is loaded. */
  get name(): string | null {
    return this.state === 'ready' ? NAME : null;
  }

  /** Learns it where there is none for this grid and binarisation yet, and loads it; where it sits there, only if `again`. */
  async load(grid: Grid, again = false): Promise<void> {
    const key = `${describeGrid(grid)} ${formatBinarisation(this.#ports.binarisation())}`;
    this.#wanted = true;
    const rests = this.state === 'none' || this.state === 'failed';
    if (key === this.#key && !rests && !again) return;
    const call = ++this.#call;
    const current = () => call === this.#call;
    // Asked anew after every wait: the panel may have closed meanwhile.
    const wanted = () => this.#wanted;
    if (key !== this.#key) this.#model = null;
    this.#key = key;
    try {
      const model = this.#model ?? (await this.#learn(grid, current));
      if (!current()) return;
      this.#model = model;
      if (!wanted()) {
        this.state = 'none';
        return;
      }
      const loaded = await this.#ports.engine.load(NAME, model);
      if (!current()) return;
      if (!loaded.ok) throw new Error(loaded.reason);
      if (!wanted()) {
        this.state = 'none';
        await unloadQuietly(this.#ports.engine, NAME);
        return;
      }
      this.grid = grid;
      this.serial++;
      this.state = 'ready';
    } catch (error) {
      if (!current()) return;
      this.state = 'failed';
      this.note = error instanceof Error ? error.message : String(error);
    }
  }

  /** Its panel closes: it leaves the engine, and is loaded again, without being learnt, when one opens. */
  rest(): void {
    this.#wanted = false;
    if (this.state !== 'ready') return;
    this.state = 'none';
    void unloadQuietly(this.#ports.engine, NAME);
  }

  /** Throws, in words, where it cannot be had. */
  async #learn(grid: Grid, wanted: () => boolean): Promise<Model> {
    const images = this.#ports.starter();
    this.state = 'waiting';
    this.done = 0;
    if (!classifier) throw new Error('There is no classifier among the families.');
    if (!images) throw new Error('The starter digits are not here: reload to try again.');
    const done = await this.#ports.turn.take();
    try {
      if (!wanted()) throw new Error('Another grid was chosen.');
      this.state = 'training';
      const outcome = await this.#ports.engine.train(
        {
          runId: NAME,
          family: classifier.id,
          grid,
          hyper: completeHyper(classifier),
          images: { kind: 'grey', images },
          binarisation: this.#ports.binarisation(),
          validationShare: 0,
          seed: 0,
          ...scheduleOf(images.count),
          checkpoint: null,
        },
        (event) => {
          if (event.type === 'progress' && wanted()) this.done = event.progress.step / event.progress.steps;
        },
      );
      if (!outcome.ok) throw new Error(outcome.reason);
      const { family, hyper, tensors } = outcome.value.model;
      return { family, grid, hyper, tensors };
    } finally {
      done();
    }
  }
}
