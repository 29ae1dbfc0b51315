import { createContext } from 'svelte';
import type { PartQueue } from '../../app/part-queue.svelte.ts';

const [get, set, has] = createContext<PartQueue>();

export const setChapterQueue = set;

/** The queue in which the chapter on the page makes its scenes and figures; null where a figure stands alone. */
export function chapterQueue(): PartQueue | null {
  return has() ? get() : null;
}
