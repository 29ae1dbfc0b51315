import { describe, expect, it } from 'vitest';
import type { AskedModel, LinkedPixel } from '../../../src/app/questions/questions.svelte.ts';
import { PixelAttribution, tallyOf } from '../../../src/app/explain/attribution.svelte.ts';
import { ModelSlot } from '../../../src/app/compare/model-slot.svelte.ts';
import { relativePlace } from '../../../src/app/explain/relative-place.ts';
import { lackOf } from '../../../src/app/questions/abilities.ts';
import { RunningSum } from '../../../src/app/explain/running-sum.svelte.ts';
import type { PackedImages } from '../../../src/data/images.ts';
import { ok, type Result } from '../../../src/data/result.ts';
import type { Attribution } from '../../../src/engine/queries/api.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { families, ordersOf } from '../../../src/models/registry.ts';
import type { Model } from '../../../src/models/model.ts';
import type { ModelRecord } from '../../../src/store/records.ts';
import { engineWithoutWebGpu } from '../engine/host-without-webgpu.ts';
import { randomImages, randomModel, smallHyper } from '../models/families.ts';

const GRID = { width: 5, height: 4 };
const LITTLE = { width: 3, height: 3 };

/** The state a panel is given, with a model that has read an image. */
async function askedOf(
  model: Model,
  packed: PackedImages,
): Promise<AskedModel & { readonly link: (pixel: LinkedPixel) => void }> {
  const engine = engineWithoutWebGpu();
  const slot = new ModelSlot('right', engine);
  await slot.load({ ...model, id: 'x', name: 'x' } as ModelRecord);
  slot.read(packed);
  await expect.poll(() => slot.reading).not.toBeNull();
  let linked: LinkedPixel = null;
  const takeLinkedPixel = () => {
    const taken = linked;
    linked = null;
    return taken;
  };
  const asked = { slot, ports: { engine, pad: { seen: { packed } } }, takeLinkedPixel };
  return Object.assign(asked as unknown as AskedModel, {
    link: (pixel: LinkedPixel) => (linked = pixel),
  });
}

describe('the running sum', () => {
  const densities = families.filter((spec) => spec.task === 'density');

  it.each(densities.map((spec) => [spec.id, spec] as const))(
    '%s: terms along the order add up to the score, or the refusal says why they do not',
    async (id, spec) => {
      const grid = spec.refuses?.(GRID, smallHyper(spec)) ? LITTLE : GRID;
      // A shuffled order where the family has orders, so that places differ from pixels.
      const ordered = spec.hyperparameters.some((p) => p.name === 'order') ? { order: 3 } : {};
      const model = randomModel(id, grid, 1, 1, { ...smallHyper(spec), ...ordered });
      const image = randomImages(grid, 1, 0.4);
      const asked = await askedOf(model, image);
      const runningSum = new RunningSum(asked);
      const orders = ordersOf(model);
      if (orders.length > 1) {
        expect(runningSum.chain).toBeNull();
        expect(lackOf(asked.slot, 'one order')).toContain(`${orders.length} different orders`);
        return;
      }
      const chain = runningSum.chain!;
      expect([...chain.order]).toEqual([...orders[0]]);
      runningSum.open();
      expect(chain.surprise[runningSum.next!]).toBe(Math.max(...chain.surprise));
      const before = runningSum.sum;
      const term = chain.surprise[runningSum.next!];
      runningSum.step(1);
      expect(runningSum.sum).toBeCloseTo(before - term, 9);
      runningSum.go(1e9);
      expect(runningSum.ended).toBe(true);
      runningSum.check();
      await expect.poll(() => runningSum.agreement).not.toBeNull();
      const score = await createCpuBackend()
        .open(model)
        .then((own) => own.logLikelihood(image));
      expect(runningSum.agreement!.whole).toBe(score[0]);
      expect(Math.abs(runningSum.sum - score[0])).toBeLessThan(1e-3);
      expect(Math.abs(runningSum.agreement!.sum - score[0])).toBeLessThan(1e-3);
    },
  );

  it('begins with the pixel of a link, also where it was shown before, and says which pixel it shows', async () => {
    const asked = await askedOf(randomModel('independent', GRID, 1), randomImages(GRID, 1, 0.4));
    const runningSum = new RunningSum(asked);
    asked.link(7);
    runningSum.open();
    expect(runningSum.next).toBe(7);
    expect(asked.shownPixel()).toBe(7);
    runningSum.step(1);
    runningSum.open();
    expect(runningSum.next).not.toBe(7);
    asked.link('end');
    runningSum.open();
    expect(runningSum.ended).toBe(true);
    expect(asked.shownPixel()).toBe('end');
  });

  it('refuses a classifier with a reason', async () => {
    const model = randomModel('logistic-regression', GRID, 1);
    const asked = await askedOf(model, randomImages(GRID, 1, 0.4));
    expect(new RunningSum(asked).chain).toBeNull();
    expect(lackOf(asked.slot, 'one order')).toContain('classifier');
  });
});

