import type { GreyImages } from '../data/images.ts';
import type { Engine } from '../engine/api.ts';
import { Backups } from './backup/backups.svelte.ts';
import { Exactness } from './exactness/exactness.svelte.ts';
import { Leaderboard } from './leaderboard/leaderboard.svelte.ts';
import { leaderboardPorts } from './leaderboard/ports.ts';
import { fetchDigits } from './library/assets.ts';
import { downloadFile } from './library/files.ts';
import type { Library } from './library/library.svelte.ts';
import type { MnistDownload } from './library/mnist.svelte.ts';
import type { DrawingStorage } from './pad/drawing-storage.svelte.ts';
import { isPage } from './pad/kept-pages.ts';
import { DatasetScores } from './scores/dataset-scores.svelte.ts';
import { machineFacts } from './speed/machine-facts.ts';
import { Speed } from './speed/speed.svelte.ts';
import type { Turn } from './turn.ts';

export interface LabPorts {
  readonly engine: Engine;
  readonly turn: Turn;
  readonly library: Library;
  readonly mnist: MnistDownload;
  readonly starter: () => GreyImages | null;
  readonly drawingStorage: Pick<DrawingStorage, 'save' | 'reread'>;
  /** Offers to resume a run that has been restored. */
  readonly offerInterrupted: () => Promise<void>;
}

/** What the Lab alone needs: its code is fetched with the Lab's, and not by a first visit to Play. */
export class LabState {
  readonly exactness: Exactness;
  readonly leaderboard: Leaderboard;
  readonly speed: Speed;
  readonly backups: Backups;
  readonly scores: DatasetScores;
  /** For what a page of the Lab asks of it itself. */
  readonly engine: Engine;

  constructor(ports: LabPorts) {
    const { engine, turn, library, mnist, starter } = ports;
    this.engine = engine;
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
    this.speed = new Speed({
      engine,
      turn,
      digits: () => fetchDigits('starter'),
      machine: () => machineFacts(navigator),
    });
    this.backups = new Backups({
      library,
      saveDrawing: () => ports.drawingStorage.save(),
      onRestored: async (rows) => {
        const changed = rows.filter(({ fate }) => fate !== 'same' && fate !== 'left');
        if (changed.some(({ table, key }) => table === 'settings' && isPage(key)))
          await ports.drawingStorage.reread();
        await this.leaderboard.reread();
        await ports.offerInterrupted();
      },
    });
  }
}
