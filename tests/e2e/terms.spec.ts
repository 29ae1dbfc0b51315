import { expect, firstVisit, test } from './visitor.ts';

test('a term opens its meaning beside the number that it explains, and closes by Escape and by a click elsewhere', async ({
  page,
}) => {
  const asked: string[] = [];
  page.on('request', (request) => {
    if (/\/glossary-[^/]*\.js$/.test(request.url())) asked.push(request.url());
  });
  await firstVisit(page);
  expect(asked).toEqual([]);

  const term = page.getByRole('button', { name: 'bits per pixel. What is bits per pixel?' }).first();
  const bubble = page.getByRole('note').filter({ hasText: '−log2 p(x) / n' });
  await term.click();
  await expect(bubble).toBeVisible();
  expect(asked).toHaveLength(1);
  const [words, number, box] = await Promise.all(
    [term, page.getByTestId('bits-left'), bubble].map(async (each) => (await each.boundingBox())!),
  );
  expect(words.height).toBeGreaterThanOrEqual(24);
  for (const kept of [words, number])
    // The words are 24 px high to the finger, and their own line is lower.
    expect(box.y >= kept.y + kept.height - 5 || box.y + box.height <= kept.y + 5).toBe(true);

  await page.keyboard.press('Escape');
  await expect(bubble).toBeHidden();
  await expect(term).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(bubble).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(bubble.getByRole('link', { name: 'More in Learn: bits per pixel' })).toBeFocused();
  await page.mouse.click(2, 2);
  await expect(bubble).toBeHidden();
});

test.describe('without a service worker, which has all files', () => {
  test.use({ serviceWorkers: 'block' });

  test('a term says so where the glossary cannot be fetched, and fetches it when it is opened again', async ({
    page,
    complaints,
  }) => {
    await page.route(/\/glossary-[^/]*\.js$/, (route) => route.abort());
    await firstVisit(page);
    const term = page.getByRole('button', { name: 'bits per pixel. What is bits per pixel?' }).first();
    await term.click();
    await expect(page.getByText('The glossary could not be fetched')).toBeVisible();
    // The browser reports the request that the test has cut.
    complaints.length = 0;
    await term.click();
    await page.unrouteAll();
    await term.click();
    await expect(page.getByText('−log2 p(x) / n')).toBeVisible();
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test('a term opens at a tap, inside the window', async ({ page }) => {
    await page.goto('./');
    await page.getByRole('button', { name: 'What the models see. What is what the models see?' }).tap();
    const bubble = page.getByRole('note').filter({ hasText: 'half covered' });
    await expect(bubble).toBeVisible();
    const box = (await bubble.boundingBox())!;
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(390);
    expect(box.y + box.height).toBeLessThanOrEqual(844);
  });
});
