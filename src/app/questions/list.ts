/** What a model must have to answer a question: p(x), p(x) with one order of the pixels, classes, hidden units. */
export type Need = 'density' | 'one order' | 'classes' | 'hidden units';

interface Question {
  readonly id: string;
  readonly short: string;
  readonly title: string;
  readonly term: string;
  readonly chapter: string;
  /** Null where no model is asked. */
  readonly needs: Need | null;
  readonly about: 'one model' | 'a new model';
}

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
    needs: 'one order',
    about: 'one model',
  },
  {
    id: 'complete',
    short: 'How could it go on?',
    title: 'How could it go on?',
    term: 'Complete',
    chapter: 'using',
    needs: 'density',
    about: 'one model',
  },
  {
    id: 'anomaly',
    short: 'Is it a digit?',
    title: 'Is this a digit at all?',
    term: 'Anomaly',
    chapter: 'using',
    needs: 'density',
    about: 'one model',
  },
  {
    id: 'classify',
    short: 'Which digit?',
    title: 'Which digit is it, and why?',
    term: 'Classify',
    chapter: 'discriminative',
    needs: 'classes',
    about: 'one model',
  },
  {
    id: 'hidden-units',
    short: 'What has it learnt?',
    title: 'What has it learnt to see?',
    term: 'Hidden units',
    chapter: 'using',
    needs: 'hidden units',
    about: 'one model',
  },
  {
    id: 'sampling',
    short: 'How fast?',
    title: 'How fast can it sample?',
    term: 'Sampling',
    chapter: 'sampling',
    needs: 'density',
    about: 'one model',
  },
  {
    id: 'training',
    short: 'Train a model',
    title: 'What could it learn?',
    term: 'Training',
    chapter: 'distance',
    needs: null,
    about: 'a new model',
  },
] as const satisfies readonly Question[];

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
