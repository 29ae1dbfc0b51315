import type { Page } from '@playwright/test';
import { bars, csv, idxOf, npy, npz } from '../fixtures/arrays.ts';
import { inspect, prepareInspection } from './accessibility.ts';
import { expect, importFiles, picked, type PickedFile, play, prepareTraining, test } from './visitor.ts';

const text = (content: string) => new TextEncoder().encode(content);
const facts = (page: Page) => page.getByTestId('import-facts');
const importButton = (page: Page) => page.getByRole('button', { name: /^Import [\d,]+ images?$/ });

async function openLab(page: Page): Promise<void> {
  await play(page);
  await page.goto('#/lab');
}

async function pick(page: Page, ...files: PickedFile[]): Promise<void> {
  await page.getByLabel('Import files').setInputFiles(files);
}

/** SHA-256 of the images of each data set, as they are stored. */
async function contents(page: Page): Promise<(string | null)[]> {
  const shown = await page.getByTestId('imported-facts').locator('[title]').all();
  return await Promise.all(shown.map((each) => each.getAttribute('title')));
}

/** The files as a drop or a paste carries them. */
async function carry(page: Page, how: 'drop' | 'paste', files: readonly PickedFile[]): Promise<void> {
  const given = files.map(({ name, buffer }) => ({ name, base64: buffer.toString('base64') }));
  await page.getByRole('group', { name: 'Import images' }).evaluate(
    (box, { files, how }) => {
      const data = new DataTransfer();
      for (const { name, base64 } of files)
        data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
      const event =
        how === 'drop'
          ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
          : new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
      box.dispatchEvent(event);
    },
    { files: given, how },
  );
}

const set = bars(40, 28);
const formats: readonly (readonly [string, readonly PickedFile[], string])[] = [
  ['CSV', [picked('bars.csv', text(csv(set)))], 'CSV, 40 images, 28 × 28, 10 classes'],
  [
    'NPY',
    [
      picked('bars_images.npy', npy(set.pixels, [40, 28, 28])),
      picked('bars_labels.npy', npy(set.labels, [40], { type: 'i8' })),
    ],
    'NPY, 40 images, 28 × 28, 10 classes',
  ],
  [
    'NPZ',
    [
      picked(
        'bars.npz',
        npz({
          x_train: npy(
            Float32Array.from(set.pixels, (grey) => grey / 255),
            [40, 784],
            { type: 'f4' },
          ),
          y_train: npy(set.labels, [40]),
        }),
      ),
    ],
    'NPZ, 40 images, 28 × 28, 10 classes',
  ],
  [
    'IDX of int32',
    [
      picked('bars-images-idx3-int', idxOf(set.pixels, [40, 28, 28], 'i4')),
      picked('bars-labels-idx1-int', idxOf(set.labels, [40], 'i4')),
    ],
    'IDX, 40 images, 28 × 28, 10 classes',
  ],
];

test('tables, arrays and IDX of other types give the same images, which a model learns from', async ({
  page,
}) => {
  await openLab(page);
  for (const [, files, found] of formats) {
    await pick(page, ...files);
    await expect(facts(page)).toHaveText(found);
    await importButton(page).click();
    await expect(page.getByRole('dialog')).toBeHidden();
  }
  await expect(page.getByTestId('dataset')).toHaveCount(formats.length);
  const all = await contents(page);
  expect(all[0]).toMatch(/[0-9a-f]{64}/);
  expect(new Set(all).size).toBe(1);
  await page.getByTestId('notice-import').getByRole('button', { name: 'Train on it' }).click();
  await page.getByLabel('Family').selectOption('independent');
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Done');
});

test('picked, dropped and pasted, a file is the same', async ({ page }) => {
  await openLab(page);
  const files = [picked('bars.csv', text(csv(set, false)))];
  await importFiles(page, files);
  for (const how of ['drop', 'paste'] as const) {
    await carry(page, how, files);
    await importButton(page).click();
    await expect(page.getByRole('dialog')).toBeHidden();
  }
  await expect(page.getByTestId('dataset')).toHaveCount(3);
  const all = await contents(page);
  expect(all).toHaveLength(3);
  expect(new Set(all).size).toBe(1);
});

