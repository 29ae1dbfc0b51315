import { MNIST_GRID } from '../../data/images.ts';
import { ok, type Result } from '../../data/result.ts';
import type { DatasetRecord, PayloadRecord } from '../../store/records.ts';
import { Newest } from '../newest.ts';
import { fetchPair } from './assets.ts';

export const MNIST_ID = 'mnist-train';
export const MNIST_IMAGES = 60_000;
/** Of the unpacked file of images, `train-images-idx3-ubyte`; the packed one was checked when it arrived. */
export const MNIST_SHA256 = 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db';

/** The download of the 60,000 training digits. */
export class MnistDownload {
  /** Bytes loaded and their total; null while there is no download. */
  bytes = $state.raw<{ readonly loaded: number; readonly total: number } | null>(null);
  readonly #download = new Newest();

  cancel(): void {
    this.#download.abort();
  }

  /** The files as the server holds them. Fails with "cancelled" after `cancel`. */
  async fetch(): Promise<Result<{ dataset: DatasetRecord; payload: PayloadRecord }>> {
    const signal = this.#download.begin();
    this.bytes = { loaded: 0, total: 1 };
    const pair = await fetchPair(MNIST_ID, {
      signal,
      onProgress: (loaded, total) => {
        this.bytes = { loaded, total };
      },
    });
    this.bytes = null;
    if (!pair.ok) return pair;
    const now = Date.now();
    const dataset: DatasetRecord = {
      id: MNIST_ID,
      name: 'MNIST',
      origin: 'mnist-train',
      grid: MNIST_GRID,
      count: MNIST_IMAGES,
      labelled: true,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    return ok({ dataset, payload: { datasetId: MNIST_ID, ...pair.value } });
  }
}
