import type { Browser, Page } from '@playwright/test';
import { CHAPTERS } from './learn-exercises.ts';
import { expect, test } from './visitor.ts';

/** A state of every chapter that is not its first, as a link carries it. */
const STATES: Readonly<Record<string, string>> = {
  models: 'noise=0.1&seed=2',
  coin: 'flips=40&theta=0.42&seed=8',
  die: 'faces=8&rolls=50&drawn=30&seed=4',
  colour: 'picture=fruit&bits=3&seed=9',
  counting: 'side=3&seen=200&seed=6',
  independence: 'seed=5&shown=yes&counted=yes&side=3',
  chains: 'k=4&seed=7',
  distance: 'family=mixture&steps=12&seed=3',
  discriminative: 'one=4&other=9&steps=20',
  neural: 'pixel=100&digit=7&seed=2',
  sampling: 'seed=7&at=500&t=0.8&sweep=4',
  using: 'digit=5&rows=10&seed=3',
  truth: 'truth=ising&coupling=0.8&seed=2',
};

async function openFresh(browser: Browser, address: string): Promise<Page> {
  const context = await browser.newContext({
    reducedMotion: 'reduce',
    viewport: { width: 1440, height: 1000 },
  });
  const page = await context.newPage();
  await page.goto(address);
  await expect(page.locator('[data-figure]').first()).toBeVisible();
  return page;
}

/**
 * What a figure looks like, once it shows what it was waiting for. Held at the corner of the window: elsewhere the numbers of the
 * exercises above it, which each visitor gets anew, decide how its edges are rounded to pixels.
 */
async function pictureOf(page: Page, name: string): Promise<string> {
  const figure = page.locator(`[data-figure="${name}"]`);
  await figure.evaluate((element) =>
    Object.assign(element.style, { position: 'fixed', inset: '0 auto auto 0', width: '700px', zIndex: '99' }),
  );
  const body = figure.locator('> .body');
  await expect(body).not.toHaveClass(/unmade/);
  await expect(body.locator('[data-waiting]')).toHaveCount(0);
  const picture = await body.screenshot({ animations: 'disabled', caret: 'hide' });
  await figure.evaluate((element) => element.removeAttribute('style'));
  return picture.toString('base64');
}

for (const chapter of CHAPTERS) {
  const slug = chapter.slice(3);
  test(`a link to ${slug} opens the same figures, samples included, in two fresh profiles`, async ({
    browser,
    baseURL,
  }) => {
    const link = `${baseURL}#/learn/${slug}?${STATES[slug]}`;
    const [first, second, start] = await Promise.all([
      openFresh(browser, link),
      openFresh(browser, link),
      openFresh(browser, `${baseURL}#/learn/${slug}`),
    ]);
    try {
      const figures = await first
        .locator('[data-figure]')
        .evaluateAll((all) => all.map((figure) => figure.getAttribute('data-figure') ?? ''));
      expect(figures.length).toBeGreaterThan(0);
      let differs = false;
      for (const figure of figures) {
        let picture = '';
        await expect(async () => {
          const [one, other] = await Promise.all([pictureOf(first, figure), pictureOf(second, figure)]);
          picture = one;
          expect(one === other, `${figure} is the same in both profiles`).toBe(true);
        }).toPass({ timeout: 30_000 });
        differs ||= picture !== (await pictureOf(start, figure));
      }
      // The link was understood: it shows another state, and the address keeps it.
      expect(differs).toBe(true);
      expect(new URL(first.url()).hash).toBe(`#/learn/${slug}?${STATES[slug]}`);
    } finally {
      await Promise.all([first, second, start].map((page) => page.context().close()));
    }
  });
}
