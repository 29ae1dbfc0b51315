import type { Component } from 'svelte';
import type { Questions } from '../../app/questions/questions.svelte.ts';
import { QUESTIONS, type QuestionId } from '../../app/questions/list.ts';

type Panel = Component<{ questions: Questions }>;

/** Every question's panel lies in a folder of the question's name and is fetched when it is first asked. */
const panels = import.meta.glob<Panel>('../*/Panel.svelte', { import: 'default' });

/** The questions that have a panel. */
export const availableQuestions = QUESTIONS.filter(({ id }) => pathOf(id) in panels);

export async function fetchPanel(id: QuestionId): Promise<Panel> {
  return await panels[pathOf(id)]();
}

function pathOf(id: QuestionId): string {
  return `../${id}/Panel.svelte`;
}
