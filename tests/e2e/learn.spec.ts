import type { Locator } from '@playwright/test';
import { inspect, prepareInspection } from './accessibility.ts';
import { CHAPTERS, openLearn } from './learn-exercises.ts';
import { expect, read, test } from './visitor.ts';

for (const width of [390, 1440])
  for (const address of ['', 'teacher', ...CHAPTERS.map((chapter) => chapter.slice(3))])
    test(`#/learn/${address} at ${width} px, light and dark: no axe violation, no sideways scroll`, async ({
      page,
    }) => {
      await prepareInspection(page, width);
      await openLearn(page, `#/learn/${address}`);
      // As before printing: also the figures far from the window are made.
      await page.evaluate(() =>
        ['beforeprint', 'afterprint'].forEach((name) => dispatchEvent(new Event(name))),
      );
      await expect(page.locator('.unmade')).toHaveCount(0);
      await inspect(page);
    });

test('a link opens the same state in a fresh profile', async ({ page, browser, baseURL }) => {
  await openLearn(page, '#/learn/coin');
  await page.getByRole('button', { name: 'Flip 100 times' }).click();
  await page.getByRole('button', { name: 'Another coin' }).click();
  await page.getByRole('button', { name: 'Flip 10 times' }).click();
  await page.getByLabel('Your guess of the chance of heads').fill('0.42');
  await expect(page).toHaveURL(/#\/learn\/coin\?flips=20&theta=0\.42&seed=8$/);
  const figure = page.locator('[data-figure="flips"]');
  const labels = (root: Locator): Promise<(string | null)[]> =>
    root.getByRole('img').evaluateAll((images) => images.map((image) => image.getAttribute('aria-label')));
  const said = await labels(figure);
  expect(said[0]).toContain('20 flips');
  expect(said[1]).toContain('0.420');

  const other = await browser.newContext({ ...(baseURL ? { baseURL } : {}) });
  try {
    const fresh = await other.newPage();
    await fresh.goto(page.url());
    const opened = fresh.locator('[data-figure="flips"]');
    await expect(opened).toBeVisible();
    expect(await labels(opened)).toEqual(said);
  } finally {
    await other.close();
  }
});

test('a figure stands alone in another page and says its height; what a teacher hid or locked stays so', async ({
  page,
  baseURL,
}) => {
  const frame = `${baseURL}?embed=1#/learn/coin/flips?theta=0.6&hide=caption&lock=theta`;
  await page.route('**/lesson.html', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><title>Lesson</title><iframe title="Coin" src="${frame}" width="600"></iframe><script>
        addEventListener('message', ({ data }) => {
          if (data.type === 'inkling:height') document.querySelector('iframe').height = data.height;
        });
      </script>`,
    }),
  );
  await page.goto('lesson.html');
  const inside = page.frameLocator('iframe');
  await expect(inside.locator('[data-figure="flips"]')).toBeVisible();
  await expect(inside.getByRole('banner')).toHaveCount(0);
  await expect(inside.locator('figcaption')).toHaveCount(0);
  await expect(inside.getByLabel('Your guess of the chance of heads')).toBeDisabled();
  await expect(inside.getByLabel('Your guess of the chance of heads')).toHaveValue('0.6');
  const height = Number(await page.locator('iframe').getAttribute('height'));
  const box = await inside.locator('[data-figure="flips"]').boundingBox();
  expect(height).toBeGreaterThan(300);
  expect(Math.abs(height - box!.height)).toBeLessThan(4);
});

test('progress is kept per chapter and can be forgotten', async ({ page }) => {
  await openLearn(page, '#/learn/coin');
  await page.locator('[data-exercise="parameters"]').getByLabel('Your answer').fill('2');
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-exercise="parameters"]')).toContainText('add up to one');
  await page.locator('[data-exercise="parameters"]').getByLabel('Your answer').fill('1');
  await page.keyboard.press('Enter');
  await page.goto('#/learn');
  await expect(page.getByRole('link', { name: /A coin/ })).toContainText('1 of 3');
  await page.reload();
  await expect(page.getByRole('link', { name: /A coin/ })).toContainText('1 of 3');
  await page.getByRole('button', { name: 'Forget what I did in all chapters' }).click();
  await page
    .getByRole('button', { name: /^(Yes|Forget)/ })
    .last()
    .click();
  await expect(page.getByRole('link', { name: /A coin/ })).toContainText('0 of 3');
});

test('opened first, without a network afterwards, every chapter is there', async ({ page, context }) => {
  await openLearn(page, '#/learn');
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await page.reload();
  await context.setOffline(true);
  await page.reload();
  for (const chapter of CHAPTERS) {
    await page.goto(`#/learn/${chapter.slice(3)}`);
    await expect(page.locator('.chapter [data-figure]').first()).toBeVisible();
    await expect(page.locator('.chapter [data-exercise]').first()).toBeVisible();
  }
  await context.setOffline(false);
});

test('Play leads to chapters and chapters into Play, whose models are loaded by then', async ({ page }) => {
  await openLearn(page, '#/learn/coin');
  await page.getByRole('link', { name: 'Draw a digit and see one coin for every pixel' }).click();
  await expect(page).toHaveURL(/#\/play\?.*left=independent.*right=independent/);
  await read(page);
  await page.getByRole('button', { name: 'What is bits per pixel?' }).first().click();
  await page.getByRole('link', { name: 'More in Learn: bits per pixel' }).click();
  await expect(page.getByRole('heading', { name: 'A coin' })).toBeVisible();
  await page.goBack();
  await read(page);
  await page.getByRole('button', { name: 'Samples. What is sample?' }).first().click();
  await page.getByRole('link', { name: 'More in Learn: sample' }).click();
  await expect(page).toHaveURL(/#\/learn\/sampling$/);
});
