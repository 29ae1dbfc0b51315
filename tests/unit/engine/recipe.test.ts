import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../../src/app/recipes/fingerprint.ts';
import { formatRecipe, parseRecipe, type Recipe, requestOf } from '../../../src/app/recipes/recipe.ts';
import type { GreyImages } from '../../../src/data/images.ts';
import { jobOf } from '../../../src/engine/job.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { RunControl } from '../../../src/engine/training/run-control.ts';
import { train } from '../../../src/engine/training/trainer.ts';
import { families, usualTargets } from '../../../src/models/registry.ts';
import { smallHyper } from '../models/families.ts';
import { stripes } from '../app/stripes.ts';

const GRID = { width: 4, height: 4 };
const images: GreyImages = stripes(GRID, 120, 1, (on, word) => (on ? 100 + (word % 156) : word % 60));

/** The weights that a new engine makes of a recipe as it travels in a link. */
async function weightsOf(text: string): Promise<string> {
  const recipe = parseRecipe(text, GRID);
  if (!recipe.ok) throw new Error(recipe.reason);
  const backend = createCpuBackend();
  const job = jobOf({ ...requestOf(recipe.value, 'run', GRID), images });
  const outcome = await train(job, {
    control: new RunControl(),
    onEvent: () => undefined,
    backend: () => Promise.resolve(backend),
    yieldToEventLoop: () => new Promise((resolve) => setImmediate(resolve)),
  });
  if (!outcome.ok) throw new Error(outcome.reason);
  expect(outcome.value.description).toBe('typed arrays');
  if (recipe.value.shards > 1) expect(outcome.value.shards).toBe(recipe.value.shards);
  return fingerprint(outcome.value.model);
}

describe('a recipe trained in two engines', () => {
  const binarisation = { kind: 'dynamic', seed: 3 } as const;
  const trained = families.filter(
    (spec) => spec.training !== 'counted' && !spec.refuses?.(GRID, smallHyper(spec)),
  );

  const recipeOf = (spec: (typeof families)[number], changes: Partial<Recipe> = {}): string =>
    formatRecipe({
      version: 1,
      family: spec.id,
      hyper: smallHyper(spec),
      data: 'starter',
      images: images.count,
      content: '00000000',
      binarisation,
      targets: usualTargets(spec, binarisation),
      seed: 9,
      epochs: 2,
      batchSize: 32,
      learningRate: 0.01,
      backend: 'cpu',
      arithmetic: 'plain',
      shards: 1,
      weights: '00000000',
      ...changes,
    });

  it.each(trained.map((spec) => [spec.id, spec] as const))('gives equal bits: %s', async (_, spec) => {
    const first = await weightsOf(recipeOf(spec));
    expect(await weightsOf(recipeOf(spec))).toBe(first);
    expect(await weightsOf(recipeOf(spec, { seed: 10 }))).not.toBe(first);
  });

  it('gives equal bits of batches in three shards, on however many threads, and others than in one', async () => {
    const nade = families.find(({ id }) => id === 'nade')!;
    const three = recipeOf(nade, { shards: 3 });
    const first = await weightsOf(three);
    expect(await weightsOf(three)).toBe(first);
    expect(await weightsOf(recipeOf(nade))).not.toBe(first);
  });

  it('refuses more shards than an engine takes', async () => {
    const job = jobOf({
      ...{
        runId: 'r',
        family: 'nade',
        grid: GRID,
        hyper: smallHyper(families.find(({ id }) => id === 'nade')!),
      },
      ...{ images, binarisation, shards: 5000 },
    });
    const backend = createCpuBackend();
    const hooks = {
      control: new RunControl(),
      onEvent: () => undefined,
      backend: () => Promise.resolve(backend),
    };
    const refused = await train(job, { ...hooks, yieldToEventLoop: () => Promise.resolve() });
    expect(refused).toMatchObject({ ok: false, reason: 'shards: 5000 is above 1024' });
  });
});
