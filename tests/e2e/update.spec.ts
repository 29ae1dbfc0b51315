import {
  createReadStream,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, nats, play, prepareTraining, read, stroke, test } from './visitor.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/** A static host under a sub-path, whose content can be deployed anew. */
async function host() {
  const folder = mkdtempSync(join(tmpdir(), 'inkling-host-'));
  cpSync(dist, folder, { recursive: true });
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://localhost').pathname).replace(
      /^\/some\/place\//,
      '',
    );
    const file = join(folder, path === '' ? 'index.html' : path);
    if (!existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, {
      'content-type': type,
      'content-length': statSync(file).size,
      'cache-control': 'no-cache',
    });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://localhost:${port}/some/place/`,
    /** A version that differs from the one before in its title alone. */
    deploy(title: string) {
      const index = join(folder, 'index.html');
      writeFileSync(
        index,
        readFileSync(index, 'utf8').replace(/<title>.*<\/title>/, `<title>${title}</title>`),
      );
      const worker = join(folder, 'sw.js');
      const text = readFileSync(worker, 'utf8');
      const entry = /(\{url:"index\.html",revision:")[^"]*(")|(\{revision:")[^"]*(",url:"index\.html")/;
      expect(text).toMatch(entry);
      writeFileSync(
        worker,
        text.replace(
          entry,
          (_, a?: string, b?: string, c?: string, d?: string) => `${a ?? c}${title}${b ?? d}`,
        ),
      );
    },
    close() {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Looks for a new version and waits until it has been installed and waits, as a browser's own look would. */
async function installUpdate(): Promise<void> {
  const registration = await navigator.serviceWorker.ready;
  await registration.update();
  const { installing } = registration;
  if (!installing) return;
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      if (installing.state === 'installed') resolve();
      if (installing.state === 'redundant') reject(new Error('the new version could not be installed'));
    };
    installing.addEventListener('statechange', look);
    look();
  });
}

/** The score of the drawing of now: another one than `before`, and the same at two looks. */
async function settledNats(page: Page, before: number): Promise<number> {
  let last = before;
  await expect
    .poll(
      async () => {
        const seen = last;
        last = await nats(page, 'right');
        return last !== before && last === seen;
      },
      { intervals: [500] },
    )
    .toBe(true);
  return last;
}

test('a new version waits for a yes, never cuts a run off, and loses nothing', async ({ page }) => {
  const site = await host();
  try {
    await page.goto(site.address);
    await read(page);
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await page.reload();
    await read(page);
    const digit = await nats(page, 'right');
    await stroke(page, [
      [6, 8],
      [22, 20],
    ]);
    const score = await settledNats(page, digit);
    const first = await page.title();
    const untrained = await page.getByTestId('facts-right').innerText();

    await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 500, rate: 0.002 });
    await page.getByRole('button', { name: 'Start training' }).click();
    const progress = page.getByTestId('training-progress');
    await expect(progress).toContainText(/step\s+[1-9]/);
    for (const version of ['second', 'third']) {
      site.deploy(version);
      await page.evaluate(installUpdate);
    }
    await page.waitForTimeout(2000);
    expect(await page.title()).toBe(first);
    await expect(progress).not.toContainText('Done');

    await page.getByRole('group', { name: 'Training run' }).getByRole('button', { name: 'Stop' }).click();
    await expect(progress).toContainText('Done', { timeout: 30_000 });
    // The run is done a moment before its model has been kept and sits in the chair.
    const facts = page.getByTestId('facts-right');
    await expect(facts).toContainText('307,720');
    expect(await facts.innerText()).not.toBe(untrained);
    const trained = await facts.innerText();
    await page.getByRole('button', { name: 'Reload now' }).click();
    await expect.poll(async () => await page.title()).toBe('third');
    await read(page);
    await expect.poll(async () => await facts.innerText()).toBe(trained);
    await page.getByRole('combobox', { name: 'Model B' }).selectOption({ label: 'Nearest neighbours' });
    await expect.poll(async () => await nats(page, 'right')).toBe(score);
  } finally {
    site.close();
  }
});

test('under a sub-path everything is found, and a link opens its experiment', async ({ page }) => {
  const site = await host();
  try {
    await page.goto(`${site.address}#/play?left=neighbours&left-k=3&right=neighbours&k=12&seed=77`);
    await read(page);
    await expect(page.getByTestId('wall-seed')).toHaveText('77');
    await expect(page.getByLabel('Neighbours of model A')).toHaveValue('3');
    await expect(page.getByLabel('Neighbours of model B')).toHaveValue('12');
    await page.goto(`${site.address}#/lab`);
    await expect(page.getByRole('heading', { name: 'Data sets' })).toBeVisible();
  } finally {
    site.close();
  }
});

test('a hostile link is clamped, not obeyed', async ({ page }) => {
  await play(page, 'left=__proto__&right=constructor&k=1e9&seed=-5&t=NaN&binarise=stochastic:99999999999999');
  await expect(page.getByTestId('wall-seed')).toHaveText('0');
  expect(await page.evaluate(() => ({}).constructor === Object)).toBe(true);
});
