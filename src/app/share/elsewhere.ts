import type { ModelRecord } from '../../store/records.ts';
import type { BackendState } from '../backend.svelte.ts';
import type { Library } from '../library/library.svelte.ts';
import type { MnistDownload } from '../library/mnist.svelte.ts';
import type { Training } from '../training/training.svelte.ts';
import type { RecipeRuns } from './recipe-runs.svelte.ts';

/** What a column needs to get a model of a link that was trained elsewhere. */
export interface Elsewhere {
  readonly runs: RecipeRuns;
  readonly training: Training;
  readonly library: Pick<Library, 'dataset'>;
  readonly mnist: Pick<MnistDownload, 'bytes' | 'cancel'>;
  readonly backend: Pick<BackendState, 'status'>;
  /** Lets the visitor choose a model's file and opens it; resolves with null where none was opened. Null where this page cannot. */
  readonly openFile: (() => Promise<ModelRecord | null>) | null;
}
