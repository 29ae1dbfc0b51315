/** What a visitor can ask of a model that has read the drawing: one panel each, one of them open at a time. */
export const QUESTIONS = [
  { id: 'inside', short: 'Look inside', title: 'How does the score add up?' },
  { id: 'complete', short: 'Complete', title: 'How could it go on?' },
  { id: 'strange', short: 'Strange?', title: 'Is this a digit at all?' },
  { id: 'which', short: 'Which digit?', title: 'Which digit is it, and why?' },
  { id: 'features', short: 'Features', title: 'What has it learnt to see?' },
  { id: 'race', short: 'Faster', title: 'How fast can it dream?' },
] as const;

export type QuestionId = (typeof QUESTIONS)[number]['id'];

export function findQuestion(id: string | null): QuestionId | null {
  return QUESTIONS.find((each) => each.id === id)?.id ?? null;
}
