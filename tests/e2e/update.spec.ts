import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from '@playwright/test';
import { launchOptions } from '../browser.mjs';
import { Host } from './host.ts';
import { expect, nats, openPanel, play, prepareTraining, read, stroke, test } from './visitor.ts';

/** Checks for a new version, as the browser does from time to time, and resolves once it is installed and waiting. */
async function installUpdate(): Promise<void> {
  const registration = await navigator.serviceWorker.ready;
  await registration.update();
  const { installing, waiting } = registration;
  // On a busy machine the installation has ended by now, well or badly.
  if (!installing && !waiting) throw new Error('the new version could not be installed');
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

/** Opens the site under its service worker, which a first visit has only after a reload. */
async function openControlled(page: Page, site: Host): Promise<void> {
  await page.goto(`${site.address}#/play?right=neighbours`);
  await read(page);
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await page.reload();
  await read(page);
}

/** Begins a run that goes on until it is stopped, and waits for its first steps. */
async function startLongRun(page: Page): Promise<void> {
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 1000, rate: 0.0002 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText(/step\s+[1-9]/);
}

/** Pauses the run: it still counts as a run and does not end during the test. */
async function pauseRun(page: Page): Promise<void> {
  await page.getByRole('group', { name: 'Training run' }).getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Paused');
}

async function stopRun(page: Page): Promise<void> {
  await page.getByRole('group', { name: 'Training run' }).getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 30_000 });
}

/** Opens all panels of questions, each of which is a file of its own. */
async function openEveryPanel(page: Page): Promise<void> {
  const tabs = page.getByRole('tablist', { name: 'Questions' }).getByRole('tab');
  for (const tab of await tabs.all()) {
    await tab.click();
    const panel = page.getByRole('tabpanel').filter({ has: page.locator(':scope > *') });
    await expect(panel.getByText('Opening …')).toHaveCount(0);
    await expect(panel.getByText('This panel could not be fetched.')).toHaveCount(0);
  }
}

/** Answers of 400 and above, and requests without one. */
function failedRequests(page: Page): string[] {
  const failed: string[] = [];
  page.on('response', (response) => {
    if (response.status() >= 400) failed.push(`${response.status()} ${response.url()}`);
  });
  page.on('requestfailed', (request) => failed.push(`failed ${request.url()}`));
  return failed;
}

/** A version that waits, then runs, taken by this page. */
async function takeUpdate(page: Page, title: string): Promise<void> {
  await page.evaluate(installUpdate);
  await page.getByTestId('notice-update').getByRole('button', { name: 'Reload now' }).click();
  await expect.poll(async () => await page.title()).toBe(title);
  await read(page);
}

/** Copies of the page that this machine keeps: one for each version. */
async function keptVersions(page: Page): Promise<number> {
  return await page.evaluate(async () => {
    let versions = 0;
    for (const name of await caches.keys()) {
      const urls = (await (await caches.open(name)).keys()).map((request) => request.url);
      if (urls.some((url) => url.includes('index.html'))) versions++;
    }
    return versions;
  });
}

/** The score once it differs from `before` and no longer changes. */
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

test('a new version waits until it is accepted, never ends a run, and loses nothing', async ({ page }) => {
  const site = await Host.open();
  try {
    await openControlled(page, site);
    const digit = await nats(page, 'right');
    await stroke(page, [
      [6, 8],
      [22, 20],
    ]);
    const score = await settledNats(page, digit);
    const first = await page.title();
    const untrained = await page.getByTestId('facts-right').innerText();

    await startLongRun(page);
    const progress = page.getByTestId('training-progress');
    for (const version of ['second', 'third']) {
      site.deploy(version);
      await page.evaluate(installUpdate);
    }
    await page.waitForTimeout(2000);
    expect(await page.title()).toBe(first);
    await expect(progress).not.toContainText('Done');

    await stopRun(page);
    // The run ends a moment before its model has been stored and loaded into the slot.
    const facts = page.getByTestId('facts-right');
    await expect(facts).toContainText('307,720');
    expect(await facts.innerText()).not.toBe(untrained);
    const trained = await facts.innerText();
    await page.getByRole('button', { name: 'Reload now' }).click();
    await expect.poll(async () => await page.title()).toBe('third');
    await read(page);
    await expect.poll(async () => await facts.innerText()).toBe(trained);
    await page.getByRole('combobox', { name: 'Model B' }).selectOption({ label: 'Neighbours, k = 6' });
    await expect.poll(async () => await nats(page, 'right')).toBe(score);
  } finally {
    site.close();
  }
});

