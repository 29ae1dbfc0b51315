import type { Page } from '@playwright/test';
import { openHeaps } from './heap.ts';
import { expect, play, prepareTraining, test } from './visitor.ts';

const MEGABYTE = 1_000_000;
/** What either heap may grow by, over all that the test does. */
const MOST = 0.5 * MEGABYTE;

/** What the test puts into the page: how many calls of each name its worker was sent, and a fast clock for its frames. */
interface Harness {
  readonly calls: Record<string, number | undefined>;
  hurry: boolean;
}

// A trace keeps what the page shows, in the page too.
test.use({ trace: 'off' });

test.beforeEach(async ({ page }) => {
  await page.addInitScript(() => {
    const harness: Harness = { calls: {}, hurry: false };
    Object.assign(globalThis, { harness });
    // eslint-disable-next-line @typescript-eslint/unbound-method
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (this: Worker, message: { path?: string[] }, ...rest: never[]) {
      const [name] = message.path ?? [];
      if (name) harness.calls[name] = (harness.calls[name] ?? 0) + 1;
      post.call(this, message, ...rest);
    };
    // Samples that are finished stay for seconds of the frames' clock: a hurried one goes a second a frame.
    const request = globalThis.requestAnimationFrame.bind(globalThis);
    let ahead = 0;
    globalThis.requestAnimationFrame = (callback) =>
      request((now) => {
        if (harness.hurry) ahead += 1000;
        callback(now + ahead);
      });
  });
});

/** Draws with the keyboard, back and forth, until the worker was asked for so many more readings. */
async function readings(page: Page, count: number): Promise<void> {
  await page.getByRole('application', { name: 'Drawing pad' }).evaluate(async (pad, wanted) => {
    const { calls } = (globalThis as unknown as { harness: Harness }).harness;
    const key = (name: string) =>
      pad.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
    const { port1, port2 } = new MessageChannel();
    const turn = () =>
      new Promise<void>((resolve) => {
        port1.onmessage = () => resolve();
        port2.postMessage(null);
      });
    const end = (calls.read ?? 0) + wanted;
    // Nothing is laid out or painted meanwhile: that would take most of the time.
    document.body.style.display = 'none';
    key(' ');
    for (let move = 0; (calls.read ?? 0) < end; move++) {
      key(move % 6 < 3 ? 'ArrowRight' : 'ArrowLeft');
      await turn();
    }
    key(' ');
    document.body.style.display = '';
    port1.close();
  }, count);
}

/** Lets the samples of both models follow each other until so many more grids of them were opened. */
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
 * Trains so many models, and deletes them in the Lab: the page holds what is kept on this machine. All of it happens in the
 * page, where the test runner's own polling would leave something behind.
 */
async function trainingRuns(page: Page, count: number): Promise<void> {
  await page.evaluate(async (runs) => {
    const until = async (so: () => boolean) => {
      while (!so()) await new Promise((resolve) => setTimeout(resolve, 5));
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

test('20,000 readings, 200 grids of samples and 20 runs leave nothing behind in page and worker', async ({
  page,
}) => {
  // Most of it goes into the readings, a few milliseconds each; a machine that others use takes several times as long.
  test.setTimeout(300_000);
  await play(page, 'grid=4');
  await page.getByLabel('Pace').selectOption('at once');
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 1 });
  const heaps = await openHeaps(page);
  // Code is compiled and tables reach their size in the first rounds through all that the test does.
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
  expect(after.page - before.page).toBeLessThan(MOST);
  expect(after.worker - before.worker).toBeLessThan(MOST);
});
