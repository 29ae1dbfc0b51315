import { CLASSES } from '../data/images.ts';

/** Rows of every class, ascending: [CLASSES] lists. */
export function groupByClass(labels: Uint8Array): readonly Uint32Array<ArrayBuffer>[] {
  const groups: number[][] = Array.from({ length: CLASSES }, () => []);
  labels.forEach((y, row) => groups[y].push(row));
  return groups.map((rows) => Uint32Array.from(rows));
}

/** Opens one after the other; where one fails, those before it are closed again. */
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
