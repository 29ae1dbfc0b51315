import { expect, nats, numberIn, phonePanel, play, stroke, test } from './visitor.ts';

test('strokes, eraser, undo and redo by button and by key; a drawing comes back after a reload', async ({
  page,
}) => {
  await play(page);
  const ink = async () => await numberIn(page.getByTestId('ink-pixels'));
  await page.getByRole('checkbox', { name: 'Size and centre like MNIST' }).uncheck();
  await page.getByRole('button', { name: 'Clear' }).click();
  await expect.poll(ink).toBe(0);
  await stroke(page, [
    [6, 14],
    [22, 14],
  ]);
  await expect.poll(ink).toBeGreaterThan(15);
  const bar = await ink();
  await page.getByRole('button', { name: 'Eraser' }).click();
  await stroke(page, [
    [14, 10],
    [14, 18],
  ]);
  await expect.poll(ink).toBeLessThan(bar);
  const cut = await ink();
  await page.keyboard.press('Control+z');
  await expect.poll(ink).toBe(bar);
  await page.getByRole('button', { name: 'Redo' }).click();
  await expect.poll(ink).toBe(cut);
  // The drawing is saved a moment after the last stroke; its score is shown by then.
  await page.waitForTimeout(1200);
  const score = await nats(page, 'right');
  await page.reload();
  await page.getByRole('checkbox', { name: 'Size and centre like MNIST' }).uncheck();
  await expect.poll(ink).toBe(cut);
  await expect.poll(async () => await nats(page, 'right')).toBe(score);
});

test('the drawing is still on the pad after a visit to the Lab', async ({ page }) => {
  await play(page);
  const pad = page.getByRole('application', { name: 'Drawing pad' });
  const inked = async () =>
    await pad.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return data.reduce((sum, value) => sum + value, 0);
    });
  const before = await inked();
  expect(before).toBeGreaterThan(0);
  const score = await nats(page, 'right');
  await page.getByRole('link', { name: 'Lab' }).click();
  await expect(page.getByRole('heading', { name: 'Data sets' })).toBeVisible();
  await page.getByRole('link', { name: 'Play', exact: true }).click();
  await expect(pad).toBeVisible();
  expect(await inked()).toBe(before);
  expect(await nats(page, 'right')).toBe(score);
});

test('the score shown is that of the last stroke', async ({ page }) => {
  await play(page);
  for (let round = 0; round < 5; round++) {
    await page.getByRole('button', { name: 'Clear' }).click();
    await stroke(page, [
      [8, 8],
      [20, 20],
      [8, 20],
    ]);
  }
  await page.waitForTimeout(500);
  const settled = await nats(page, 'right');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('button', { name: 'Redo' }).click();
  await expect.poll(async () => await nats(page, 'right')).toBe(settled);
});

