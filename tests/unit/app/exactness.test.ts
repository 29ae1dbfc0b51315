import { describe, expect, it } from 'vitest';
import { exactCases, orderPair } from '../../../src/app/exactness/cases.ts';
import { Exactness, rowHolds, samplesFit, sumHolds } from '../../../src/app/exactness/exactness.svelte.ts';
import { Turn } from '../../../src/app/turn.ts';
import type { GreyImages } from '../../../src/data/images.ts';
import { threefry2x32 } from '../../../src/data/rng.ts';
import { families } from '../../../src/models/registry.ts';
import { engineWithoutWebGpu } from '../engine/host-without-webgpu.ts';

/** 12 x 12 images whose lower half mirrors the upper one, so that there is something to learn on any small grid. */
function mirrored(count: number): GreyImages {
  const grid = { width: 12, height: 12 };
  const pixels = new Uint8Array(count * 144);
  const random = new Uint32Array(2);
  for (let image = 0; image < count; image++) {
    for (let block = 0; block < 8; block++) {
      threefry2x32(5, 0, image, block, random);
      const grey = random[0] % (2 + block) === 0 ? 255 : 10;
      for (let i = 0; i < 9; i++) {
        const row = Math.floor(block / 4) * 3 + Math.floor(i / 3);
        const column = (block % 4) * 3 + (i % 3);
        pixels[image * 144 + row * 12 + column] = grey;
        pixels[image * 144 + (11 - row) * 12 + column] = grey;
      }
    }
  }
  return { grid, count, pixels, labels: Uint8Array.from({ length: count }, (_, i) => i % 10) };
}

function exactness() {
  const engine = engineWithoutWebGpu();
  const digits = mirrored(300);
  return { engine, state: new Exactness({ engine, turn: new Turn(), starter: () => digits, samples: 8000 }) };
}

describe('the rows', () => {
  const grid = { width: 3, height: 3 };
  const cases = exactCases(families, grid);

  it('contain every density of the registry in every order and variant', () => {
    for (const spec of families) {
      const own = cases.filter((each) => each.family === spec.id);
      if (spec.task === 'classifier') expect(own).toEqual([]);
      else expect(own.length).toBeGreaterThan(0);
      for (const p of spec.hyperparameters.filter((each) => each.choices && spec.task === 'density')) {
        const values = new Set(own.map((each) => each.hyper[p.name]));
        expect(values.size).toBe(Math.min(3, p.choices?.length ?? 0));
      }
    }
    expect(new Set(cases.map((each) => each.key)).size).toBe(cases.length);
    expect(new Set(cases.map((each) => `${each.label} ${each.settings}`)).size).toBe(cases.length);
  });

  it('are small where a size can be chosen', () => {
    for (const { family, hyper } of cases) {
      if ('hidden' in hyper) expect(hyper.hidden).toBeLessThanOrEqual(64);
      const spec = families.find((each) => each.id === family);
      for (const p of spec?.hyperparameters ?? []) {
        expect(hyper[p.name]).toBeGreaterThanOrEqual(p.min);
        expect(hyper[p.name]).toBeLessThanOrEqual(p.max);
      }
    }
  });

  it('find two orders that differ', () => {
    const pair = orderPair(families, { width: 2, height: 2 });
    expect(pair?.own).not.toEqual(pair?.other);
    expect(orderPair([], grid)).toBeNull();
  });
});

describe('the check', () => {
  it('passes every genuine model and fails both planted errors', async () => {
    const { state } = exactness();
    state.choose(2);
    await state.start();
    const genuine = state.rows.filter((row) => row.planted === null);
    for (const row of genuine) {
      expect([row.label, row.settings, row.state, row.note]).toEqual([row.label, row.settings, 'done', '']);
      expect(Math.abs((row.sum ?? 0) - 1)).toBeLessThan(1e-5);
      expect(rowHolds(row)).toBe(true);
      expect(row.likeliest).toHaveLength(16);
    }
    const [logits, order] = state.rows.filter((row) => row.planted !== null);
    expect([sumHolds(logits), samplesFit(logits), rowHolds(logits)]).toEqual([false, null, false]);
    // Scored in another order the model is still a distribution: only the samples reveal the error.
    expect([sumHolds(order), samplesFit(order), rowHolds(order)]).toEqual([true, false, false]);
    expect(state.running).toBe(false);
    expect(state.settled).toBe(state.rows.length);
  });

  it('can be cancelled, continues with the remaining rows, and discards its results on another grid', async () => {
    const { state } = exactness();
    const run = state.start();
    await new Promise((resolve) => setTimeout(resolve));
    state.cancel();
    await run;
    expect(state.running).toBe(false);
    expect(state.rows.every((row) => ['waiting', 'done', 'refused'].includes(row.state))).toBe(true);
    expect(state.settled).toBeLessThan(state.rows.length);
    state.choose(2);
    expect(state.rows.every((row) => row.state === 'waiting' && row.sum === null)).toBe(true);
  });

  it('reports missing digits, and survives an engine that dies', async () => {
    const engine = engineWithoutWebGpu();
    const late = new Exactness({ engine, turn: new Turn(), starter: () => null });
    await late.start();
    expect(late.error).toContain('starter digits');
    const digits = mirrored(20);
    const dead = { train: () => Promise.reject(new Error('The engine was restarted.')) };
    const state = new Exactness({
      engine: Object.assign(engine, dead),
      turn: new Turn(),
      starter: () => digits,
    });
    await state.start();
    expect(state.rows[0]).toMatchObject({ state: 'failed', note: 'The engine was restarted.' });
    expect(state.running).toBe(false);
  });
});
