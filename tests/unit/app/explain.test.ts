import { describe, expect, it } from 'vitest';
import type { Questions } from '../../../src/app/questions/questions.svelte.ts';
import { PixelAttribution, tallyOf } from '../../../src/app/explain/attribution.svelte.ts';
import { ModelSlot } from '../../../src/app/compare/model-slot.svelte.ts';
import { relativePlace } from '../../../src/app/explain/relative-place.ts';
import { Scrubber } from '../../../src/app/explain/running-sum.svelte.ts';
import type { PackedImages } from '../../../src/data/images.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import type { Attribution } from '../../../src/engine/queries/api.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { BackendHost } from '../../../src/engine/host.ts';
import { EngineSession } from '../../../src/engine/session.ts';
import { families, ordersOf } from '../../../src/models/registry.ts';
import type { Model } from '../../../src/models/types.ts';
import type { ModelRecord } from '../../../src/store/records.ts';
import { randomImages, randomModel, smallHyper } from '../models/families.ts';

const GRID = { width: 5, height: 4 };
const LITTLE = { width: 3, height: 3 };

/** What the panel works with, of a model that has read an image. */
async function asked(model: Model, packed: PackedImages): Promise<Questions> {
  const host = new BackendHost({
    createCpu: createCpuBackend,
    createWebGpu: () => Promise.resolve(fail('none here')),
    isSoftware: () => Promise.resolve(fail('none here')),
    sleep: () => Promise.resolve(),
    now: () => 0,
  });
  const engine = new EngineSession(host, () => new Promise((resolve) => setImmediate(resolve)));
  const slot = new ModelSlot('right', engine);
  await slot.load({ ...model, id: 'x', name: 'x' } as ModelRecord);
  slot.read(packed);
  await expect.poll(() => slot.reading).not.toBeNull();
  return { slot, ports: { engine, pad: { seen: { packed } } } } as unknown as Questions;
}

describe('the scrubber', () => {
  const densities = families.filter((spec) => spec.task === 'density');

  it.each(densities.map((spec) => [spec.id, spec] as const))(
    '%s: the terms along its order add up to the score, or it says why not',
    async (id, spec) => {
      const grid = spec.refuses?.(GRID, smallHyper(spec)) ? LITTLE : GRID;
      // Shuffled where the family knows orders: a place is then no pixel.
      const ordered = spec.hyperparameters.some((p) => p.name === 'order') ? { order: 3 } : {};
      const model = randomModel(id, grid, 1, 1, { ...smallHyper(spec), ...ordered });
      const image = randomImages(grid, 1, 0.4);
      const questions = await asked(model, image);
      const scrubber = new Scrubber(questions);
      const orders = ordersOf(model);
      if (orders.length > 1) {
        expect(scrubber.chain).toBeNull();
        expect(scrubber.refusal).toContain(`${orders.length} different orders`);
        return;
      }
      const chain = scrubber.chain!;
      expect([...chain.order]).toEqual([...orders[0]]);
      scrubber.open();
      expect(chain.surprise[scrubber.next!]).toBe(Math.max(...chain.surprise));
      const before = scrubber.sum;
      const term = chain.surprise[scrubber.next!];
      scrubber.step(1);
      expect(scrubber.sum).toBeCloseTo(before - term, 9);
      scrubber.go(1e9);
      expect(scrubber.ended).toBe(true);
      scrubber.check();
      await expect.poll(() => scrubber.agreement).not.toBeNull();
      const score = await createCpuBackend()
        .open(model)
        .then((own) => own.logLikelihood(image));
      expect(scrubber.agreement!.whole).toBe(score[0]);
      expect(Math.abs(scrubber.sum - score[0])).toBeLessThan(1e-3);
      expect(Math.abs(scrubber.agreement!.sum - score[0])).toBeLessThan(1e-3);
    },
  );

  it('refuses a classifier in words', async () => {
    const model = randomModel('logistic-regression', GRID, 1);
    const scrubber = new Scrubber(await asked(model, randomImages(GRID, 1, 0.4)));
    expect(scrubber.chain).toBeNull();
    expect(scrubber.refusal).toContain('classifier');
  });
});

describe('the attribution', () => {
  it('are those of the newest question; a drawing that changed asks anew', async () => {
    const model = randomModel('fvsbn', GRID, 1);
    const [first, second] = [randomImages(GRID, 1, 0.4, 3), randomImages(GRID, 1, 0.6, 4)];
    const questions = await asked(model, first);
    const name = questions.slot.engineName!;
    const attribution = new PixelAttribution(questions);
    attribution.look({ name, image: first, pixel: 19 });
    attribution.look({ name, image: first, pixel: 7 });
    await expect.poll(() => attribution.settled).toBe(true);
    expect(attribution.known!.pixel).toBe(7);
    const places = new Scrubber(questions).chain!.places;
    expect(tallyOf(attribution.known!, places)).toEqual({ earlier: 7, blind: 0, later: 12, wrong: 0 });
    const before = attribution.known!.logit;
    // Twice within one answer: that to the older drawing is shown and settles nothing.
    attribution.look({ name, image: randomImages(GRID, 1, 0.5, 5), pixel: 7 });
    attribution.look({ name, image: second, pixel: 7 });
    expect(attribution.settled).toBe(false);
    // The map stays up until there is a newer one.
    expect(attribution.known).not.toBeNull();
    await expect.poll(() => attribution.settled, { interval: 1 }).toBe(true);
    expect(attribution.known!.logit).not.toBe(before);
    const own = await createCpuBackend().open(model);
    expect(attribution.known!.logit).toBe((await own.conditionalLogits(second))[7]);
    attribution.rest();
    expect(attribution.known).toBeNull();
  });

  it('are not settled by the answer to an older drawing', async () => {
    const [older, newer] = [4, 5].map((seed) => randomImages(GRID, 1, 0.5, seed));
    const answers: ((answer: Result<Attribution>) => void)[] = [];
    const told = (logit: number): Result<Attribution> =>
      ok({ pixel: 7, logit, flips: new Float32Array(20), gradient: null, done: true });
    const engine = {
      explain: {
        ask: () => new Promise<Result<Attribution>>((resolve) => answers.push(resolve)),
        cancel: () => Promise.resolve(),
      },
    };
    const attribution = new PixelAttribution({ ports: { engine } } as unknown as Questions);
    attribution.look({ name: 'x', image: older, pixel: 7 });
    attribution.look({ name: 'x', image: newer, pixel: 7 });
    answers[0](told(1));
    await expect.poll(() => answers.length).toBe(2);
    // It may be shown meanwhile, but nobody takes it for the newer one's.
    expect(attribution.known?.logit).toBe(1);
    expect(attribution.settled).toBe(false);
    answers[1](told(2));
    await expect.poll(() => attribution.settled).toBe(true);
    expect(attribution.known?.logit).toBe(2);
  });

  it('say why there are none', async () => {
    const questions = await asked(randomModel('fvsbn', GRID, 1), randomImages(GRID, 1, 0.4));
    const attribution = new PixelAttribution(questions);
    attribution.look({ name: 'nobody', image: randomImages(GRID, 1, 0.4), pixel: 7 });
    await expect.poll(() => attribution.failure).toContain('not loaded');
  });
});

it('names places as seen from a pixel', () => {
  const from = 2 * 5 + 2;
  expect([11, 7, 6, 8, 10, 2, 3, 17, 0].map((pixel) => relativePlace(pixel, from, GRID))).toEqual([
    'left',
    'above',
    'above left',
    'above right',
    '2 left',
    '2 above',
    '2 above, 1 right',
    'below',
    '2 above, 2 left',
  ]);
});
