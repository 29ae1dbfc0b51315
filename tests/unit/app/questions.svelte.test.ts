import { expect, it } from 'vitest';
import type { QuestionPorts } from '../../../src/app/questions/ports.ts';
import { Questions } from '../../../src/app/questions/questions.svelte.ts';

class Counter {
  count = $state(1);
  double = $derived(2 * this.count);
}

it('keeps the state of a panel, and its deriveds still update after the panel is closed', () => {
  const questions = new Questions({} as QuestionPorts);
  let first: Counter | null = null;
  const close = $effect.root(() => {
    first = questions.panelState(Counter);
    expect(first.double).toBe(2);
  });
  close();
  const again = questions.panelState(Counter);
  expect(again).toBe(first);
  again.count = 5;
  expect(again.double).toBe(10);
});
