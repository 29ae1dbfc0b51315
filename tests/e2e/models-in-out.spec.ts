import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, nats, openModelSettings, play, prepareTraining, read, test } from './visitor.ts';

const NADE = fileURLToPath(new URL('../fixtures/models/nade-28x28.safetensors', import.meta.url));

interface Saved {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The metadata of a file of safetensors, read without the code under test. */
function metadataOf(bytes: Uint8Array): Record<string, string> {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as {
    __metadata__: Record<string, string>;
  };
  return header.__metadata__;
}

/** Chooses a format in the menu that is open. */
async function saved(page: Page, format: string): Promise<Saved> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: format, exact: true }).filter({ visible: true }).click();
  const file = await download;
  return { name: file.suggestedFilename(), bytes: new Uint8Array(readFileSync(await file.path())) };
}

/** Saves the only model of the Lab in a format. */
async function savedFromLab(page: Page, format: string): Promise<Saved> {
  await page.getByRole('button', { name: /^Save .* as$/ }).click();
  return await saved(page, format);
}

async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual(
      [],
    );
  }
}

test('a trained model is saved in every format, and opened in another browser with the same score', async ({
  page,
  browser,
}) => {
  await play(page);
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 2 });
  await page.getByRole('button', { name: /^Start training/ }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Done, kept on this machine', {
    timeout: 60_000,
  });
  await expect(page.getByRole('combobox', { name: 'Model B' })).toHaveValue(/^trained:/);
  await read(page);
  const score = await nats(page, 'right');

  await page.goto('#/lab');
  const file = await savedFromLab(page, 'safetensors');
  expect(file.name).toMatch(/^logistic-fvsbn-.*\.safetensors$|^fvsbn.*\.safetensors$/);
  expect(metadataOf(file.bytes)).toMatchObject({
    dataset: 'starter digits',
    images: '1000',
    version: '0.1.0',
    datasetSha256: expect.stringMatching(/^[\da-f]{64}$/),
    train: expect.stringContaining('"images":900'),
    validation: expect.stringContaining('"images":100'),
  });
  const onnx = await savedFromLab(page, 'ONNX');
  expect(onnx.name).toMatch(/\.onnx$/);
  // The version of the messages, 8, and who wrote them.
  expect([...onnx.bytes.subarray(0, 2)]).toEqual([8, 8]);
  expect(new TextDecoder().decode(onnx.bytes.subarray(2, 12))).toContain('Inkling');
  const npz = await savedFromLab(page, 'NPZ');
  expect(new TextDecoder().decode(npz.bytes.subarray(0, 2))).toBe('PK');
  const card = await savedFromLab(page, 'Model card');
  expect(card.name).toMatch(/-README\.md$/);
  expect(new TextDecoder().decode(card.bytes)).toContain('| Data set | starter digits |');

  const context = await browser.newContext();
  const other = await context.newPage();
  await play(other);
  const upload = {
    name: 'from afar.safetensors',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(file.bytes),
  };
  await other.getByTestId('open-model-right').setInputFiles(upload);
  const picker = other.getByRole('combobox', { name: 'Model B' });
  await expect(picker).toHaveValue(/^trained:file-[\da-f]{32}$/);
  await expect(picker.locator('option:checked')).toHaveText('from afar');
  await expect.poll(() => nats(other, 'right')).toBe(score);
  await expect(other).toHaveURL(/right=model:file-[\da-f]{32}/);

  // It is kept, and is one model however often it is opened.
  await other.reload();
  await read(other);
  expect(await nats(other, 'right')).toBe(score);
  await other.goto('#/lab');
  await other.getByTestId('open-model').setInputFiles(upload);
  await expect(other.getByTestId('open-model-status')).toHaveText(
    'from afar is here: it can be used in Play.',
  );
  await expect(other.getByTestId('model')).toHaveCount(1);
  const again = await savedFromLab(other, 'safetensors');
  expect(Buffer.from(again.bytes).equals(Buffer.from(file.bytes))).toBe(true);
  await context.close();
});

test('a model is opened in the picker and from the Lab; what is none is refused with the field', async ({
  page,
}) => {
  await play(page);
  const picker = page.getByRole('combobox', { name: 'Model A' });
  const chooser = page.waitForEvent('filechooser');
  const before = await picker.inputValue();
  await picker.selectOption({ label: 'Open a file …' });
  // Until there is a file, the model stays.
  await expect(picker).toHaveValue(before);
  await (await chooser).setFiles(NADE);
  await expect(picker.locator('option:checked')).toHaveText('nade-28x28');
  await read(page);
  const settings = await openModelSettings(page, 'A');
  await expect(settings).toContainText('opened from a file');
  const card = await saved(page, 'Model card');
  expect(new TextDecoder().decode(card.bytes)).toContain('# NADE: binary images of 28 × 28 pixels');

  await page.goto('#/lab');
  const bytes = readFileSync(NADE);
  const damaged = Buffer.from(bytes.toString('latin1').replace('"seed":"', '"seed":"-'), 'latin1');
  const file = { name: 'damaged.safetensors', mimeType: 'application/octet-stream', buffer: damaged };
  await page.getByTestId('open-model').setInputFiles(file);
  await expect(page.getByText(/^Not opened\. damaged\.safetensors: /)).toBeVisible();
  await expect(page.getByTestId('model')).toHaveCount(1);
  await expect(page.getByTestId('model')).toContainText('not known');
  await page.getByRole('button', { name: 'Save nade-28x28 as' }).click();
  await expectAccessible(page);
  await page.setViewportSize({ width: 320, height: 800 });
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBe(0);
});

test('a model that comes with Inkling is saved from Play as the file that it is', async ({ page }) => {
  await play(page, 'right=shipped:nade');
  // Not the small model that is shown while this one is fetched.
  await expect(page.getByTestId('facts-right')).toContainText('785,284 parameters');
  await openModelSettings(page, 'B');
  const file = await saved(page, 'safetensors');
  const path = fileURLToPath(new URL('../../public/models/nade.safetensors', import.meta.url));
  expect(Buffer.from(file.bytes).equals(readFileSync(path))).toBe(true);
});
