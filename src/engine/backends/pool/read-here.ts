import type { PackedImages } from '../../../data/images.ts';
import type { CpuModel } from '../../../models/cpu-model.ts';
import type { ReadKind } from './messages.ts';

/** What a reading gives. */
export type Read<K extends ReadKind> = ReturnType<NonNullable<CpuModel[K]>>;

/** Reads images of an opened model on this thread. Throws where the model has no such reading. */
export function readHere<K extends ReadKind>(cpu: CpuModel, what: K, images: PackedImages): Read<K> {
  if (!cpu[what]) throw new Error(`${what}: the model has none`);
  return cpu[what](images) as Read<K>;
}