describe('the attribution', () => {
  it('is of the newest query, and is computed again when the drawing changes', async () => {
    const model = randomModel('fvsbn', GRID, 1);
    const [first, second] = [randomImages(GRID, 1, 0.4, 3), randomImages(GRID, 1, 0.6, 4)];
    const asked = await askedOf(model, first);
    const name = asked.slot.engineName!;
    const attribution = new PixelAttribution(asked);
    attribution.look({ name, image: first, pixel: 19 });
    attribution.look({ name, image: first, pixel: 7 });
    await expect.poll(() => attribution.settled).toBe(true);
    expect(attribution.known!.pixel).toBe(7);
    const places = new RunningSum(asked).chain!.places;
    expect(tallyOf(attribution.known!, places)).toEqual({
      earlier: 7,
      withoutEffect: 0,
      later: 12,
      laterWithEffect: 0,
    });
    const before = attribution.known!.logit;
    // Two queries before an answer: the answer to the older drawing is shown but is not final.
    attribution.look({ name, image: randomImages(GRID, 1, 0.5, 5), pixel: 7 });
    attribution.look({ name, image: second, pixel: 7 });
    expect(attribution.settled).toBe(false);
    // The map is shown until there is a newer one.
    expect(attribution.known).not.toBeNull();
    await expect.poll(() => attribution.settled, { interval: 1 }).toBe(true);
    expect(attribution.known!.logit).not.toBe(before);
    const own = await createCpuBackend().open(model);
    expect(attribution.known!.logit).toBe((await own.conditionalLogits(second))[7]);
    attribution.stop();
    expect(attribution.known).toBeNull();
  });

  it('is not settled by the answer to an older drawing', async () => {
    const [older, newer] = [4, 5].map((seed) => randomImages(GRID, 1, 0.5, seed));
    const answers: ((answer: Result<Attribution>) => void)[] = [];
    const answerOf = (logit: number): Result<Attribution> =>
      ok({ pixel: 7, logit, flips: new Float32Array(20), gradient: null, done: true });
    const engine = {
      explain: {
        attribute: () => new Promise<Result<Attribution>>((resolve) => answers.push(resolve)),
      },
    };
    const attribution = new PixelAttribution({ ports: { engine } } as unknown as AskedModel);
    attribution.look({ name: 'x', image: older, pixel: 7 });
    attribution.look({ name: 'x', image: newer, pixel: 7 });
    answers[0](answerOf(1));
    await expect.poll(() => answers.length).toBe(2);
    // The answer to the older drawing may be shown, but does not count as that to the newer one.
    expect(attribution.known?.logit).toBe(1);
    expect(attribution.settled).toBe(false);
    answers[1](answerOf(2));
    await expect.poll(() => attribution.settled).toBe(true);
    expect(attribution.known?.logit).toBe(2);
  });

  it('says why there is none', async () => {
    const asked = await askedOf(randomModel('fvsbn', GRID, 1), randomImages(GRID, 1, 0.4));
    const attribution = new PixelAttribution(asked);
    attribution.look({ name: 'unknown', image: randomImages(GRID, 1, 0.4), pixel: 7 });
    await expect.poll(() => attribution.failure).toContain('not loaded');
  });
});

it('names places relative to a pixel', () => {
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
