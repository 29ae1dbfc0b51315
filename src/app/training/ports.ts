import type { Grid } from '../../data/images.ts';
import type { Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import type { ModelRecord, RunRecord } from '../../store/records.ts';
import type { Turn } from '../turn.ts';
import type { SnapshotPorts } from './snapshots.svelte.ts';
import type { TrainingData } from './training-data.ts';

/** What training needs of the rest of the app. */
export interface TrainingPorts {
  /** The grid of the model to be trained. Larger images are pooled to it. */
  readonly grid: () => Grid;
  readonly engine: Engine;
  readonly turn: Turn;
  readonly trainingData: (datasetId: string) => Promise<Result<TrainingData>>;
  /** Whether a data set is on this machine. */
  readonly hasData: (id: string) => boolean;
  readonly saveRun: (run: RunRecord) => Promise<Result<null>>;
  readonly storedRun: (id: string) => Promise<Result<RunRecord | null>>;
  readonly dropRun: (id: string) => Promise<Result<null>>;
  /** Stores the model and deletes its run, both or neither; it shows a notice where that fails. */
  readonly finishRun: (model: ModelRecord, runId: string) => Promise<Result<null>>;
  /** The run has a new checkpoint, which the engine can load. The percentiles of its model are unknown. */
  readonly onLearning: (model: ModelRecord) => void;
  /** Model B is to be the run's as it was after a step, whose weights the engine has. */
  readonly onSnapshot: SnapshotPorts['onSnapshot'];
  /** The run has ended, with its model or null: model B is no longer that of the run, or of one of its snapshots. */
  readonly onEnded: (model: ModelRecord | null) => void;
}
