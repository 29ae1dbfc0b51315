import { expect, it } from 'vitest';
import { Questions, type QuestionPorts } from '../../../src/app/questions/questions.svelte.ts';
import { Classification } from '../../../src/app/classify/classify.svelte.ts';
import { type Grid, packImages } from '../../../src/data/images.ts';
import { ok, type Result } from '../../../src/data/result.ts';
import type { ClassReading } from '../../../src/engine/queries/api.ts';

const grid: Grid = { width: 2, height: 2 };
const RIGHT = { posterior: new Float64Array(10).fill(0.1) } as unknown as ClassReading;

it('an answer is out of date once the pixels change, and gone once another model is asked', async () => {
  let answer: (reading: Result<ClassReading>) => void = () => undefined;
  const classes = {
    ask: () => new Promise<Result<ClassReading>>((resolve) => (answer = resolve)),
    cancel: () => Promise.resolve(),
  };
  const slot = { model: { grid }, engineName: 'right-1', knowsClasses: true, classifies: false };
  const pad = { grid, seen: { packed: packImages(grid, [1, 0, 0, 1]) } };
  const ports = { engine: { classify: classes }, pad, slots: { left: slot, right: slot } };
  const which = new Questions(ports as unknown as QuestionPorts).panelState(Classification);
  const { asked } = which.answers;
  const settle = () => new Promise((resolve) => setTimeout(resolve));

  which.follow();
  await settle();
  answer(ok(RIGHT));
  await settle();
  expect([asked.reading, asked.stale]).toEqual([RIGHT, false]);

  which.hiding = true;
  which.follow();
  await settle();
  expect([asked.reading, asked.stale]).toEqual([RIGHT, true]);
  answer(ok(RIGHT));
  await settle();
  expect(asked.stale).toBe(false);

  slot.engineName = 'right-2';
  which.follow();
  expect(asked.reading).toBeNull();
  which.rest();
});
