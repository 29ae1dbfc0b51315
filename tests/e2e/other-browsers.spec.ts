/** What other browsers lack or refuse is taken away from this one. */
import type { Locator, Page } from '@playwright/test';
import {
  accentedDots,
  expect,
  fullHeight,
  numberIn,
  openPanel,
  play,
  prepareTraining,
  read,
  stroke,
  test,
} from './visitor.ts';

/** A horizontal line across the drawing pad, in pixels of the 28x28 grid. */
const LINE = [
  [6, 14],
  [22, 14],
] as const;

async function clear(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Clear', exact: true }).first().click();
  await expect.poll(async () => await inkPixels(page)).toBe(0);
}

async function inkPixels(page: Page): Promise<number> {
  return await numberIn(page.getByTestId('ink-pixels'));
}

/** Drags over the middle of a surface, from a fifth of its width to four fifths. */
async function drag(page: Page, surface: Locator, y = 0.5): Promise<void> {
  await surface.scrollIntoViewIfNeeded();
  const box = (await surface.boundingBox())!;
  await page.mouse.move(box.x + 0.2 * box.width, box.y + y * box.height);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.8 * box.width, box.y + y * box.height, { steps: 6 });
  await page.mouse.up();
}

/** Trains a small model. A curve of several points however fast the machine is: the validation images are scored every 25 steps of the 80. */
async function train(page: Page): Promise<void> {
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 10 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 90_000 });
}

/** A pointer that the browser does not know: setPointerCapture throws NotFoundError for it. */
async function lostPointer(surface: Locator, pointerId: number): Promise<void> {
  await surface.evaluate((element, id) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    element.dispatchEvent(
      new PointerEvent('pointerdown', {
        pointerId: id,
        button: 0,
        buttons: 1,
        bubbles: true,
        clientX: left + width / 2,
        clientY: top + height / 10,
      }),
    );
  }, pointerId);
}

test('pad and mask are painted by plain pointermoves where the browser gathers no events', async ({
  page,
}) => {
  const gathers = async (on: boolean) => {
    await page.evaluate((wanted) => {
      const { prototype } = PointerEvent;
      const page = globalThis as unknown as { gathered?: PropertyDescriptor };
      page.gathered ??= Object.getOwnPropertyDescriptor(prototype, 'getCoalescedEvents')!;
      if (wanted) Object.defineProperty(prototype, 'getCoalescedEvents', page.gathered);
      else Reflect.deleteProperty(prototype, 'getCoalescedEvents');
    }, on);
  };
  await play(page, 'right=chain&ask=complete');
  await fullHeight(page);
  await page.getByRole('checkbox', { name: 'Size and centre like MNIST' }).uncheck();
  const mask = page.getByRole('application', { name: /What is hidden/ });
  const marks: { ink: number; hidden: number }[] = [];
  for (const on of [true, false]) {
    await gathers(on);
    await clear(page);
    await stroke(page, LINE);
    await expect.poll(async () => await inkPixels(page)).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Hide nothing' }).click();
    await drag(page, mask);
    await expect.poll(async () => await numberIn(page.getByTestId('mask-hidden'))).toBeGreaterThan(0);
    marks.push({
      ink: await inkPixels(page),
      hidden: await numberIn(page.getByTestId('mask-hidden')),
    });
  }
  const [gathered, plain] = marks;
  expect(gathered.ink).toBeGreaterThan(25);
  expect(gathered.hidden).toBeGreaterThan(40);
  expect(plain).toEqual(gathered);
});

test('a stroke whose pointer cannot be captured is drawn all the same', async ({ page }) => {
  await play(page);
  await page.getByRole('checkbox', { name: 'Size and centre like MNIST' }).uncheck();
  await clear(page);
  await page.evaluate(() => {
    Element.prototype.setPointerCapture = () => {
      throw new DOMException('No active pointer with the given id is found.', 'NotFoundError');
    };
  });
  await stroke(page, LINE);
  await expect.poll(async () => await inkPixels(page)).toBeGreaterThan(25);
  const first = await inkPixels(page);
  await stroke(page, [
    [14, 4],
    [14, 24],
  ]);
  await expect.poll(async () => await inkPixels(page)).toBeGreaterThan(first + 20);

  // Released beyond the pad, where nothing captures it, the stroke has ended: the mouse draws no more as it returns.
  await clear(page);
  const box = (await page.getByRole('application', { name: 'Drawing pad' }).boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height + 30, { steps: 3 });
  await page.mouse.up();
  await expect.poll(async () => await inkPixels(page)).toBeGreaterThan(10);
  const down = await inkPixels(page);
  await page.mouse.move(box.x + box.width / 8, box.y + box.height / 2, { steps: 4 });
  await stroke(page, [
    [2, 2],
    [2, 3],
  ]);
  await expect.poll(async () => await inkPixels(page)).toBeGreaterThan(down);
  expect(await inkPixels(page)).toBeLessThan(down + 20);
});

