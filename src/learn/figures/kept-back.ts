import type { ChapterView } from '../contract.ts';
import { shownAlone } from '../room/embedding.ts';

/**
 * Whether a figure does not show a result yet, because the text asks for it first: one of the predictions has no answer. A figure that is
 * embedded in another page keeps nothing back, as no text asks there.
 */
export function keptBack(view: ChapterView, ...predictions: readonly string[]): boolean {
  return !shownAlone() && predictions.some((id) => view.prediction(id).committed === null);
}
