import jsQR from 'jsqr';
import type { Browser, Page } from '@playwright/test';
import { Host } from './host.ts';
import { inspect, prepareInspection } from './accessibility.ts';
import {
  chooseBackend,
  expect,
  fullHeight,
  openModelSettings,
  openPanel,
  play,
  prepareTraining,
  read,
  stroke,
  test,
  ZERO,
} from './visitor.ts';

const shareButton = (page: Page) => page.getByRole('button', { name: 'Share', exact: true });

async function openShare(page: Page): Promise<string> {
  await shareButton(page).click();
  return await page.getByTestId('share-link').inputValue();
}

async function sharedLink(page: Page): Promise<string> {
  const link = await openShare(page);
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('share-link')).toBeHidden();
  return link;
}

async function otherBrowser(browser: Browser): Promise<Page> {
  return await (await browser.newContext()).newPage();
}

/** What the page shows of a link's choices. */
async function shown(page: Page): Promise<readonly string[]> {
  await expect(page.getByTestId('percentile-right')).toHaveText(/\d/);
  const texts = ['nats-left', 'nats-right', 'ink-pixels', 'samples-seed'];
  return await Promise.all(texts.map((id) => page.getByTestId(id).innerText()));
}

test('the whole view travels: drawing, hidden pixels, models, question with its choices, seed, pace and side; the link is the same there', async ({
  page,
  browser,
}) => {
  await play(page, 'left=tree&right=neighbours&k=5&seed=9');
  await page.getByRole('button', { name: 'Clear' }).click();
  await stroke(page, ZERO);
  await page.getByRole('button', { name: 'Settings of the samples' }).click();
  await page.getByLabel('Pace').selectOption('slow');
  await page.keyboard.press('Escape');
  await openPanel(page, 'complete');
  await page.getByRole('button', { name: 'Hide every other pixel' }).click();
  await page.getByRole('radio', { name: 'Gibbs' }).check();
  await page.getByRole('button', { name: 'New seed' }).last().click();
  const here = await shown(page);
  const link = await sharedLink(page);
  expect(link.length).toBeLessThan(400);
  expect(link).toContain('&pace=slow');
  expect(link).toContain('&complete-method=gibbs&complete-seed=');
  expect(link).toContain('&mask=every-other');

  const other = await otherBrowser(browser);
  await other.goto(link);
  await read(other);
  expect(await shown(other)).toEqual(here);
  await expect(other.getByRole('radio', { name: 'Gibbs' })).toBeChecked();
  await expect(other.getByRole('button', { name: 'Hide every other pixel' })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  // Finished, though the pace is slow: nothing moves before the visitor asks for it.
  await expect(other.getByTestId('samples-position')).toHaveText('784');
  await expect(other.getByTestId('notice-link')).toHaveCount(0);
  expect(await sharedLink(other)).toBe(link);
  await other.context().close();
});

test('the chosen pixel and the grid travel', async ({ page, browser }) => {
  await play(page, 'grid=7&left=chain&right=tree&seed=4');
  await openPanel(page, 'explain');
  await fullHeight(page);
  await page.getByRole('slider', { name: 'Pixels seen' }).fill('20');
  const link = await sharedLink(page);
  expect(link).toMatch(/grid=7&.*&pixel=\d+&/);
  const other = await otherBrowser(browser);
  await other.goto(link);
  await read(other);
  await fullHeight(other);
  await expect(other.getByRole('slider', { name: 'Pixels seen' })).toHaveValue('20');
  expect(await sharedLink(other)).toBe(link);
  await other.context().close();
});

test('a model that was trained in one browser is trained in another by its recipe, with the very same weights', async ({
  page,
  browser,
}) => {
  await play(page, 'grid=7&left=independent&right=chain');
  await chooseBackend(page, 'CPU');
  await prepareTraining(page, { family: 'nade', data: /^Starter/, epochs: 2 });
  await page.getByRole('button', { name: /^Start training/ }).click();
  await expect(page.getByRole('combobox', { name: 'Model B' })).toHaveValue(/^trained:/, { timeout: 60_000 });
  await openModelSettings(page, 'B');
  const weights = await page.getByTestId('weights-right').innerText();
  await page.keyboard.press('Escape');
  const link = await openShare(page);
  expect(link).toContain(`right=recipe:1,nade,starter.1000.`);
  expect(link).toContain(`,w${weights},`);
  expect(link.length).toBeLessThan(400);
  await expect(page.getByTestId('share-contents')).toContainText(`weights ${weights}`);

  const other = await otherBrowser(browser);
  await other.goto(link);
  const card = other.getByTestId('recipe-right');
  await expect(card).toContainText('This link names a model that was trained elsewhere');
  await expect(card).toContainText('2 epochs on the 1,000 starter digits');
  await expect(other.getByTestId('nats-left')).toHaveText(/\d/);
  await chooseBackend(other, 'CPU');
  // To train it, or to open its file.
  await expect(card.getByRole('button')).toHaveCount(2);
  await card.getByRole('button', { name: /^Train it here, (a few seconds|about)/ }).click();
  await expect(other.getByTestId('recipe-outcome-right')).toHaveText(
    `Trained here from the link’s recipe: the very same weights (${weights}).`,
    { timeout: 60_000 },
  );
  await expect(other.getByRole('combobox', { name: 'Model B' })).toHaveValue(/^trained:/);
  await expect(other.getByTestId('nats-right')).toHaveText(/\d/);
  // Opened again, the link finds the model.
  await other.goto('about:blank');
  await other.goto(link);
  await read(other);
  await expect(other.getByRole('combobox', { name: 'Model B' })).toHaveValue(/^trained:/);
  expect(await sharedLink(other)).toBe(link);

  // In the other column, with another fingerprint than training gives: it says so, with the reason that is known.
  const recipe = /recipe:[^&]+/.exec(link)![0].replace(/,w[0-9a-f]{8}/, ',w00000000');
  await other.goto('about:blank');
  await other.goto(
    link.replace(
      /left=.*&seed/,
      `left=${recipe.replace(/1000\.[0-9a-f]{8}/, '1000.00000000')}&right=chain&seed`,
    ),
  );
  await other
    .getByTestId('recipe-left')
    .getByRole('button', { name: /^Train it here/ })
    .click();
  await expect(other.getByTestId('recipe-outcome-left')).toHaveText(
    `Trained here from the link’s recipe: weights ${weights}, those of the link 00000000. The images here are not the same files.`,
    { timeout: 60_000 },
  );
  await expect(other.getByRole('combobox', { name: 'Model A' })).toHaveValue(/^trained:/);
  await expect(other.getByRole('combobox', { name: 'Model B' })).toHaveValue('counted:chain');
  await other.context().close();
});

test('a recipe of images that cannot travel says so, and offers no training', async ({ page }) => {
  await play(page, 'grid=7&right=chain');
  await prepareTraining(page, { family: 'nade', data: /^Starter/, epochs: 1 });
  await page.getByRole('button', { name: /^Start training/ }).click();
  await expect(page.getByRole('combobox', { name: 'Model B' })).toHaveValue(/^trained:/, { timeout: 60_000 });
  const link = await sharedLink(page);
  await page.goto('about:blank');
  await page.goto(
    link.replace(/starter\.1000\.[0-9a-f]{8}/, 'own.120.00000000').replace(/,w[0-9a-f]{8}/, ',w00000000'),
  );
  const card = page.getByTestId('recipe-right');
  await expect(card).toContainText('on 120 images of its owner');
  await expect(card).toContainText('ask for the model’s file');
  // Its file is the only way to it.
  await expect(card.getByRole('button')).toHaveText(['Open a file']);
  // Of MNIST, which is not here, it says what has to be fetched, and how long it would take.
  await page.goto('about:blank');
  await page.goto(
    link.replace(/starter\.1000\.[0-9a-f]{8}/, 'mnist.60000.00000000').replace(/,w[0-9a-f]{8}/, ',w00000000'),
  );
  await expect(
    card.getByRole('button', { name: /^Fetch MNIST \(10 MB\) and train it here, / }),
  ).toBeVisible();
});

test('a hostile link is clamped and says so once', async ({ page }) => {
  await play(page, 'left=neighbours&k=900&pace=900&ask=%3Cb%3Ewhy&__proto__=1&v=9');
  const notice = page.getByTestId('notice-link');
  await expect(notice).toContainText('written by a newer version of Inkling');
  await expect(notice).toContainText('k 900 is outside 1 to 14: 14 is used');
  await expect(notice).toContainText('the question “<b>why” is not known: explain is used');
  await expect(notice).toContainText('and 1 more');
  await expect(notice.locator('b')).toHaveCount(0);
  expect(await page.evaluate(() => ({}).constructor === Object)).toBe(true);
  await page.reload();
  await read(page);
  await expect(notice).toHaveCount(0);
  await play(page, 'left=neighbours&k=900&seed=2');
  await notice.getByRole('button', { name: 'Dismiss' }).click();
  await expect(notice).toHaveCount(0);
});

test('the dialog by keyboard, on a phone: link, copy, QR code as a scanner reads it, shorter without the drawing', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await prepareInspection(page, 390);
  await play(page, 'left=tree&right=neighbours&k=5&seed=9');
  await expect(page.getByRole('button', { name: 'Copy link' })).toBeHidden();
  await shareButton(page).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'A link to what you see' });
  const link = await dialog.getByTestId('share-link').inputValue();
  await expect(dialog.getByTestId('share-contents')).toContainText('Your drawing');
  await expect(dialog.getByTestId('share-contents')).toContainText('Model B: Neighbours, k = 5');
  await inspect(page, 'dialog[open]');
  expect(await scan(page)).toBe(link);
  await dialog.getByRole('button', { name: 'Copy' }).focus();
  await page.keyboard.press('Enter');
  await expect(dialog.getByText('Copied.')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
  await dialog.getByRole('checkbox', { name: 'With the drawing' }).press(' ');
  const shorter = await dialog.getByTestId('share-link').inputValue();
  expect(shorter).toBe(link.replace(/&drawing=[\w-]+/, ''));
  expect(await scan(page)).toBe(shorter);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(shareButton(page)).toBeFocused();
});

