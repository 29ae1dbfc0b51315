import type { GreyImages } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { ImageSource } from '../../engine/api.ts';
import type { DatasetRecord, ModelRecord } from '../../store/records.ts';
import { STARTER } from '../compare/counted-models.ts';
import { imagesOf } from '../library/drawn-images.ts';
import type { Library } from '../library/library.svelte.ts';
import { MNIST_ID, type MnistDownload } from '../library/mnist.svelte.ts';

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
    return ok({ images: { kind: 'grey', images: starter }, dataset: { ...STARTER, images: starter.count } });
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
    const images = imagesOf(drawings.value, record.grid);
    return ok({ images: { kind: 'grey', images }, dataset: { ...summary, images: images.count } });
  }
  const payload = await library.files(id);
  if (!payload.ok) return payload;
  const { images, labels } = payload.value;
  return ok({ images: { kind: 'idx', images, labels }, dataset: summary });
}

async function fetchMnist(library: Library, download: MnistDownload): Promise<Result<TrainingData>> {
  const fetched = await download.fetch();
  if (!fetched.ok) return fetched;
  const { dataset, payload } = fetched.value;
  // A full disk is no reason not to train: the digits are here, only not kept.
  await library.storeDownload(dataset, payload);
  return ok({
    images: { kind: 'idx', images: payload.images, labels: payload.labels },
    dataset: summaryOf(dataset),
  });
}

function summaryOf({ id, name, revision, count, imported }: DatasetRecord): TrainingData['dataset'] {
  return { id, name, revision, images: count, ...(imported ? { imported } : {}) };
}
