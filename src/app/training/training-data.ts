import type { GreyImages } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { ImageSource } from '../../engine/api.ts';
import type { DatasetRecord, ModelRecord } from '../../store/records.ts';
import { STARTER } from '../compare/counted-models.ts';
import { imagesOf } from '../library/drawn-images.ts';
import type { Library } from '../library/library.svelte.ts';
import { sha256OfImages } from '../library/images-sha256.ts';
import { MNIST_ID, MNIST_SHA256, type MnistDownload } from '../library/mnist.svelte.ts';

/** A data set's images, with what the record of a model stores about the data set. */
export interface TrainingData {
  readonly images: ImageSource;
  readonly dataset: ModelRecord['dataset'];
}

/** A data set's images, downloaded first where it is MNIST and not stored yet. */
export async function loadTrainingData(
  id: string,
  starter: GreyImages | null,
  library: Library,
  download: MnistDownload,
): Promise<Result<TrainingData>> {
  if (id === STARTER.id) {
    if (!starter) return fail('starter digits: they have not arrived yet; try again in a moment');
    const images = { kind: 'grey', images: starter } as const;
    return ok({ images, dataset: await identified({ ...STARTER, images: starter.count }, images) });
  }
  const record = library.dataset(id);
  if (!record)
    return id === MNIST_ID
      ? await fetchMnist(library, download)
      : fail('data set: it is no longer here; choose another');
  const summary = summaryOf(record);
  if (record.origin === 'drawn') {
    const drawings = await library.drawings(id);
    if (!drawings.ok) return drawings;
    if (drawings.value.length === 0)
      return fail(`"${record.name}" is empty: draw something and keep it first`);
    const images = { kind: 'grey', images: imagesOf(drawings.value, record.grid) } as const;
    return ok({ images, dataset: await identified({ ...summary, images: images.images.count }, images) });
  }
  const payload = await library.files(id);
  if (!payload.ok) return payload;
  const images = { kind: 'idx', images: payload.value.images, labels: payload.value.labels } as const;
  return ok({ images, dataset: await identified(summary, images) });
}

async function fetchMnist(library: Library, download: MnistDownload): Promise<Result<TrainingData>> {
  const fetched = await download.fetch();
  if (!fetched.ok) return fetched;
  const { dataset, payload } = fetched.value;
  // A full disk is no reason not to train: the digits are here, only not kept.
  await library.storeDownload(dataset, payload);
  const images = { kind: 'idx', images: payload.images, labels: payload.labels } as const;
  return ok({ images, dataset: await identified(summaryOf(dataset), images) });
}

/** The data set with the SHA-256 of its images, where the browser offers hashing. */
async function identified(
  dataset: TrainingData['dataset'],
  images: ImageSource,
): Promise<TrainingData['dataset']> {
  const sha256 = dataset.id === MNIST_ID ? MNIST_SHA256 : await sha256OfImages(images);
  return sha256 === null ? dataset : { ...dataset, sha256 };
}

function summaryOf({ id, name, revision, count, imported }: DatasetRecord): TrainingData['dataset'] {
  return { id, name, revision, images: count, ...(imported ? { imported } : {}) };
}
