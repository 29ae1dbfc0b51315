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
  const companion = new DiscriminativeBaseline({
    engine: engine as unknown as Engine,
    turn: new Turn(),
    starter: () => starter,
    binarisation: () => ({ kind: 'threshold' }),
  });
  return { companion, engine, loaded, end: () => end() };
}

it('a classifier leaves the engine with its panel, and is loaded again without being learnt', async () => {
  const { companion, engine, loaded, end } = open();
  const seating = companion.load(grid);
  await vi.waitFor(() => expect(engine.train).toHaveBeenCalledTimes(1));
  end();
  await seating;
  expect([...loaded]).toEqual([companion.name]);
  companion.rest();
  expect(companion.name).toBeNull();
  expect([...loaded]).toEqual([]);
  await companion.load(grid);
  expect([...loaded]).toEqual([companion.name]);
  expect(engine.train).toHaveBeenCalledTimes(1);
});

it('a classifier that is learnt after its panel was closed is loaded with the next one', async () => {
  const { companion, engine, loaded, end } = open();
  const seating = companion.load(grid);
  await vi.waitFor(() => expect(engine.train).toHaveBeenCalledTimes(1));
  companion.rest();
  end();
  await seating;
  expect([...loaded]).toEqual([]);
  await companion.load(grid);
  expect([...loaded]).toEqual([companion.name]);
  expect(engine.train).toHaveBeenCalledTimes(1);
});

it('a panel that opens again while the classifier is learnt waits for it', async () => {
  const { companion, engine, loaded, end } = open();
  const seating = companion.load(grid);
  await vi.waitFor(() => expect(engine.train).toHaveBeenCalledTimes(1));
  companion.rest();
  await companion.load(grid);
  end();
  await seating;
  expect(companion.name).not.toBeNull();
  expect([...loaded]).toEqual([companion.name]);
  expect(engine.train).toHaveBeenCalledTimes(1);
});
