import type { Page } from '@playwright/test';
import { openHeaps } from './heap.ts';
import { expect, play, prepareTraining, test } from './visitor.ts';

const MEGABYTE = 1_000_000;
/** Allowed growth of either heap over the whole test. */
const MAX_GROWTH = 0.5 * MEGABYTE;

/** Injected into the page: counts the engine calls by name, and can speed up the clock of animation frames. */
interface Harness {
  readonly calls: Record<string, number | undefined>;
  hurry: boolean;
}

// A trace would retain snapshots inside the page.
test.use({ trace: 'off' });

test.beforeEach(async ({ page }) => {
  await page.addInitScript(() => {
    const harness: Harness = { calls: {}, hurry: false };
    Object.assign(globalThis, { harness });
    const post = Object.getOwnPropertyDescriptor(Worker.prototype, 'postMessage')
      ?.value as Worker['postMessage'];
    Worker.prototype.postMessage = function (this: Worker, message: { path?: string[] }, ...rest: never[]) {
      const [name] = message.path ?? [];
      if (name) harness.calls[name] = (harness.calls[name] ?? 0) + 1;
      post.call(this, message, ...rest);
    };
    // Finished samples stay for some seconds of the frame clock: when hurried, it advances a second per frame.
    const request = globalThis.requestAnimationFrame.bind(globalThis);
    let ahead = 0;
    globalThis.requestAnimationFrame = (callback) =>
      request((now) => {
        if (harness.hurry) ahead += 1000;
        callback(now + ahead);
      });
  });
});

/** Draws with the keyboard, back and forth, until `count` more readings were requested. */
async function readings(page: Page, count: number): Promise<void> {
  await page.getByRole('application', { name: 'Drawing pad' }).evaluate(async (pad, wanted) => {
    const { calls } = (globalThis as unknown as { harness: Harness }).harness;
    const key = (name: string) =>
      pad.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
    const { port1, port2 } = new MessageChannel();
    const yieldToEventLoop = () =>
      new Promise<void>((resolve) => {
        port1.onmessage = () => resolve();
        port2.postMessage(null);
      });
    const end = (calls.read ?? 0) + wanted;
    // Hidden, because layout and painting would take most of the time.
    document.body.style.display = 'none';
    key(' ');
    for (let move = 0; (calls.read ?? 0) < end; move++) {
      key(move % 6 < 3 ? 'ArrowRight' : 'ArrowLeft');
      await yieldToEventLoop();
    }
    key(' ');
    document.body.style.display = '';
    port1.close();
  }, count);
}

/** Lets the page draw samples of both models until `count` more samplers were opened. */
async function sampleGrids(page: Page, count: number): Promise<void> {
  await page.evaluate(async (wanted) => {
    const { harness } = globalThis as unknown as { harness: Harness };
    const end = (harness.calls.openSampler ?? 0) + wanted;
    harness.hurry = true;
    while ((harness.calls.openSampler ?? 0) < end) await new Promise((resolve) => setTimeout(resolve, 20));
    harness.hurry = false;
  }, count);
}

/**
 * Trains `count` models and deletes them in the Lab, because the page holds all stored models. Runs inside the page: polling by
 * the test runner would allocate memory there.
 */
async function trainingRuns(page: Page, count: number): Promise<void> {
  await page.evaluate(async (runs) => {
    const until = async (condition: () => boolean) => {
      while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const button = (name: RegExp) =>
      [...document.querySelectorAll('button')].find(
        (each) => name.test(each.getAttribute('aria-label') ?? each.innerText) && !each.disabled,
      );
    const press = async (name: RegExp) => {
      await until(() => button(name) !== undefined);
      button(name)!.click();
    };
    const done = () =>
      /Done/.test(document.querySelector('[data-testid=training-progress]')?.textContent ?? '');
    const models = () => document.querySelectorAll('[data-testid=model]').length;
    for (let run = 0; run < runs; run++) {
      await press(/^Start training/);
      await until(() => !done());
      await until(() => done() && button(/^Start training/) !== undefined);
    }
    const { hash } = location;
    location.hash = '#/lab';
    await until(() => models() === runs);
    for (let left = runs; left > 0; left--) {
      await press(/^Delete (?!\u201c)/);
      document.querySelector<HTMLButtonElement>('[role=group][aria-label^=Delete] button')!.click();
      await until(() => models() === left - 1);
    }
    location.hash = hash;
    await until(() => button(/^Start training/) !== undefined);
  }, count);
}

test('20,000 readings, 200 grids of samples and 20 runs do not grow the heaps of page and worker', async ({
  page,
}) => {
  // The readings take most of the time, a few milliseconds each, and several times as long on a busy machine.
  test.setTimeout(300_000);
  await play(page, 'grid=4');
  await page.getByRole('button', { name: 'Watch' }).click();
  await page.getByRole('button', { name: 'Settings of the samples' }).click();
  await page.getByLabel('Pace').selectOption('at once');
  await page.keyboard.press('Escape');
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 1 });
  const heaps = await openHeaps(page);
  // Warm-up: code is compiled and tables reach their size.
  for (let round = 0; round < 5; round++) {
    await readings(page, 500);
    await sampleGrids(page, 10);
    await trainingRuns(page, 2);
  }
  const before = await heaps.used();
  await readings(page, 20_000);
  await sampleGrids(page, 200);
  await trainingRuns(page, 20);
  const after = await heaps.used();
  expect(after.page - before.page).toBeLessThan(MAX_GROWTH);
  expect(after.worker - before.worker).toBeLessThan(MAX_GROWTH);
});
