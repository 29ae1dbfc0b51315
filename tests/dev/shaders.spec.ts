import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createServer, type ViteDevServer } from 'vite';
import { chooseBackend, expect, nats, prepareTraining, read, test } from '../e2e/visitor.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'inkling-dev-'));
const shader = join(copy, 'shaders/fvsbn/conditional-logits.wgsl');
let server: ViteDevServer;

test.beforeAll(async () => {
  for (const name of ['src', 'shaders', 'index.html', 'package.json', 'tsconfig.json', 'svelte.config.js'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  cpSync(join(root, 'vite.config.ts'), join(copy, 'vite.config.ts'));
  for (const name of ['node_modules', 'public']) symlinkSync(join(root, name), join(copy, name));
  server = await createServer({
    root: copy,
    configFile: join(copy, 'vite.config.ts'),
    cacheDir: join(copy, '.vite'),
    logLevel: 'error',
    server: { port: Number(process.env.INKLING_E2E_PORT ?? 4318), fs: { strict: false } },
  });
  await server.listen();
});

test.afterAll(async () => {
  await server.close();
  rmSync(copy, { recursive: true, force: true });
});

test('an edited shader changes the heat map and keeps the trained model and the page', async ({ page }) => {
  await page.goto(server.resolvedUrls!.local[0]);
  await read(page);
  await chooseBackend(page, 'WebGPU');
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 1 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 180_000 });
  await expect(page.getByTestId('facts-right')).toContainText('307,720');
  await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
  const trained = await nats(page, 'right');
  const map = () =>
    page
      .locator('.pair canvas')
      .nth(1)
      .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  const before = await map();

  const source = readFileSync(shader, 'utf8');
  const edited = source.replace('= logits[c];', '= logits[c] + 1.0;');
  expect(edited).not.toBe(source);
  writeFileSync(shader, edited);
  await expect.poll(() => nats(page, 'right')).not.toBe(trained);
  expect(await map()).not.toBe(before);
  await expect(page.getByTestId('facts-right')).toContainText('307,720');

  // An error is shown, and its repair brings back the very numbers of before: the weights are the same.
  writeFileSync(shader, source.replace('= logits[c];', '= logits[c'));
  await expect(page.getByRole('alert').filter({ hasText: 'conditional-logits.wgsl:' }).first()).toBeVisible();
  writeFileSync(shader, source);
  await expect.poll(() => nats(page, 'right')).toBe(trained);
  expect(await map()).toBe(before);
  expect(await page.evaluate(() => 'sameDocument' in globalThis)).toBe(true);
});