test('a link that is too long for a QR code says so, and offers the one without the drawing', async ({
  page,
}) => {
  const site = await Host.open(`some/${'long'.repeat(200)}`);
  try {
    await page.goto(`${site.address}#/play?left=tree&right=neighbours&seed=9`);
    await read(page);
    await shareButton(page).click();
    await expect(page.getByTestId('share-code')).toContainText('more than 1,000 characters');
    await expect(page.getByTestId('qr')).toBeHidden();
    await page.getByRole('button', { name: 'Leave the drawing out' }).click();
    await expect(page.getByRole('checkbox', { name: 'With the drawing' })).not.toBeChecked();
    expect(await scan(page)).toBe(await page.getByTestId('share-link').inputValue());
  } finally {
    site.close();
  }
});

test('a browser that can share gets the link', async ({ page }) => {
  await page.addInitScript(() => {
    const given: unknown[] = [];
    Object.assign(globalThis, { given });
    navigator.share = (data) => {
      given.push(data);
      return Promise.resolve();
    };
  });
  await play(page, 'left=tree&seed=9');
  const link = await openShare(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Share …' }).click();
  await expect(page.getByText('Handed on.')).toBeVisible();
  expect(await page.evaluate(() => (globalThis as unknown as { given: unknown }).given)).toEqual([
    { title: 'Inkling', url: link },
  ]);
});

test('a presentation shows the QR code too', async ({ page }) => {
  await play(page, 'left=tree&seed=9');
  await page.getByRole('button', { name: 'Present', exact: true }).click();
  await page.getByRole('navigation', { name: 'Presentation' }).getByRole('button', { name: 'Share' }).click();
  expect(await scan(page)).toBe(await page.getByTestId('share-link').inputValue());
});

test('the QR code fills the screen, and Escape or Back leaves it', async ({ page }) => {
  await play(page, 'left=tree&seed=9');
  await shareButton(page).click();
  const before = (await page.getByTestId('qr').boundingBox())!;
  await page.getByRole('button', { name: 'Full screen' }).click();
  await expect
    .poll(async () => (await page.getByTestId('qr').boundingBox())!.width)
    .toBeGreaterThan(before.width * 1.5);
  await page.getByTestId('share-code').getByRole('button', { name: 'Back' }).click();
  await expect.poll(async () => (await page.getByTestId('qr').boundingBox())!.width).toBe(before.width);
});

/** Of the picture, in pixels. */
const SIDE = 420;

/** The text of the QR code as the page draws it, read from a picture of it. */
async function scan(page: Page): Promise<string | undefined> {
  const shot = await page.getByTestId('qr').evaluate(async (svg: SVGElement, side) => {
    const source = new XMLSerializer().serializeToString(svg);
    const image = new Image(side, side);
    const sized = source.replace('<svg', `<svg width="${side}" height="${side}"`);
    image.src = URL.createObjectURL(new Blob([sized], { type: 'image/svg+xml' }));
    await image.decode();
    const canvas = new OffscreenCanvas(side, side);
    const paint = canvas.getContext('2d')!;
    paint.drawImage(image, 0, 0);
    // Black or white: one number of four is enough.
    return Array.from(paint.getImageData(0, 0, side, side).data.filter((_, i) => i % 4 === 0));
  }, SIDE);
  const pixels = Uint8ClampedArray.from({ length: 4 * SIDE * SIDE }, (_, i) =>
    i % 4 === 3 ? 255 : shot[i >> 2],
  );
  return jsQR(pixels, SIDE, SIDE)?.data;
}
