import { readIdx } from '../../data/idx.ts';
import type { GreyImages } from '../../data/images.ts';
import type { Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import type { ModelRecord } from '../../store/records.ts';
import { fetchDigits, fetchPair } from '../library/assets.ts';
import { STARTER } from '../compare/counted-models.ts';
import type { StoredLeaderboard } from './stored.ts';
import { loadTrainingData } from '../training/training-data.ts';
import type { Library } from '../library/library.svelte.ts';
import { MNIST_ID, MNIST_IMAGES, type MnistDownload } from '../library/mnist.svelte.ts';
import { type TrainingSet, trainingSets } from '../training/training-sets.ts';
import type { TrainingData } from '../training/training-data.ts';
import type { Turn } from '../turn.ts';
import { LEADERBOARD_SETTING } from './stored.ts';

const STARTER_IMAGES = 1000;

/** A data set of the leaderboard. */
export interface BoardSet extends TrainingSet {
  readonly images: number;
  /** Its test images in words; null where it has none. */
  readonly tests: string | null;
  /** Whether its images are not here, only results from files. */
  readonly elsewhere?: boolean;
}

/** What the leaderboard needs of the rest of the app. */
export interface LeaderboardPorts {
  readonly engine: Engine;
  readonly turn: Turn;
  readonly sets: () => readonly BoardSet[];
  readonly trainingData: (datasetId: string) => Promise<Result<TrainingData>>;
  /** Null where the data set has none. */
  readonly testImages: (datasetId: string) => Promise<Result<GreyImages> | null>;
  readonly models: () => readonly ModelRecord[];
  readonly load: () => Promise<Result<unknown>>;
  /** Stores what `change` makes of the stored value, in one transaction. */
  readonly change: (change: (stored: unknown) => StoredLeaderboard) => Promise<Result<StoredLeaderboard>>;
}

/** Connects the leaderboard to the rest of the app. */
export function leaderboardPorts(
  engine: Engine,
  turn: Turn,
  starter: () => GreyImages | null,
  library: Library,
  mnist: MnistDownload,
): LeaderboardPorts {
  let digits: GreyImages | null = null;
  return {
    engine,
    turn,
    sets: () => trainingSets(library.datasets).map((set) => ({ ...set, ...sizeOf(set.id, library) })),
    trainingData: (id) => loadTrainingData(id, starter(), library, mnist),
    testImages: async (id) => {
      if (id === STARTER.id) return await fetchDigits('starter-test');
      if (id !== MNIST_ID) return null;
      const read: Result<GreyImages> = digits ? { ok: true, value: digits } : await fetchTestDigits();
      if (read.ok) digits = read.value;
      return read;
    },
    models: () => library.models,
    load: () => library.setting(LEADERBOARD_SETTING),
    change: (change) => library.changeSetting(LEADERBOARD_SETTING, change),
  };
}

function sizeOf(id: string, library: Library): Pick<BoardSet, 'images' | 'tests'> {
  if (id === STARTER.id) return { images: STARTER_IMAGES, tests: 'a hundred test digits' };
  if (id === MNIST_ID) return { images: MNIST_IMAGES, tests: 'its 10,000 test digits' };
  return { images: library.dataset(id)?.count ?? 0, tests: null };
}

async function fetchTestDigits(): Promise<Result<GreyImages>> {
  const pair = await fetchPair('mnist-test');
  return pair.ok ? readIdx(pair.value.images, pair.value.labels) : pair;
}
