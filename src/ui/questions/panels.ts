import type { Component } from 'svelte';
import type { Questions } from '../../app/questions/questions.svelte.ts';
import { QUESTIONS, type QuestionId } from '../../app/questions/list.ts';

type Panel = Component<{ questions: Questions }>;

/** A question's panel lies in the folder of the question's id and is fetched when it first opens. */
const panels = import.meta.glob<Panel>('../*/Panel.svelte', { import: 'default' });

/** The questions that have a panel. */
export const availableQuestions = QUESTIONS.filter(({ id }) => pathOf(id) in panels);

export async function fetchPanel(id: QuestionId): Promise<Panel> {
  return await panels[pathOf(id)]();
}

function pathOf(id: QuestionId): string {
  return `../${id}/Panel.svelte`;
}
