import { CLASSES, type PackedImages } from '../../../data/images.ts';
import { logSumExp } from '../../../models/shared/math.ts';

/** Rows of every class, ascending: [CLASSES] lists. */
export function groupByClass(labels: Uint8Array): readonly Uint32Array<ArrayBuffer>[] {
  const groups: number[][] = Array.from({ length: CLASSES }, () => []);
  labels.forEach((y, row) => groups[y].push(row));
  return groups.map((rows) => Uint32Array.from(rows));
}

/** Opens one after the other; where one fails, those before it are destroyed. */
export async function openAll<T extends { destroy(): void } | null>(
  open: readonly (() => Promise<T>)[],
): Promise<T[]> {
  const opened: T[] = [];
  try {
    for (const next of open) opened.push(await next());
    return opened;
  } catch (error) {
    for (const each of opened) each?.destroy();
    throw error;
  }
}

/** log p of images under one class model, [count]: of an evaluator or of a learner. */
type Scores = (images: PackedImages) => Promise<Float64Array>;

/** log p(x, y) of every image, [count, CLASSES], from the class models' log p(x | y) and the log prior, [CLASSES]. */
export async function jointOf(
  classModels: readonly Scores[],
  prior: Float64Array,
  images: PackedImages,
): Promise<Float64Array<ArrayBuffer>> {
  const joint = new Float64Array(images.count * CLASSES);
  // Concurrently: on a device ten class models share submits and one readback.
  const scores = await Promise.all(classModels.map((score) => score(images)));
  scores.forEach((own, y) => {
    for (let m = 0; m < images.count; m++) joint[m * CLASSES + y] = prior[y] + own[m];
  });
  return joint;
}

/** log p(x) of every image, [count], from log p(x, y), [count, CLASSES]. */
export function marginalOf(joint: Float64Array): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: joint.length / CLASSES }, (_, m) =>
    logSumExp(joint.subarray(m * CLASSES, (m + 1) * CLASSES)),
  );
}
