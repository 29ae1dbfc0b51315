import { describe, expect, it } from 'vitest';
import { equalQueries } from '../../../src/app/complete/query.ts';
import { pixelsOfHalf } from '../../../src/app/explain/half.ts';
import { mostActive } from '../../../src/app/hidden-units/components.ts';
import { PassCounts } from '../../../src/app/sampling/pass-counts.svelte.ts';
import type { AskedModel } from '../../../src/app/questions/questions.svelte.ts';
import { packImages } from '../../../src/data/images.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import type { MethodFrame } from '../../../src/engine/queries/api.ts';
import { randomModel } from '../models/families.ts';
import { engineWithoutWebGpu } from '../engine/host-without-webgpu.ts';

const GRID = { width: 4, height: 4 };

describe('the pixels of half the cost', () => {
  it('are the fewest whose costs reach half of the sum', () => {
    expect(pixelsOfHalf(Float32Array.of(1, 5, 1, 1, 2))).toBe(1);
    expect(pixelsOfHalf(Float32Array.of(1, 1, 1, 1))).toBe(2);
    expect(pixelsOfHalf(Float32Array.of(1, 2, 1, 1))).toBe(2);
    expect(pixelsOfHalf(new Float32Array(3))).toBe(0);
  });
});

describe('the most active units', () => {
  it('are ordered by activation, and saturated ones by how much they vary over the digits', () => {
    const position = { activations: Float32Array.of(0.2, 0.999, 0.5, 1), logJoint: null };
    expect(mostActive(position, { deviations: Float32Array.of(1, 0.3, 1, 0.1) })).toEqual([1, 3, 2, 0]);
  });

  it('are ordered by the joint probability where they are components', () => {
    const position = { activations: Float32Array.of(0, 1, 0), logJoint: Float32Array.of(-90, -20, -60) };
    expect(mostActive(position, { deviations: Float32Array.of(1, 0, 0) })).toEqual([1, 2, 0]);
  });
});

it('a query for more completions is another query', () => {
  const pixels = packImages(GRID, new Array<number>(16).fill(1));
  const query = {
    name: 'x',
    knownPixels: { image: pixels, known: pixels },
    count: 6,
    method: null,
    seed: 1,
    sweeps: 1,
    proposals: 1,
  };
  expect(equalQueries(query, { ...query })).toBe(true);
  expect(equalQueries(query, { ...query, count: 24 })).toBe(false);
});

describe('the passes of the sampling methods', () => {
  const asked = (slot: unknown, sampling: unknown) =>
    ({ side: 'left', slot, ports: { engine: { sampling } } }) as unknown as AskedModel;

  it('are those of one image, at most one for each pixel and a last that changes nothing, and null where a method does not apply', async () => {
    const engine = engineWithoutWebGpu();
    const model = randomModel('neighbours', GRID, 1);
    const loaded = await engine.load('own', model);
    expect(loaded.ok).toBe(true);
    const counts = new PassCounts(asked({ engineName: 'own', model }, engine.sampling));
    counts.follow();
    await expect.poll(() => counts.counts).not.toBeNull();
    const passes = Object.fromEntries(counts.counts!.map((each) => [each.method, each.passes]));
    expect(passes.ancestral).toBe(16);
    expect(passes['fixed-point']).toBeGreaterThan(1);
    expect(passes['fixed-point']).toBeLessThanOrEqual(17);
    expect(passes['first-firing']).toBeNull();
    expect(counts.image?.count).toBe(1);
    // The image is that of ancestral sampling.
    const run = { seed: 1, indices: Uint32Array.of(0), temperature: 1 };
    await engine.sampling.start('whole', 'own', 'ancestral', run);
    const whole = await engine.sampling.advance('whole', 16);
    if (!whole.ok) throw new Error(whole.reason);
    expect(counts.image?.words).toEqual(whole.value.images.words);
  });

  it('say why they could not be counted, and free their run', async () => {
    const ended: string[] = [];
    const sampling = {
      methods: () => Promise.resolve(ok({ ancestral: null, 'fixed-point': null, 'first-firing': 'no' })),
      start: () => Promise.resolve<Result<MethodFrame>>(fail('run: no memory')),
      end: (run: string) => Promise.resolve(void ended.push(run)),
    };
    const counts = new PassCounts(asked({ engineName: 'own', model: { grid: GRID } }, sampling));
    counts.follow();
    await expect.poll(() => counts.failure).toBe('run: no memory');
    expect([counts.counts, ended.length]).toEqual([null, 1]);
  });
});
