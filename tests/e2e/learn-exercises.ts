import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import type { Answer, Exercise } from '../../src/learn/exercises/exercise.ts';
import { randomOf } from '../../src/learn/exercises/random.ts';
import { MAX_SEED } from '../../src/learn/state/params.ts';
import { expect } from './visitor.ts';

const folder = fileURLToPath(new URL('../../src/learn', import.meta.url));

/** What the visitor of the tests has kept from an earlier visit: from it the numbers of the exercises follow. */
const VISITOR = 4242;

/** Opens a chapter, or the contents, as a visitor with known numbers in the exercises. */
export async function openLearn(page: Page, address: string): Promise<void> {
  await page.addInitScript((visitor) => {
    if (!localStorage.getItem('inkling-learn'))
      localStorage.setItem('inkling-learn', JSON.stringify({ visitor, chapters: {} }));
  }, VISITOR);
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
}

/** Folders of the chapters, "02-coin". */
export const CHAPTERS = readdirSync(folder)
  .filter((name) => /^\d\d-/.test(name))
  .sort();

/** Exercises of a chapter by their ids. */
async function exercisesOf(chapter: string): Promise<Readonly<Record<string, Exercise>>> {
  const module = (await import(join(folder, chapter, 'exercises.ts'))) as {
    exercises: Readonly<Record<string, Exercise>>;
  };
  return module.exercises;
}

/** The answers to the instances that this visitor is given first. */
export async function answersOf(chapter: string): Promise<Map<string, Answer>> {
  const slug = chapter.slice(3);
  return new Map(
    Object.entries(await exercisesOf(chapter)).map(([id, exercise]) => {
      const seed = randomOf(`${slug}/${id}`, VISITOR).whole(0, MAX_SEED);
      return [id, exercise.instance(randomOf(`${slug}/${id}`, seed)).answer];
    }),
  );
}

/** Where the keyboard is. */
interface Focus {
  readonly exercise: string | null;
  readonly prediction: string | null;
  readonly kind: 'radio' | 'text' | 'other';
  /** Of a radio button, or the words of another control. */
  readonly value: string;
  readonly end: boolean;
}

function focusOf(page: Page): Promise<Focus> {
  return page.evaluate(() => {
    const at = document.activeElement as HTMLInputElement | null;
    const nameOf = (attribute: string) => at?.closest(`[${attribute}]`)?.getAttribute(attribute) ?? null;
    const type = at?.tagName === 'INPUT' ? at.type : '';
    return {
      exercise: nameOf('data-exercise'),
      prediction: nameOf('data-prediction'),
      kind: type === 'radio' || type === 'text' ? type : 'other',
      value: type === 'radio' ? at!.value : (at?.textContent.trim() ?? ''),
      end: at?.closest('footer') !== null,
    } as const;
  });
}

/** As it would be typed. */
function typedOf(answer: Answer): string {
  return answer.kind === 'number' ? answer.value.toFixed(answer.decimals) : String(answer.value);
}

/**
 * Goes through a chapter from its top with Tab, arrow keys, letters and Enter alone: says "I don't know" to every prediction and
 * solves every exercise. Returns the hand-in codes.
 */
export async function solveByKeyboard(page: Page, answers: ReadonlyMap<string, Answer>): Promise<string[]> {
  const open = new Set(answers.keys());
  await page.locator('#main').focus();
  for (let presses = 0; presses < 600; presses++) {
    await page.keyboard.press('Tab');
    const { exercise, prediction, kind, value, end } = await focusOf(page);
    if (end) break;
    if (prediction !== null) await sayUnsure(page, prediction, kind, value);
    const answer = exercise === null || !open.has(exercise) ? undefined : answers.get(exercise);
    if (!answer || exercise === null || kind === 'other') continue;
    if (kind === 'radio') await chooseByArrows(page, String(answer.value));
    else await page.keyboard.type(typedOf(answer));
    await page.keyboard.press('Enter');
    await expect(page.locator(`[data-exercise="${exercise}"]`).locator('code')).toHaveText(/^\w{5}-\w{5}$/);
    open.delete(exercise);
  }
  expect([...open], 'exercises that the keyboard did not reach').toEqual([]);
  return await page.locator('[data-exercise] code').allInnerTexts();
}

async function sayUnsure(page: Page, prediction: string, kind: string, value: string): Promise<void> {
  const box = page.locator(`[data-prediction="${prediction}"]`);
  if (kind === 'radio') await chooseByArrows(page, 'unsure');
  else if (!/know/.test(value)) return;
  await page.keyboard.press('Enter');
  await expect(box.locator('form')).toHaveCount(0);
}

/** From the radio button that has the focus to that of a value. */
async function chooseByArrows(page: Page, value: string): Promise<void> {
  await page.keyboard.press('Space');
  for (let i = 0; i < 12; i++) {
    if ((await focusOf(page)).value === value) return;
    await page.keyboard.press('ArrowDown');
  }
  throw new Error(`the arrow keys reached no choice "${value}"`);
}
