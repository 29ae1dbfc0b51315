import type { GreyImages } from '../data/images.ts';
import type { Engine } from '../engine/api.ts';
import { Exactness } from './exactness/exactness.svelte.ts';
import { Leaderboard } from './leaderboard/leaderboard.svelte.ts';
import { leaderboardPorts } from './leaderboard/ports.ts';
import { downloadFile } from './library/files.ts';
import { importFiles } from './library/dataset-files.ts';
import type { Library } from './library/library.svelte.ts';
import type { MnistDownload } from './library/mnist.svelte.ts';
import { DatasetScores } from './scores/dataset-scores.svelte.ts';
import type { Turn } from './turn.ts';

export interface LabPorts {
  readonly engine: Engine;
  readonly turn: Turn;
  readonly library: Library;
  readonly mnist: MnistDownload;
  readonly starter: () => GreyImages | null;
}

/** What the Lab alone needs: its code is fetched with the Lab's, and not by a first visit to Play. */
export class LabState {
  readonly exactness: Exactness;
  readonly leaderboard: Leaderboard;
  readonly scores: DatasetScores;
  readonly #ports: LabPorts;

  constructor(ports: LabPorts) {
    const { engine, turn, library, mnist, starter } = ports;
    this.#ports = ports;
    this.exactness = new Exactness({ engine, turn, starter });
    this.scores = new DatasetScores({
      engine,
      longWork: turn.longWork,
      library,
      mnist,
      starter,
      save: downloadFile,
    });
    this.leaderboard = new Leaderboard(leaderboardPorts(engine, turn, starter, library, mnist));
  }

  /** For what a page of the Lab asks of it itself. */
  get engine(): Engine {
    return this.#ports.engine;
  }

  /** Imports files as a data set. Resolves with one sentence on the outcome. */
  async importFiles(files: readonly File[]): Promise<string> {
    const { library, engine } = this.#ports;
    return await importFiles(files, library, (named) => engine.inspect(named));
  }
}
