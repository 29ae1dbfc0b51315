/** The questions that a visitor can ask about a model and the drawing, with the chapter of Learn. Each has a panel; one is open at a time. */
export const QUESTIONS = [
  { id: 'explain', short: 'Explain', title: 'How does the score add up?', chapter: 'chains' },
  { id: 'complete', short: 'Complete', title: 'How could it go on?', chapter: 'using' },
  { id: 'anomaly', short: 'Anomaly', title: 'Is this a digit at all?', chapter: 'using' },
  { id: 'classify', short: 'Classify', title: 'Which digit is it, and why?', chapter: 'discriminative' },
  { id: 'hidden-units', short: 'Hidden units', title: 'What has it learnt to see?', chapter: 'using' },
  { id: 'sampling', short: 'Sampling', title: 'How fast can it dream?', chapter: 'sampling' },
] as const;

export type QuestionId = (typeof QUESTIONS)[number]['id'];

/** Former ids, which links may still carry. */
const FORMER_IDS: ReadonlyMap<string | null, QuestionId> = new Map([
  ['inside', 'explain'],
  ['strange', 'anomaly'],
  ['which', 'classify'],
  ['features', 'hidden-units'],
  ['race', 'sampling'],
]);

/** The question of a link, by its id or a former one; null where there is none. */
export function findQuestion(id: string | null): QuestionId | null {
  const current = FORMER_IDS.get(id) ?? id;
  return QUESTIONS.find((each) => each.id === current)?.id ?? null;
}
