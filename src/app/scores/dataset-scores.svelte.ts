import type { GreyImages, Grid } from '../../data/images.ts';
import type { NamedFile } from '../../data/idx-pair.ts';
import type { Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import { findFamily } from '../../models/registry.ts';
import type { ModelRecord } from '../../store/records.ts';
import { fetchShipped } from '../compare/fetch-shipped.ts';
import { SHIPPED, shippedName } from '../compare/shipped-models.ts';
import { describeGrid } from '../grids.ts';
import type { Library } from '../library/library.svelte.ts';
import type { MnistDownload } from '../library/mnist.svelte.ts';
import type { LongWork } from '../long-work.svelte.ts';
import { Newest } from '../newest.ts';
import { loadTrainingData } from '../training/training-data.ts';

export interface ScoresPorts {
  readonly engine: Engine;
  readonly longWork: LongWork;
  readonly library: Library;
  readonly mnist: MnistDownload;
  readonly starter: () => GreyImages | null;
  /** Hands the file to the visitor. */
  readonly save: (file: NamedFile) => void;
}

/** A model that can score a data set. */
export interface Scorer {
  readonly id: string;
  readonly name: string;
  readonly load: (signal: AbortSignal) => Promise<Result<ModelRecord>>;
}

/** Scores of a whole data set under a model, as a file: one at a time, which goes on when its dialog closes. */
export class DatasetScores {
  readonly #ports: ScoresPorts;
  readonly #work = new Newest();
  /** Of the run, 0 to 1; null while there is none. */
  done = $state<number | null>(null);
  /** How the last run ended, in a sentence; empty before the first, and while one goes on. */
  outcome = $state('');
  failed = $state(false);

  constructor(ports: ScoresPorts) {
    this.#ports = ports;
  }

  /** Models that give images of this size a probability: the visitor's own, the latest first, then those that come with the app. Larger images are pooled. */
  scorersOf(grid: Grid): readonly Scorer[] {
    const fits = (model: { readonly family: string; readonly grid: Grid }) =>
      findFamily(model.family)?.task === 'density' &&
      model.grid.width <= grid.width &&
      model.grid.height <= grid.height;
    const own = this.#ports.library.models.filter(fits).toReversed();
    return [
      ...own.map((model): Scorer => {
        const size = model.grid.width < grid.width ? `, on ${describeGrid(model.grid)}` : '';
        return {
          id: model.id,
          name: `${model.name}${size}`,
          load: () => Promise.resolve({ ok: true, value: model }),
        };
      }),
      ...SHIPPED.filter(fits).map((shipped): Scorer => ({
        id: `shipped ${shipped.name}`,
        name: `${shippedName(shipped)}, comes with Inkling`,
        load: (signal) => fetchShipped(shipped, { signal }),
      })),
    ];
  }

  cancel(): void {
    this.#work.abort();
  }

  /** Forgets how the last run ended: another data set is chosen. */
  clear(): void {
    if (this.done === null) this.outcome = '';
  }

  /** Scores the data set of that id and saves the file. */
  async start(datasetId: string, scorer: Scorer): Promise<void> {
    if (this.done !== null) return;
    this.done = 0;
    this.outcome = '';
    this.failed = false;
    let failure = '';
    const ended = await this.#ports.longWork.during(() =>
      this.#work.run(
        (signal) => this.#score(datasetId, scorer, signal),
        (reason) => (failure = reason),
      ),
    );
    this.done = null;
    this.failed = failure !== '';
    if (!ended) this.outcome = failure || 'Cancelled: nothing was saved.';
  }

  async #score(datasetId: string, scorer: Scorer, signal: AbortSignal): Promise<void> {
    const { engine, library, mnist, starter, save } = this.#ports;
    const { scoresFile } = await import('./scores.ts');
    const model = await scorer.load(signal);
    signal.throwIfAborted();
    if (!model.ok) throw new Error(model.reason);
    const data = await loadTrainingData(datasetId, starter(), library, mnist);
    signal.throwIfAborted();
    if (!data.ok) throw new Error(data.reason);
    const file = await scoresFile({
      engine,
      model: model.value,
      data: data.value,
      signal,
      onProgress: (done) => (this.done = done),
    });
    if (!file.ok) throw new Error(file.reason);
    signal.throwIfAborted();
    save(file.value);
    this.outcome = `Saved as ${file.value.name}.`;
  }
}
