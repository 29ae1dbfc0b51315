import { test as base, expect, type Locator, type Page } from '@playwright/test';
import type { QuestionId } from '../../src/app/questions/list.ts';

/** A page whose whole visit must pass without a console error, an exception or a violation of the policy. */
export const test = base.extend<{ complaints: string[] }>({
  complaints: [
    async ({ context }, use) => {
      const complaints: string[] = [];
      context.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning')
          complaints.push(`${message.type()}: ${message.text()} ${message.location().url}`);
      });
      context.on('weberror', (error) => complaints.push(`exception: ${error.error().message}`));
      await context.exposeFunction('reportViolation', (text: string) => complaints.push(`policy: ${text}`));
      await context.addInitScript(() => {
        const report = (globalThis as unknown as { reportViolation: (text: string) => Promise<void> })
          .reportViolation;
        document.addEventListener('securitypolicyviolation', (event) => {
          void report(`${event.violatedDirective} ${event.blockedURI}`);
        });
      });
      await use(complaints);
      expect(complaints.filter((text) => !ACCEPTED.some((accepted) => accepted.test(text)))).toEqual([]);
    },
    { auto: true },
  ],
});

/** Warnings of the browser that the page does not cause. */
const ACCEPTED: readonly RegExp[] = [
  // A test reads pixels back from canvases that are otherwise only drawn to.
  /willReadFrequently/,
  // A test that slows downloads keeps the service worker away.
  /registration blocked by Playwright/,
];

export { expect };

/** Opens the page as at the first visit, and waits until both models have read the drawing. */
export async function firstVisit(page: Page): Promise<void> {
  await page.goto('./');
  await readByOwnModel(page);
}

/** Waits until slot B of the first screen shows its own model, the sparse PixelCNN, and not the small one that stands in while it is fetched. */
export async function readByOwnModel(page: Page): Promise<void> {
  if (isPhone(page))
    await expect(page.getByRole('button', { name: /^Model B, Sparse PixelCNN/ })).toBeVisible();
  else await expect(page.getByTestId('facts-right')).toContainText('528,352 parameters');
  await read(page);
}

/**
 * Opens the Play room and waits until both models have read the drawing. Slot B has a model that is counted on the spot unless the query says
 * otherwise: what a visit tries is then the same whatever models come with the app.
 */
export async function play(page: Page, query = ''): Promise<void> {
  const right = /(^|&)right=/.test(query) ? '' : '&right=neighbours';
  await page.goto(`#/play?${query}${right}`);
  await read(page);
}

function isPhone(page: Page): boolean {
  return (page.viewportSize()?.width ?? Infinity) < 720;
}

/** Waits until both models have read the drawing. A phone has both scores beside the pad, and makes a model's panel when the visitor turns to it. */
export async function read(page: Page): Promise<void> {
  for (const side of ['left', 'right']) {
    // A phone's bar may have the score, too.
    const score = isPhone(page)
      ? page.getByTestId(`live-${side}`).filter({ visible: true })
      : page.getByTestId(`nats-${side}`);
    await expect(score).toHaveText(/\d/);
  }
}

export const PHONE_PANELS = ['Draw', 'Model A', 'Model B', 'Questions', 'Train'] as const;

/** On a phone, shows one of the panels of the Play room; elsewhere all are there. */
export async function phonePanel(page: Page, name: (typeof PHONE_PANELS)[number]): Promise<void> {
  const bar = page.getByRole('navigation', { name: 'Panels' });
  if (await bar.isVisible()) await bar.getByRole('button', { name }).click();
}

/** log p in nats as the page shows it. */
export async function nats(page: Page, side: 'left' | 'right'): Promise<number> {
  return numberIn(page.getByTestId(`nats-${side}`));
}

/** The number that an element shows; typographic minus signs count. */
export async function numberIn(locator: Locator): Promise<number> {
  const text = await locator.innerText();
  return Number(text.replace('−', '-').replaceAll(/[^\d.-]/g, ''));
}

/** Points of a zero, in pixels, for `stroke`. */
export const ZERO = [
  [14, 5],
  [8, 9],
  [8, 19],
  [14, 23],
  [20, 19],
  [20, 9],
  [14, 5],
] as const;

/** Draws with the mouse through points in pixels of the 28x28 grid. */
export async function stroke(page: Page, points: readonly (readonly [number, number])[]): Promise<void> {
  const pad = page.getByRole('application', { name: 'Drawing pad' });
  await pad.scrollIntoViewIfNeeded();
  const box = (await pad.boundingBox())!;
  const at = ([x, y]: readonly [number, number]) =>
    [box.x + (x / 28) * box.width, box.y + (y / 28) * box.height] as const;
  await page.mouse.move(...at(points[0]));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 8 });
  await page.mouse.up();
}

