import { describe, expect, it } from 'vitest';
import { exactCases } from '../../../src/app/exactness-cases.ts';
import { evidenceOf, type Evidence, maskOf } from '../../../src/data/evidence.ts';
import type { Grid, PackedImages } from '../../../src/data/images.ts';
import { wordsPerImage } from '../../../src/data/images.ts';
import type { Result } from '../../../src/data/result.ts';
import type { CompletionRequest } from '../../../src/engine/asks.ts';
import { CompletionDesk } from '../../../src/engine/asks/completion.ts';
import type { Backend } from '../../../src/engine/backend.ts';
import { createCpuBackend } from '../../../src/engine/cpu-backend.ts';
import { LoadedModels } from '../../../src/engine/loaded-models.ts';
import { families, ordersOf } from '../../../src/models/registry.ts';
import type { Model } from '../../../src/models/types.ts';
import { allImages, randomImages, randomModel } from '../models/families.ts';

const GRID = { width: 3, height: 3 };
const breathe = () => new Promise<void>((resolve) => setImmediate(resolve));

function deskOf(model: Model, backend: () => Backend): { desk: CompletionDesk; models: LoadedModels } {
  const models = new LoadedModels({ now: backend }, breathe);
  const loaded = models.load('it', model);
  if (!loaded.ok) throw new Error(loaded.reason);
  return { desk: new CompletionDesk(models), models };
}

const cpu = createCpuBackend();
const onCpu = () => cpu;

function knowing(grid: Grid, is: (pixel: number) => boolean, seed = 3): Evidence {
  return evidenceOf(randomImages(grid, 1, 0.5, seed), maskOf(grid, is));
}

function asking(evidence: Evidence, given: Partial<CompletionRequest> = {}): CompletionRequest {
  return { method: 'exact', evidence, count: 64, seed: 5, sweeps: 10, proposals: 20, ...given };
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

function keeps(images: PackedImages, { image, known }: Evidence): boolean {
  const stride = wordsPerImage(images.grid);
  return images.words.every(
    (word, at) => ((word ^ image.words[at % stride]) & known.words[at % stride]) === 0,
  );
}

/** log p of the known pixels in nats, by adding up. */
async function marginal(model: Model, { image, known }: Evidence): Promise<number> {
  const evaluator = await cpu.open(model);
  const all = allImages(model.grid);
  const logs = await evaluator.logLikelihood(all);
  const fits = logs.filter((_, x) => ((x ^ image.words[0]) & known.words[0]) === 0);
  return Math.log(fits.reduce((sum, nats) => sum + Math.exp(nats), 0));
}

const cases = exactCases(families, GRID)
  .filter(({ refusal }) => refusal === null)
  .map(({ family, settings, hyper }) => [`${family} ${settings}`, family, hyper] as const);

describe.each(cases)('%s', (_, family, hyper) => {
  const model = randomModel(family, GRID, 1, 4, hyper);
  const { desk } = deskOf(model, onCpu);
  const [order] = ordersOf(model);
  const early = new Set(order.subarray(0, 5));

  it.each([
    ['first', knowing(GRID, (pixel) => early.has(pixel))],
    ['last', knowing(GRID, (pixel) => !early.has(pixel) || pixel === order[0])],
  ])(
    'completes exactly where the %s pixels are known, and knows how probable they are',
    async (_, evidence) => {
      const request = asking(evidence, { count: 50_000 });
      expect(valueOf(await desk.distance('it', request))).toBeLessThan(0.02);
      const drawn = valueOf(await desk.complete('it', asking(evidence), () => undefined));
      expect(drawn.exact).toBe(true);
      expect(keeps(drawn.images, evidence)).toBe(true);
      expect(Math.abs(drawn.logMarginal! - (await marginal(model, evidence)))).toBeLessThan(1e-4);
    },
  );
});
