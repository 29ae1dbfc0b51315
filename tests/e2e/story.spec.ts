import {
  expect,
  finishSamples,
  loneliness,
  nats,
  numberIn,
  play,
  prepareTraining,
  read,
  stroke,
  test,
} from './visitor.ts';

const SEVEN = [
  [8, 7],
  [20, 7],
  [13, 22],
] as const;

test('a visitor draws, scores, trains, samples, reloads, goes offline and comes back', async ({
  page,
  context,
}) => {
  await play(page, 'left=independent&right=independent&seed=5');

  // On the first visit a digit is shown and scored.
  const first = await nats(page, 'left');
  expect(first).toBeLessThan(-20);

  // Drawing changes the score; what the model sees is centred and binary.
  await page.getByRole('button', { name: 'Clear' }).click();
  await expect(page.getByTestId('ink-pixels')).toHaveText('0');
  const blank = await nats(page, 'left');
  await stroke(page, SEVEN);
  await expect.poll(async () => await nats(page, 'left')).not.toBe(blank);
  expect(await numberIn(page.getByTestId('ink-pixels'))).toBeGreaterThan(20);
  await expect(page.getByTestId('percentile-left')).toHaveText(/\d/);
  const bits = await numberIn(page.getByTestId('bits-left'));
  const drawn = await nats(page, 'left');
  expect(bits).toBeCloseTo(-drawn / (784 * Math.LN2), 2);

  // Samples of independent pixels are isolated dots.
  await finishSamples(page);
  const dust = await loneliness(page, 'right');

  // After training, the validation loss is below that of independent pixels, and the samples are strokes.
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 12, rate: 0.01 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 90_000 });
  expect(await numberIn(page.getByTestId('validation-nats'))).toBeLessThan(175);
  await expect(page.getByTestId('facts-right')).toContainText('307,720');
  await expect(page.getByTestId('origin-right')).toContainText('stochastic, seed 0');
  await finishSamples(page);
  await expect.poll(async () => await loneliness(page, 'right')).toBeLessThan(0.7 * dust);
  const learnt = await nats(page, 'right');
  expect(learnt).toBeGreaterThan(drawn);

  // A reload brings back the drawing and the model, to the same number.
  await page.waitForTimeout(1000);
  await page.reload();
  await read(page);
  await expect(page.getByTestId('facts-right')).toContainText('307,720');
  await expect.poll(async () => await nats(page, 'right')).toBe(learnt);

  // Without a network the same page starts, reads, trains and samples.
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await page.reload();
  await read(page);
  await context.setOffline(true);
  await page.reload();
  await read(page);
  expect(await nats(page, 'right')).toBe(learnt);
  await stroke(page, [
    [6, 20],
    [22, 20],
  ]);
  await expect.poll(async () => await nats(page, 'right')).not.toBe(learnt);
  await prepareTraining(page, { family: 'neighbours', data: /^Starter/ });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 60_000 });
  await context.setOffline(false);
});
