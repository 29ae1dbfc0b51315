import type { ChapterView } from '../contract.ts';

/** Whether a figure does not show a result yet, because the text asks for it first: one of the predictions has no answer. */
export function keptBack(view: ChapterView, ...predictions: readonly string[]): boolean {
  return predictions.some((id) => !view.answered(id));
}
