import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ModelSlot } from '../../../src/app/compare/model-slot.svelte.ts';
import type { Side } from '../../../src/app/sides.ts';
import { SampleReplay } from '../../../src/app/samples/replay.svelte.ts';
import { unpackImage } from '../../../src/data/images.ts';
import { fail } from '../../../src/data/result.ts';
import type { Engine } from '../../../src/engine/api.ts';
import type { Model } from '../../../src/models/model.ts';
import { families } from '../../../src/models/registry.ts';
import type { ModelRecord } from '../../../src/store/records.ts';
import { engineWithoutWebGpu } from '../engine/host-without-webgpu.ts';
import { randomModel, smallHyper } from '../models/families.ts';

const GRID = { width: 5, height: 4 };
const LITTLE = { width: 3, height: 3 };
const REQUEST = { side: 'right', seed: 3, index: 5, temperature: 1 } as const;

let frame: ((now: number) => void) | null = null;
beforeEach(() => {
  vi.stubGlobal('requestAnimationFrame', (next: (now: number) => void) => {
    frame = next;
    return 1;
  });
  vi.stubGlobal('cancelAnimationFrame', () => (frame = null));
});
afterEach(() => vi.unstubAllGlobals());

/** Runs animation frames for so many seconds. */
function pass(seconds: number): void {
  const start = performance.now();
  for (let at = 0; at <= seconds; at += 0.05) {
    const next = frame;
    frame = null;
    next?.(start + 1000 * at);
  }
}

async function replayOf(model: Model, changes: Partial<Engine> = {}) {
  const engine = engineWithoutWebGpu();
  const slot = new ModelSlot('right', engine);
  await slot.load({ ...model, id: 'x', name: 'x' } as ModelRecord);
  const asked = Object.assign(engine, changes);
  const replay = new SampleReplay(asked, { left: slot, right: slot } satisfies Record<Side, ModelSlot>);
  return { replay, engine, slot };
}

describe('a sample that is drawn once more', () => {
  const densities = families.filter((spec) => spec.task === 'density');

  it.each(densities.map((spec) => [spec.id, spec] as const))(
    '%s: is the image of the grid, and its sum ends at the score where there is one chain',
    async (id, spec) => {
      const grid = spec.refuses?.(GRID, smallHyper(spec)) ? LITTLE : GRID;
      const model = randomModel(id, grid, 1, 1, smallHyper(spec));
      const { replay, engine, slot } = await replayOf(model);
      const name = slot.engineName!;
      const indices = Uint32Array.of(5);
      await engine.openSampler('right', name, { seed: 3, indices, temperature: 1 });
      const whole = await engine.advanceSampler('right', 1000);
      if (!whole.ok) throw new Error(whole.reason);

      await replay.open(REQUEST, true);
      expect(replay.failure).toBe('');
      expect(unpackImage(replay.sample!.image, 0)).toEqual(unpackImage(whole.value.images, 0));
      expect([replay.position, replay.ended, replay.playing]).toEqual([replay.pixels, true, false]);
      const score = await engine.score(name, whole.value.images);
      if (replay.sum !== null) expect(replay.sum).toBeCloseTo(score.ok ? score.value[0] : NaN, 3);
      else expect(slot.order?.places === null || !slot.density?.chained).toBe(true);
    },
  );

  it('shows an image of an ensemble in the order in which its own sampler decides it', async () => {
    const spec = families.find(({ hyperparameters }) => hyperparameters.some((p) => p.role === 'ensemble'))!;
    const many = Object.fromEntries(
      spec.hyperparameters.filter((p) => p.role === 'ensemble').map((p) => [p.name, 3]),
    );
    const { replay } = await replayOf(randomModel(spec.id, GRID, 1, 1, { ...smallHyper(spec), ...many }));
    await replay.open(REQUEST, true);
    const { image, places } = replay.sample!;
    const bits = unpackImage(image, 0);
    expect(bits.some((bit) => bit === 1)).toBe(true);
    // Blank pixels wait for the end; ink appears in the step that decided it, one pixel at a time on so small a grid.
    const inked = Array.from(places).filter((_, pixel) => bits[pixel]);
    expect(new Set(inked).size).toBe(inked.length);
    for (const [pixel, place] of places.entries()) if (!bits[pixel]) expect(place).toBe(places.length - 1);
    expect(replay.sum).toBeNull();
  });
});

describe('the replay', () => {
  const model = randomModel('independent', GRID, 1);

  it('plays by itself, pauses, goes anywhere, and plays again from the start after its end', async () => {
    const { replay } = await replayOf(model);
    await replay.open(REQUEST, false);
    expect([replay.playing, replay.position]).toEqual([true, 0]);
    pass(6);
    expect(replay.position).toBeGreaterThan(5);
    expect(replay.position).toBeLessThan(15);
    replay.toggle();
    const { position } = replay;
    pass(1);
    expect([replay.playing, replay.position]).toEqual([false, position]);
    replay.go(1000);
    expect(replay.ended).toBe(true);
    replay.toggle();
    expect(replay.position).toBe(0);
    pass(13);
    expect([replay.playing, replay.ended]).toEqual([false, true]);
  });

  it('does not move by itself where nothing may', async () => {
    const { replay } = await replayOf(model);
    await replay.open(REQUEST, true);
    pass(3);
    expect([replay.playing, replay.ended]).toEqual([false, true]);
    replay.toggle();
    expect([replay.playing, replay.position]).toEqual([true, 0]);
  });

  it('is empty once it is closed, also where its image comes later', async () => {
    const { replay, engine } = await replayOf(model);
    const opening = replay.open(REQUEST, false);
    replay.close();
    await opening;
    expect([replay.request, replay.sample, replay.playing]).toEqual([null, null, false]);
    // The sampler is closed with it.
    expect(await engine.advanceSampler('replay', 1)).toMatchObject({ ok: false });
  });

  it('shows the image that was asked for last', async () => {
    const { replay } = await replayOf(model);
    await Promise.all([replay.open(REQUEST, true), replay.open({ ...REQUEST, index: 6 }, true)]);
    expect([replay.request?.index, replay.failure]).toEqual([6, '']);
    const { replay: other } = await replayOf(model);
    await other.open({ ...REQUEST, index: 6 }, true);
    expect(replay.sample?.image).toEqual(other.sample?.image);
  });

  it('says why there is no image', async () => {
    const { replay } = await replayOf(model, { advanceSampler: () => Promise.resolve(fail('memory: none')) });
    await replay.open(REQUEST, false);
    expect([replay.failure, replay.playing, replay.sample]).toEqual(['memory: none', false, null]);
  });
});
