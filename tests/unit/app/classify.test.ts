import { expect, it } from 'vitest';
import type { QuestionPorts } from '../../../src/app/questions/ports.ts';
import { Questions } from '../../../src/app/questions/questions.svelte.ts';
import { Classification } from '../../../src/app/classify/classify.svelte.ts';
import { type Grid, packImages } from '../../../src/data/images.ts';
import { ok, type Result } from '../../../src/data/result.ts';
import type { ClassReading } from '../../../src/engine/queries/api.ts';

const grid: Grid = { width: 2, height: 2 };
const READING = { posterior: new Float64Array(10).fill(0.1) } as unknown as ClassReading;

it('an answer becomes stale when the pixels change, and is dropped when another model is queried', async () => {
  let answer: (reading: Result<ClassReading>) => void = () => undefined;
  const classify = {
    read: () => new Promise<Result<ClassReading>>((resolve) => (answer = resolve)),
    cancel: () => Promise.resolve(),
  };
  const slot = { model: { grid }, engineName: 'right-1', knowsClasses: true, classifies: false };
  const pad = { grid, seen: { packed: packImages(grid, [1, 0, 0, 1]) } };
  const ports = { engine: { classify }, pad, slots: { left: slot, right: slot } };
  const classification = new Questions(ports as unknown as QuestionPorts).panelState(Classification);
  const { queried } = classification.answers;
  const settle = () => new Promise((resolve) => setTimeout(resolve));

  classification.follow();
  await settle();
  answer(ok(READING));
  await settle();
  expect([queried.reading, queried.stale]).toEqual([READING, false]);

  classification.hiding = true;
  classification.follow();
  await settle();
  expect([queried.reading, queried.stale]).toEqual([READING, true]);
  answer(ok(READING));
  await settle();
  expect(queried.stale).toBe(false);

  slot.engineName = 'right-2';
  classification.follow();
  expect(queried.reading).toBeNull();
  classification.close();
});