test('letters as EMNIST stores them: turned and named when the visitor agrees, ten of them kept', async ({
  page,
}) => {
  await openLab(page);
  const letters = bars(260, 28, 26);
  const transposed = new Uint8Array(letters.pixels.length);
  for (let i = 0; i < transposed.length; i++) {
    const [image, row, column] = [Math.floor(i / 784), Math.floor((i % 784) / 28), i % 28];
    transposed[image * 784 + column * 28 + row] = letters.pixels[i];
  }
  await pick(
    page,
    picked('emnist-letters-train-images-idx3-ubyte', idxOf(transposed, [260, 28, 28])),
    picked(
      'emnist-letters-train-labels-idx1-ubyte',
      idxOf(
        letters.labels.map((label) => label + 1),
        [260],
      ),
    ),
  );
  await expect(facts(page)).toHaveText('IDX, 260 images, 28 × 28, 26 classes');
  await page.getByRole('button', { name: 'Transpose' }).click();
  await expect(page.getByRole('img', { name: 'Image 1 as it is imported' })).toBeVisible();
  await page.getByRole('button', { name: 'Name them A to Z' }).click();
  await expect(page.getByRole('button', { name: 'Z 10', exact: true })).toBeVisible();
  await expect(page.getByTestId('import-limit').first()).toContainText('There are 26 classes');
  await page.getByRole('button', { name: 'The first 10' }).click();
  await expect(page.getByTestId('import-limit').first()).not.toContainText('26 classes');
  await expect(importButton(page)).toHaveText('Import 100 images');
  await importButton(page).click();
  await expect(page.getByTestId('imported-facts')).toContainText(
    'prepared: 10 classes kept, classes counted from 1, classes named, transposed; 10 classes: A, B, C, D, E, F, G, H, I, J',
  );
  // What was turned back is what the bars were.
  await importFiles(page, [picked('bars-images', idxOf(letters.pixels.slice(0, 100 * 784), [100, 28, 28]))]);
  await page.goto('#/play');
  await prepareTraining(page, { family: 'logistic-regression', data: /^emnist-letters/, epochs: 2 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 60_000 });
});

test('with more classes than ten, densities are learnt, and the training panel says what is not', async ({
  page,
}) => {
  await openLab(page);
  const letters = bars(260, 28, 26);
  await importFiles(page, [
    picked(
      'letters.npz',
      npz({ data: npy(letters.pixels, [260, 28, 28]), target: npy(letters.labels, [260]) }),
    ),
  ]);
  await page.goto('#/play');
  await prepareTraining(page, { family: 'logistic-regression', data: /^letters/ });
  await expect(page.getByText('This learns 10 classes, and letters has 26')).toBeVisible();
  await prepareTraining(page, { family: 'independent', data: /^letters/ });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Done');
});

for (const side of [8, 16, 32]) {
  test(`images of ${side} x ${side}: trained on, drawn and scored on their own grid`, async ({ page }) => {
    await openLab(page);
    const small = bars(60, side);
    await importFiles(page, [picked('small.npy', npy(small.pixels, [60, side, side]))]);
    await page.getByTestId('notice-import').getByRole('button', { name: 'Train on it' }).click();
    await expect(page.getByTestId('grid')).toContainText(`${side} × ${side}`);
    for (const family of ['independent', 'tree', 'nade']) {
      await prepareTraining(page, { family, data: /^small/, ...(family === 'nade' ? { epochs: 2 } : {}) });
      await page.getByRole('button', { name: 'Start training' }).click();
      await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 60_000 });
      await expect(page.getByTestId('nats-right')).toHaveText(/\d/);
    }
  });
}

test('a size that the page has no grid for is said, and can be changed', async ({ page }) => {
  await openLab(page);
  const odd = bars(20, 20);
  await pick(page, picked('odd.npy', npy(odd.pixels, [20, 20, 20])));
  await expect(page.getByTestId('import-limit')).toContainText('The Play room has no grid of 20 × 20');
  await page.getByText('Prepare the images').click();
  await page.getByLabel('Size').selectOption('28');
  await expect(page.getByTestId('import-limit')).toHaveCount(0);
  await importButton(page).click();
  await expect(page.getByTestId('imported-facts')).toContainText('brought to 28 × 28');
});

test('of several arrays the visitor chooses the images', async ({ page }) => {
  await openLab(page);
  const test10 = bars(10, 28);
  await pick(
    page,
    picked(
      'mnist.npz',
      npz({
        x_test: npy(test10.pixels, [10, 28, 28]),
        x_train: npy(set.pixels, [40, 28, 28]),
        y_test: npy(test10.labels, [10]),
        y_train: npy(set.labels, [40]),
      }),
    ),
  );
  await expect(facts(page)).toContainText('40 images');
  await page.getByLabel('Images in the file').selectOption('x_test');
  await expect(facts(page)).toContainText('10 images');
  await importButton(page).click();
  await expect(page.getByTestId('dataset')).toContainText('10 images with labels');
});

