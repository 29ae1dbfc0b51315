import type { GreyImages } from '../data/images.ts';
import type { Engine } from '../engine/api.ts';
import { Exactness } from './exactness/exactness.svelte.ts';
import { Leaderboard } from './leaderboard/leaderboard.svelte.ts';
import { leaderboardPorts } from './leaderboard/ports.ts';
import type { Library } from './library/library.svelte.ts';
import type { MnistDownload } from './library/mnist.svelte.ts';
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

  constructor(ports: LabPorts) {
    const { engine, turn, library, mnist, starter } = ports;
    this.exactness = new Exactness({ engine, turn, starter });
    this.leaderboard = new Leaderboard(leaderboardPorts(engine, turn, starter, library, mnist));
  }
}
