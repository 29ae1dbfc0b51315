import { expect, it, vi } from 'vitest';
import { DiscriminativeBaseline } from '../../../src/app/classify/discriminative-baseline.svelte.ts';
import { Turn } from '../../../src/app/turn.ts';
import { ok } from '../../../src/data/result.ts';
import type { Engine } from '../../../src/engine/api.ts';

const grid = { width: 2, height: 2 };
const starter = { grid, count: 10, pixels: new Uint8Array(40), labels: new Uint8Array(10) };

function open() {
  const loaded = new Set<string>();
  let end: () => void = () => undefined;
  const engine = {
    load: (name: string) => {
      loaded.add(name);
      return Promise.resolve(ok(null));
    },
    unload: (name: string) => {
      loaded.delete(name);
      return Promise.resolve();
    },
    train: vi.fn(
      () =>
        new Promise((resolve) => {
          end = () => resolve(ok({ model: { family: 'f', grid, hyper: {}, tensors: {} } }));
        }),
    ),
  };
  const baseline = new DiscriminativeBaseline({
    engine: engine as unknown as Engine,
    turn: new Turn(),
    starter: () => Promise.resolve(starter),
    binarisation: () => ({ kind: 'threshold' }),
  });
  return { baseline, engine, loaded, end: () => end() };
}

it('the baseline is unloaded with its panel, and loaded again without training', async () => {
  const { baseline, engine, loaded, end } = open();
  const loading = baseline.load(grid);
  await vi.waitFor(() => expect(engine.train).toHaveBeenCalledTimes(1));
  end();
  await loading;
  expect([...loaded]).toEqual([baseline.name]);
  baseline.close();
  expect(baseline.name).toBeNull();
  expect([...loaded]).toEqual([]);
  await baseline.load(grid);
  expect([...loaded]).toEqual([baseline.name]);
  expect(engine.train).toHaveBeenCalledTimes(1);
});

it('a baseline whose training ends after its panel has closed is loaded with the next panel', async () => {
  const { baseline, engine, loaded, end } = open();
  const loading = baseline.load(grid);
  await vi.waitFor(() => expect(engine.train).toHaveBeenCalledTimes(1));
  baseline.close();
  end();
  await loading;
  expect([...loaded]).toEqual([]);
  await baseline.load(grid);
  expect([...loaded]).toEqual([baseline.name]);
  expect(engine.train).toHaveBeenCalledTimes(1);
});

it('a panel that opens again during the training waits for it', async () => {
  const { baseline, engine, loaded, end } = open();
  const loading = baseline.load(grid);
  await vi.waitFor(() => expect(engine.train).toHaveBeenCalledTimes(1));
  baseline.close();
  await baseline.load(grid);
  end();
  await loading;
  expect(baseline.name).not.toBeNull();
  expect([...loaded]).toEqual([baseline.name]);
  expect(engine.train).toHaveBeenCalledTimes(1);
});