test('lies and other formats are refused by file and field', async ({ page }) => {
  await openLab(page);
  const refusals: readonly (readonly [PickedFile, RegExp])[] = [
    [
      picked('objects.npy', npyText("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }")),
      /^objects\.npy: dtype: "\|O" holds Python objects/,
    ],
    [
      picked(
        'huge.npy',
        npyText("{'descr': '|u1', 'fortran_order': False, 'shape': (18446744073709551616, 28, 28), }"),
      ),
      /^huge\.npy: shape: 18446744073709551616 is too large/,
    ],
    [picked('wide.csv', text('1,2,3\n4,5,6\n')), /^wide\.csv: columns: 3; expected a square/],
    [
      picked('words.csv', text(`${csv(set)}3,${'x,'.repeat(783)}0\n`)),
      /^words\.csv: row 42, column 2: "x" is no number/,
    ],
    [picked('photo.bin', Uint8Array.from([9, 9, 0, 1])), /^photo\.bin: format: neither IDX/],
  ];
  for (const [file, reason] of refusals) {
    await pick(page, file);
    await expect(page.getByTestId('import-refusal')).toHaveText(reason);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
  }
  await expect(page.getByTestId('dataset')).toHaveCount(0);
});

test('60,000 images are read and prepared without keeping the page waiting, and can be cancelled', async ({
  page,
}) => {
  test.setTimeout(120_000);
  await openLab(page);
  await expect(page.getByLabel('Import files')).toBeAttached();
  const header = [...npy([], [60_000, 28, 28])];
  // Made in the page: a file of 47 MB that a test hands over keeps it busy for seconds.
  await page.evaluate((bytes) => {
    const n = 60_000 * 784;
    const file = new Uint8Array(bytes.length + n);
    file.set(bytes);
    for (let i = 0; i < n; i++) {
      const [pixel, image] = [i % 784, Math.floor(i / 784)];
      if (Math.floor(pixel / 28) === 4 + (image % 19))
        file[bytes.length + i] = (image * 37 + pixel * 11) & 255;
    }
    Object.assign(globalThis, { large: new File([file], 'many.npy'), longTasks: [] });
  }, header);
  await page.evaluate(() => {
    const page = globalThis as unknown as { large: File; longTasks: number[] };
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) page.longTasks.push(Math.round(duration));
    }).observe({ type: 'longtask' });
    const data = new DataTransfer();
    data.items.add(page.large);
    const event = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector('[aria-label="Import images"]')!.dispatchEvent(event);
  });
  await expect(facts(page)).toContainText('60,000 images', { timeout: 30_000 });
  await page.getByText('Prepare the images').click();
  await page.getByLabel('Centre as MNIST is').check();
  await importButton(page).click();
  await expect(page.getByRole('progressbar', { name: 'Preparing the images' })).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(importButton(page)).toBeEnabled();
  await importButton(page).click();
  await expect(page.getByRole('dialog')).toBeHidden({ timeout: 90_000 });
  await expect(page.getByTestId('imported-facts')).toContainText('centred to 28 × 28');
  const long = await page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks);
  // In one go, centring alone takes seconds. Slices take 10 ms of the processor, more of the clock where others share it.
  expect(Math.max(0, ...long)).toBeLessThan(1000);
});

test('the dialog is accessible, wide and narrow', async ({ page }) => {
  await prepareInspection(page, 1440);
  await openLab(page);
  const letters = bars(60, 28, 26);
  for (const width of [1440, 320]) {
    await page.setViewportSize({ width, height: 900 });
    await pick(
      page,
      picked('emnist-letters.csv', text(csv({ ...letters, labels: letters.labels.map((l) => l + 1) }))),
    );
    await page.getByRole('button', { name: 'Transpose' }).click();
    await page.getByText('Prepare the images').click();
    await inspect(page);
    await page.screenshot({ path: `test-results/import-${width}.png` });
    await page.keyboard.press('Escape');
  }
});

function npyText(header: string): Uint8Array {
  const length = Math.ceil((header.length + 11) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length + 8).fill(0x20);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  bytes.set(text(header), 10);
  return bytes;
}