test('a pointer that was lost blocks none that comes later: pad, mask and map of digits', async ({
  page,
}) => {
  await play(page, 'left=independent&right=chain&ask=complete');
  await fullHeight(page);
  await page.getByRole('checkbox', { name: 'Size and centre like MNIST' }).uncheck();
  await clear(page);
  await lostPointer(page.getByRole('application', { name: 'Drawing pad' }), 77);
  await stroke(page, LINE);
  await expect.poll(async () => await inkPixels(page)).toBeGreaterThan(25);

  const mask = page.getByRole('application', { name: /What is hidden/ });
  await page.getByRole('button', { name: 'Hide nothing' }).click();
  await mask.scrollIntoViewIfNeeded();
  await lostPointer(mask, 78);
  await drag(page, mask);
  await expect.poll(async () => await numberIn(page.getByTestId('mask-hidden'))).toBeGreaterThan(40);

  await page.goto('#/play?left=independent&right=chain&ask=hidden-units');
  await read(page);
  await page.getByRole('button', { name: 'Fit a mixture to the starter digits' }).click();
  const map = page.getByTestId('digit-map');
  await expect(map).toBeVisible({ timeout: 60_000 });
  await map.scrollIntoViewIfNeeded();
  await lostPointer(map, 79);
  const box = (await map.boundingBox())!;
  await page.mouse.move(box.x + 0.02 * box.width, box.y + 0.02 * box.height);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.98 * box.width, box.y + 0.98 * box.height, { steps: 4 });
  await page.mouse.up();
  await expect(page.getByTestId('brushed')).toContainText('100 digits framed');
});

test('the chart of the training curve is loaded once there is a curve', async ({ page }) => {
  await play(page);
  await openPanel(page, 'training');
  const chart = page.getByRole('img', { name: /^Training curve/ });
  await expect(chart).toBeVisible();
  await expect(chart.locator('canvas')).toHaveCount(0);
  await train(page);
  await expect(chart.locator('canvas')).toBeVisible();
  // The curve itself: an empty chart has none of the accent colour.
  await expect.poll(() => accentedDots(chart)).toBeGreaterThan(5);
});

test('where the language of the browser is no valid tag, the page works, and a table stands in for the chart', async ({
  page,
}) => {
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'language', { get: () => 'C' });
    Object.defineProperty(Navigator.prototype, 'languages', { get: () => ['C'] });
  });
  await play(page);
  await train(page);
  await expect(page.getByText('The chart could not be loaded in this browser')).toBeVisible();
  const table = page.getByRole('region', { name: 'Training curve', exact: true });
  await expect(table).toBeVisible();
  expect(await table.getByRole('row').count()).toBeGreaterThan(2);
  await page.getByRole('link', { name: 'Lab' }).click();
  await expect(page.getByRole('heading', { name: 'Data sets' })).toBeVisible();
});

test('a software adapter is not called the graphics processor', async ({ page }) => {
  await play(page);
  await page.getByTestId('settings').click();
  await page.getByRole('radio', { name: 'WebGPU: computed in software' }).check();
  await expect(page.getByTestId('backend-description')).toContainText('computed in software');
});

test('no number is an inline-block of its own, which WebKit sets too high', async ({ page }) => {
  await play(page, 'left=independent&right=neighbours&ask=sampling');
  const displays = await page
    .locator('output')
    .evaluateAll((outputs) => outputs.map((output) => getComputedStyle(output).display));
  expect(displays.length).toBeGreaterThan(5);
  expect(displays).not.toContain('inline-block');
});
