/** What a visitor can ask of a model that has read the drawing: one panel each, one of them open at a time. */
export const QUESTIONS = [
  { id: 'explain', short: 'Explain', title: 'How does the score add up?' },
  { id: 'complete', short: 'Complete', title: 'How could it go on?' },
  { id: 'anomaly', short: 'Anomaly', title: 'Is this a digit at all?' },
  { id: 'classify', short: 'Classify', title: 'Which digit is it, and why?' },
  { id: 'hidden-units', short: 'Hidden units', title: 'What has it learnt to see?' },
  { id: 'sampling', short: 'Sampling', title: 'How fast can it dream?' },
] as const;

export type QuestionId = (typeof QUESTIONS)[number]['id'];

/** Names of before the questions took those of their panels: links that carry them stay valid. */
const FORMER_IDS: ReadonlyMap<string | null, QuestionId> = new Map([
  ['inside', 'explain'],
  ['strange', 'anomaly'],
  ['which', 'classify'],
  ['features', 'hidden-units'],
  ['race', 'sampling'],
]);

/** The question of a link, by its name of today or of before; null where there is none of that name. */
export function findQuestion(id: string | null): QuestionId | null {
  const today = FORMER_IDS.get(id) ?? id;
  return QUESTIONS.find((each) => each.id === today)?.id ?? null;
}