test('a new version accepted while another tab trains starts once that run has ended', async ({
  context,
}) => {
  const site = await Host.open();
  try {
    const trains = await context.newPage();
    await openControlled(trains, site);
    const first = await trains.title();
    await startLongRun(trains);
    await pauseRun(trains);
    const accepts = await context.newPage();
    await accepts.goto(site.address);
    await read(accepts);
    site.deploy('second');
    await accepts.evaluate(installUpdate);
    const notice = accepts.getByTestId('notice-update');

    await notice.getByRole('button', { name: 'Reload now' }).click();
    await expect(notice).toContainText('another tab is training a model');
    await notice.getByRole('button', { name: 'Cancel' }).click();
    await expect(notice).toContainText('It starts when you reload');
    await notice.getByRole('button', { name: 'Reload now' }).click();
    await expect(notice).toContainText('another tab is training a model');
    expect(await accepts.title()).toBe(first);
    await expect(trains.getByTestId('training-progress')).not.toContainText('Done');

    await trains.bringToFront();
    await stopRun(trains);
    await expect.poll(async () => await accepts.title()).toBe('second');
    // The tab that trained shows a notice and is not reloaded.
    await expect(trains.getByTestId('notice-update')).toContainText('Another tab started a new version');
    expect(await trains.title()).toBe(first);
    await trains.getByTestId('notice-update').getByRole('button', { name: 'Reload now' }).click();
    await expect.poll(async () => await trains.title()).toBe('second');
    await read(trains);
  } finally {
    site.close();
  }
});

test('a tab that trains keeps its run and all its panels while two versions are taken elsewhere', async ({
  context,
}) => {
  // Two versions are installed, and the page is opened five times, beside a software GPU.
  test.setTimeout(240_000);
  const site = await Host.open();
  try {
    const trains = await context.newPage();
    await openControlled(trains, site);
    const first = await trains.title();
    const failed = failedRequests(trains);
    await startLongRun(trains);
    await pauseRun(trains);
    const accepts = await context.newPage();
    await accepts.goto(site.address);
    await read(accepts);
    const notice = accepts.getByTestId('notice-update');
    for (const version of ['second', 'third']) {
      site.deploy(version);
      await accepts.evaluate(installUpdate);
      await notice.getByRole('button', { name: 'Reload now' }).click();
      await notice.getByRole('button', { name: 'Do not wait' }).click();
      await expect.poll(async () => await accepts.title()).toBe(version);
      await read(accepts);
    }
    await trains.bringToFront();
    await expect(trains.getByTestId('notice-update')).toContainText('Another tab started a new version');
    await expect(trains.getByTestId('training-progress')).not.toContainText('Done');
    // During a run the notice has no button that would end it.
    await expect(trains.getByTestId('notice-update').getByRole('button', { name: 'Reload now' })).toHaveCount(
      0,
    );
    await openEveryPanel(trains);
    await trains.getByRole('button', { name: 'Resume', exact: true }).click();
    await expect(trains.getByTestId('training-progress')).not.toContainText('Paused');
    await stopRun(trains);
    await expect(trains.getByTestId('facts-right')).toContainText('307,720');
    expect(failed).toEqual([]);
    expect(await trains.title()).toBe(first);
    await trains.getByTestId('notice-update').getByRole('button', { name: 'Reload now' }).click();
    await expect.poll(async () => await trains.title()).toBe('third');
    await openEveryPanel(trains);
    expect(failed).toEqual([]);
  } finally {
    site.close();
  }
});

test.describe('without a service worker', () => {
  // Once it answers for the page, the panel comes from it.
  test.use({ serviceWorkers: 'block' });

  test('a panel that could not be fetched asks before it reloads during a run', async ({
    page,
    complaints,
  }) => {
    await play(page);
    await openPanel(page, 'training');
    await expect(page.getByRole('button', { name: 'Start training' })).toBeVisible();
    await page.route('**/assets/Panel-*.js', (route) => route.abort());
    await openPanel(page, 'complete');
    await expect(page.getByText('This panel could not be fetched.')).toBeVisible();
    await startLongRun(page);
    await openPanel(page, 'complete');
    await page.getByRole('button', { name: 'Reload the page' }).click();
    await expect(page.getByTestId('notice-reload')).toContainText('training run');
    await openPanel(page, 'training');
    await expect(page.getByTestId('training-progress')).toContainText(/step\s+[1-9]/);
    await stopRun(page);
    // Each of them is about a file that the test withheld.
    expect(complaints.filter((text) => !/\/assets\/Panel-|blocked by Playwright/.test(text))).toEqual([]);
    complaints.length = 0;
  });
});

test("an old version's files stay while a tab runs it, and go with its last tab", async ({ context }) => {
  const site = await Host.open();
  try {
    const old = await context.newPage();
    await openControlled(old, site);
    const other = await context.newPage();
    await other.goto(site.address);
    await read(other);
    for (const version of ['second', 'third']) {
      site.deploy(version);
      await takeUpdate(other, version);
    }
    await openEveryPanel(old);
    // The old tab reads its own files, not those of the same name of a later version.
    const html = await old.evaluate(async () => await (await fetch('index.html')).text());
    expect(html).not.toContain('third');
    // The second version has no tab left.
    await expect.poll(async () => await keptVersions(other)).toBe(2);
    await old.close();
    await other.reload();
    await read(other);
    await expect.poll(async () => await keptVersions(other)).toBe(1);
  } finally {
    site.close();
  }
});