test.describe('on a phone', () => {
  test.use({ hasTouch: true, viewport: { width: 390, height: 844 }, isMobile: true });

  test('a finger draws and never scrolls the page; a second one changes nothing', async ({
    page,
    context,
  }) => {
    await play(page);
    await page.getByRole('button', { name: 'Clear' }).tap();
    const pad = page.getByRole('application', { name: 'Drawing pad' });
    await pad.scrollIntoViewIfNeeded();
    const box = (await pad.boundingBox())!;
    const before = await page.evaluate(() => scrollY);
    const session = await context.newCDPSession(page);
    const at = (x: number, y: number) => ({ x: box.x + x * box.width, y: box.y + y * box.height });
    await session.send('Input.dispatchTouchEvent', {
      type: 'touchStart',
      touchPoints: [{ ...at(0.5, 0.2), id: 1 }],
    });
    for (let y = 0.25; y <= 0.8; y += 0.05) {
      await session.send('Input.dispatchTouchEvent', {
        type: 'touchMove',
        touchPoints: [{ ...at(0.5, y), id: 1 }],
      });
    }
    const drawn = await numberIn(page.getByTestId('ink-pixels'));
    // A palm touches the screen beside the pen.
    await session.send('Input.dispatchTouchEvent', {
      type: 'touchStart',
      touchPoints: [
        { ...at(0.5, 0.8), id: 1 },
        { ...at(0.1, 0.9), id: 2 },
      ],
    });
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await expect.poll(async () => await numberIn(page.getByTestId('ink-pixels'))).toBeGreaterThan(20);
    expect(await numberIn(page.getByTestId('ink-pixels'))).toBeLessThan(drawn + 12);
    expect(await page.evaluate(() => scrollY)).toBe(before);
  });

  test('one panel is shown at a time, and the score of the drawing beside every one of them', async ({
    page,
  }) => {
    await play(page, 'left=independent&right=neighbours&k=6');
    const panels = page.locator('section.panel:visible');
    const live = page.getByTestId('live-right').filter({ visible: true });
    const position = page.getByTestId('samples-position');
    await expect(panels).toHaveCount(1);
    await expect(page.getByRole('application', { name: 'Drawing pad' })).toBeVisible();
    await expect(live).toBeInViewport();
    // Four samples of either model, beside the pad.
    await expect(page.getByRole('img', { name: 'Four samples of model A' })).toBeInViewport();
    await expect(page.getByRole('img', { name: 'Four samples of model B' })).toBeInViewport();
    const before = await live.innerText();
    await stroke(page, [
      [6, 6],
      [22, 6],
      [12, 24],
    ]);
    await expect(live).not.toHaveText(before);
    // The score follows the pen: that of the whole stroke is the one that stays.
    let drawn = '';
    const stays = async () => {
      const [last, now] = [drawn, await live.innerText()];
      drawn = now;
      return now === last;
    };
    await expect.poll(stays, { intervals: [500] }).toBe(true);
    // The panel of a model is made when the visitor first turns to it.
    await expect(position).toHaveCount(0);

    await phonePanel(page, 'Model B');
    await expect(panels).toHaveCount(1);
    await expect(page.getByRole('region', { name: 'Model B' })).toBeInViewport();
    await expect.poll(async () => `log p ${await page.getByTestId('nats-right').innerText()}`).toBe(drawn);
    await expect(position).toHaveText('784');
    await phonePanel(page, 'Model A');
    await expect(panels).toHaveCount(1);
    await expect(page.getByTestId('nats-left')).toBeInViewport();
    for (const [name, title] of [
      ['Questions', 'How does the score add up?'],
      ['Train', 'What could it learn?'],
    ] as const) {
      await phonePanel(page, name);
      await expect(panels).toHaveCount(1);
      await expect(page.getByRole('region', { name: title })).toBeVisible();
      await expect(live).toBeInViewport();
      await expect(live).toHaveText(drawn);
    }
    await phonePanel(page, 'Draw');
    await expect(live).toHaveText(drawn);

    // On a small grid both show the same two decimals.
    await page.getByTestId('grid').selectOption({ label: '4 × 4' });
    await expect(live).toHaveText(/^log p −\d+\.\d\d$/);
    const small = await live.innerText();
    await phonePanel(page, 'Model B');
    await expect.poll(async () => `log p ${await page.getByTestId('nats-right').innerText()}`).toBe(small);
    await phonePanel(page, 'Draw');
    await page.getByTestId('grid').selectOption({ label: '28 × 28' });
    await expect(live).toHaveText(/^log p −\d+\.\d$/);

    // A long panel is scrolled to its end; the next one is shown from its top.
    await phonePanel(page, 'Train');
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await phonePanel(page, 'Model A');
    await expect(page.getByRole('combobox', { name: 'Model A', exact: true })).toBeInViewport();

    // In landscape pad and scores are beside each other.
    await phonePanel(page, 'Draw');
    await page.setViewportSize({ width: 844, height: 390 });
    await expect(panels).toHaveCount(1);
    await page.evaluate(() => scrollTo(0, 0));
    const box = (await page.getByRole('application', { name: 'Drawing pad' }).boundingBox())!;
    const score = (await live.boundingBox())!;
    expect(score.x).toBeGreaterThan(box.x + box.width);
    expect(box.y + box.height).toBeLessThan(390);
    await expect(live).toBeInViewport();
  });
});
