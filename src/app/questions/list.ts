/**
 * The questions that a visitor can ask about a model and the drawing, with the field's term and the chapter of Learn; training is the last.
 * Each has a panel; one is open at a time.
 */
export const QUESTIONS = [
  {
    id: 'explain',
    short: 'How does it add up?',
    title: 'How does the score add up?',
    term: 'Explain',
    chapter: 'chains',
    about: 'one model',
  },
  {
    id: 'complete',
    short: 'How could it go on?',
    title: 'How could it go on?',
    term: 'Complete',
    chapter: 'using',
    about: 'one model',
  },
  {
    id: 'anomaly',
    short: 'Is it a digit?',
    title: 'Is this a digit at all?',
    term: 'Anomaly',
    chapter: 'using',
    about: 'one model',
  },
  {
    id: 'classify',
    short: 'Which digit?',
    title: 'Which digit is it, and why?',
    term: 'Classify',
    chapter: 'discriminative',
    about: 'one model',
  },
  {
    id: 'hidden-units',
    short: 'What has it learnt?',
    title: 'What has it learnt to see?',
    term: 'Hidden units',
    chapter: 'using',
    about: 'one model',
  },
  {
    id: 'sampling',
    short: 'How fast?',
    title: 'How fast can it sample?',
    term: 'Sampling',
    chapter: 'sampling',
    about: 'one model',
  },
  {
    id: 'training',
    short: 'Train a model',
    title: 'What could it learn?',
    term: 'Training',
    chapter: 'distance',
    about: 'a new model',
  },
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