test('after a restart of the browser the accepted version runs, offline too, and it alone is kept', async () => {
  const site = await Host.open();
  const profile = mkdtempSync(join(tmpdir(), 'inkling-'));
  let context: BrowserContext | null = null;
  try {
    context = await chromium.launchPersistentContext(profile, launchOptions());
    const old = await context.newPage();
    await openControlled(old, site);
    const other = await context.newPage();
    await other.goto(site.address);
    await read(other);
    site.deploy('second');
    await takeUpdate(other, 'second');
    site.deploy('third');
    await other.evaluate(installUpdate);
    await context.close();

    context = await chromium.launchPersistentContext(profile, launchOptions());
    const page = await context.newPage();
    const failed = failedRequests(page);
    await context.setOffline(true);
    await page.goto(site.address);
    await read(page);
    await openEveryPanel(page);
    expect(failed).toEqual([]);
    const kept = (await page.title()) === 'third' ? 1 : 2;
    expect(['second', 'third']).toContain(await page.title());
    await expect.poll(async () => await keptVersions(page)).toBe(kept);
  } finally {
    await context?.close();
    rmSync(profile, { recursive: true, force: true });
    site.close();
  }
});

/** One file of each kind that the service worker precaches. */
const KINDS = [
  /^index\.html$/,
  /^assets\/.*\.js$/,
  /^assets\/.*\.css$/,
  /^data\/starter-images\.bin$/,
  /^data\/manifest\.json$/,
  /^manifest\.webmanifest$/,
  /^icons\/.*\.png$/,
];

/** Bodies sent instead of a file, with its length and status 200. */
const WRONG: readonly [string, (content: Buffer) => Buffer][] = [
  ['truncated and padded', (content) => Buffer.concat([content.subarray(0, -8), Buffer.alloc(8, ' ')])],
  ["a captive portal's page", (content) => Buffer.from('<p>Log in</p>'.padEnd(content.length))],
];

for (const [name, wrong] of WRONG) {
  test(`a version with a file that arrives ${name} is not installed, and the one before goes on`, async ({
    page,
    complaints,
  }) => {
    const site = await Host.open();
    try {
      await openControlled(page, site);
      const first = await page.title();
      // Files are fetched in the order of the list. Kinds are tried from its end, and a wrong file stays wrong: the browser checks
      // for new versions by itself too, and would otherwise install, with the next kind, the version of the kind before.
      const place = (kind: RegExp): number => site.precached.findIndex((path) => kind.test(path));
      const wrongFiles = new Set<string>();
      for (const [i, kind] of KINDS.toSorted((a, b) => place(b) - place(a)).entries()) {
        site.deploy(`version ${i}`);
        const file = site.precached[place(kind)];
        wrongFiles.add(file);
        let sent = 0;
        site.tamper = (path, content) => {
          if (path === file) sent++;
          return wrongFiles.has(path) ? wrong(content) : null;
        };
        await expect(async () => {
          await expect(page.evaluate(installUpdate), file).rejects.toThrow('could not be installed');
          // Not only the browser's own attempt at the version before.
          expect(sent, file).toBeGreaterThan(0);
        }).toPass({ timeout: 30_000 });
        expect(await page.evaluate(async () => (await navigator.serviceWorker.ready).waiting)).toBe(null);
      }
      await page.reload();
      await read(page);
      await openEveryPanel(page);
      expect(await page.title()).toBe(first);
      // The same version with all its files is installed.
      site.tamper = null;
      // The browser's own check after the reload may still be at the version with the wrong file.
      await expect(() => page.evaluate(installUpdate)).toPass({ timeout: 60_000 });
      await takeUpdate(page, `version ${KINDS.length - 1}`);
      await openEveryPanel(page);
      complaints.splice(0, complaints.length, ...complaints.filter((text) => !/integrity/.test(text)));
    } finally {
      site.close();
    }
  });
}

test('a large file with other bytes than the published ones is neither kept nor taken from the cache', async ({
  page,
}) => {
  const site = await Host.open();
  try {
    await openControlled(page, site);
    const file = 'data/mnist-test-labels.bin';
    const length = async (): Promise<number> =>
      await page.evaluate(async (url) => (await (await fetch(url)).arrayBuffer()).byteLength, file);
    const whole = await length();
    await page.evaluate(async (url) => {
      const cache = await caches.open('mnist');
      for (const request of await cache.keys()) await cache.delete(request);
      await cache.put(url, new Response('cut short'));
    }, file);
    expect(await length()).toBe(whole);

    await page.evaluate(async () => await caches.delete('mnist'));
    site.tamper = (path) => (path === file ? Buffer.from('cut short') : null);
    expect(await length()).toBe('cut short'.length);
    site.tamper = null;
    expect(await length()).toBe(whole);
    // The published bytes are cached.
    await expect
      .poll(async () => await page.evaluate(async (url) => Boolean(await caches.match(url)), file))
      .toBe(true);
    await page.context().setOffline(true);
    expect(await length()).toBe(whole);
  } finally {
    site.close();
  }
});
