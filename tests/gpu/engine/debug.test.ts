import { afterEach, expect, it } from 'vitest';
import { destroyOwn, openOwnBackend, randomImages, randomModel } from '../setup.ts';

const SMALL = { width: 5, height: 5 };

afterEach(destroyOwn);

it('counts kernels, dispatches, submits and bytes', async () => {
  const backend = await openOwnBackend();
  const before = backend.debug();
  expect(before).toMatchObject({ kernels: [], submits: 0, lastMs: null, medianMs: null });
  expect(before.adapter).toBe(backend.adapter.name);

  const evaluator = await backend.open(randomModel('fvsbn', SMALL, {}, 1));
  await evaluator.logLikelihood(randomImages(SMALL, 3, 1));
  const once = backend.debug();
  const score = once.kernels.find(({ label }) => label.startsWith('fvsbn.'))!;
  expect(score.compiledMs).toBeGreaterThan(0);
  const dispatches = (report: typeof once) =>
    report.kernels.reduce((sum, kernel) => sum + kernel.dispatches, 0);
  expect(dispatches(once)).toBe(backend.statistics().dispatches);
  expect(dispatches(once)).toBeGreaterThan(0);
  expect(once.submits).toBe(backend.statistics().submits);
  expect(once.lastMs).toBe(backend.statistics().times.at(-1));
  expect(once.medianMs).toBeGreaterThan(0);
  expect(once.liveBytes).toBe(backend.liveBytes());

  // The same kernels once more: none is compiled again.
  await evaluator.logLikelihood(randomImages(SMALL, 3, 2));
  const twice = backend.debug();
  expect(twice.kernels.map(({ label }) => label)).toEqual(once.kernels.map(({ label }) => label));
  expect(dispatches(twice)).toBeGreaterThan(dispatches(once));

  evaluator.destroy();
  await expect.poll(() => backend.debug().liveBytes).toBeLessThan(twice.liveBytes);
  expect(backend.debug().peakBytes).toBeGreaterThanOrEqual(twice.liveBytes);
});