/** Share of ink pixels without ink beside, above or below, over all samples of a finished sample grid. */
export async function loneliness(page: Page, side: 'left' | 'right'): Promise<number> {
  return await page
    .getByTestId(`samples-${side}`)
    .locator('canvas')
    .evaluate((canvas: HTMLCanvasElement) => {
      const { data, width, height } = canvas
        .getContext('2d')!
        .getImageData(0, 0, canvas.width, canvas.height);
      // One sample is 28 x 28 pixels of 4 x 4 dots, its neighbour 124 dots on.
      let ink = 0;
      let lonely = 0;
      const on = (x: number, y: number, left: number, top: number) =>
        x >= 0 &&
        y >= 0 &&
        x < 28 &&
        y < 28 &&
        data[4 * ((top + 4 * y + 2) * width + left + 4 * x + 2) + 3] > 128;
      for (let top = 0; top < height; top += 124) {
        for (let left = 0; left < width; left += 124) {
          for (let y = 0; y < 28; y++) {
            for (let x = 0; x < 28; x++) {
              if (!on(x, y, left, top)) continue;
              ink++;
              if (
                !on(x - 1, y, left, top) &&
                !on(x + 1, y, left, top) &&
                !on(x, y - 1, left, top) &&
                !on(x, y + 1, left, top)
              )
                lonely++;
            }
          }
        }
      }
      return ink === 0 ? 1 : lonely / ink;
    });
}

/** Dots of a chart's canvas in the accent colour, from a share of its width on. */
export async function accentedDots(chart: Locator, from = 0): Promise<number> {
  return await chart.locator('canvas').evaluate((canvas: HTMLCanvasElement, from) => {
    const probe = document.createElement('canvas').getContext('2d')!;
    probe.fillStyle = getComputedStyle(canvas).getPropertyValue('--accent').trim();
    probe.fillRect(0, 0, 1, 1);
    const accent = probe.getImageData(0, 0, 1, 1).data.join();
    const left = Math.floor(from * canvas.width);
    const { data } = canvas.getContext('2d')!.getImageData(left, 0, canvas.width - left, canvas.height);
    let dots = 0;
    for (let at = 0; at < data.length; at += 4) if (data.subarray(at, at + 4).join() === accent) dots++;
    return dots;
  }, from);
}

/** Waits until the sample grids have decided their last pixel, as they do at once unless the visitor watches. */
export async function finishSamples(page: Page, pixels = 784): Promise<void> {
  await expect(page.getByTestId('samples-position')).toHaveText(String(pixels), { timeout: 60_000 });
}

/** Opens a panel of the dock. */
export async function openPanel(page: Page, id: QuestionId): Promise<void> {
  await page.getByTestId(`tab-${id}`).click();
}

/** Gives the dock the whole height beside the pad: what is larger than it otherwise scrolls within it. */
export async function fullHeight(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Full height' }).click();
}

/** The settings of a model, in the menu beside its name. */
export async function openModelSettings(page: Page, letter: 'A' | 'B'): Promise<Locator> {
  await page.getByRole('button', { name: `Settings of model ${letter}` }).click();
  return page.getByRole('group', { name: `Settings of model ${letter}` });
}

/** Chooses what is trained, on what, and for how long. */
export async function prepareTraining(
  page: Page,
  choice: { family: string; data: RegExp; epochs?: number; rate?: number },
): Promise<void> {
  await openPanel(page, 'training');
  await page.getByLabel('Family').selectOption(choice.family);
  const data = page.getByLabel('Data set', { exact: true });
  const label = (await data.locator('option').allInnerTexts()).find((text) => choice.data.test(text));
  await data.selectOption({ label: label! });
  const epochs = page.getByLabel('Epochs');
  if (choice.epochs !== undefined) {
    if (!(await epochs.isVisible())) await page.locator('summary', { hasText: 'Settings' }).click();
    await epochs.fill(String(choice.epochs));
  }
  if (choice.rate !== undefined) await page.getByLabel('Learning rate').fill(String(choice.rate));
}

export async function chooseBackend(page: Page, kind: 'Automatic' | 'WebGPU' | 'CPU'): Promise<void> {
  await page.getByTestId('settings').click();
  await page.getByRole('radio', { name: new RegExp(`^${kind}`) }).check();
  await page.keyboard.press('Escape');
}

/** Launch options under which there is no adapter: the flags for a software GPU are left out and a hardware one is disabled. */
export function withoutWebGpu<Options extends { readonly args: readonly string[] }>(launch: Options) {
  const args = [
    ...launch.args.filter((flag) => !/webgpu|vulkan|angle/i.test(flag)),
    '--disable-gpu',
    '--disable-features=WebGPUService',
  ];
  return { ...launch, args };
}

/** A file that is picked. */
export interface PickedFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export function picked(name: string, bytes: Uint8Array): PickedFile {
  return { name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) };
}

/** In the Lab: picks the files of a data set and imports what the dialog shows. */
export async function importFiles(page: Page, files: readonly PickedFile[]): Promise<void> {
  await page.getByLabel('Import files').setInputFiles([...files]);
  await page.getByRole('button', { name: /^Import [\d,]+ images?$/ }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
}
