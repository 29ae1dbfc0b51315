import { expect, it, vi } from 'vitest';
import { ModelSlot } from '../../../src/app/compare/model-slot.svelte.ts';
import { blankImages } from '../../../src/data/images.ts';
import { fail, ok } from '../../../src/data/result.ts';
import type { Engine } from '../../../src/engine/api.ts';
import type { ModelRecord } from '../../../src/store/records.ts';

const grid = { width: 2, height: 2 };

/** Resolves after the effects have run. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

function recordOf(id: string): ModelRecord {
  return { id, name: id, family: 'independent', grid, hyper: {}, tensors: {} } as unknown as ModelRecord;
}

it('engineName changes with every loaded model, and each reads the drawing once', async () => {
  const asked: string[] = [];
  const engine = {
    load: () => Promise.resolve(ok(null)),
    unload: () => Promise.resolve(),
    read: (name: string) => {
      asked.push(name);
      return Promise.resolve(ok({ density: null, posterior: null }));
    },
  } as unknown as Engine;
  const slot = new ModelSlot('right', engine);
  const seen: (string | null)[] = [];
  let readings = 0;
  const end = $effect.root(() => {
    $effect(() => void seen.push(slot.engineName));
    $effect(() => {
      readings++;
      slot.read(blankImages(grid, 1));
    });
  });
  await settled();
  await slot.load(recordOf('a'));
  await settled();
  await slot.load(recordOf('b'));
  await settled();
  end();
  expect(seen).toEqual([null, 'right-1', 'right-2']);
  expect(asked).toEqual(['right-1', 'right-2']);
  expect(readings).toBe(1);
});

it('the model in training is loaded by the worker, and one that is gone leaves the model before', async () => {
  const results = [ok(null), fail('run: there is none with a checkpoint')];
  const engine = {
    load: vi.fn(() => Promise.resolve(ok(null))),
    loadLearning: vi.fn(() => Promise.resolve(results.shift())),
  };
  const slot = new ModelSlot('right', engine as unknown as Engine);
  const learning = recordOf('learning r1');
  await slot.load(learning, true);
  expect([slot.engineName, slot.state, slot.learning]).toEqual(['right-1', 'ready', true]);
  await slot.load(learning, true);
  expect([slot.engineName, slot.state, slot.note]).toEqual(['right-1', 'ready', '']);
  expect(engine.load).not.toHaveBeenCalled();
});

it('a reading that rejects says why, until a later one succeeds', async () => {
  const answers = [Promise.reject(new Error('shaders/a.wgsl:3:1: wrong')), Promise.resolve(ok({}))];
  const engine = {
    load: () => Promise.resolve(ok(null)),
    unload: () => Promise.resolve(),
    read: () => answers.shift(),
  } as unknown as Engine;
  const slot = new ModelSlot('left', engine);
  await slot.load(recordOf('a'));
  slot.read(blankImages(grid, 1));
  await settled();
  expect(slot).toMatchObject({ state: 'failed', note: 'shaders/a.wgsl:3:1: wrong' });
  slot.read(blankImages(grid, 1));
  await settled();
  expect(slot).toMatchObject({ state: 'ready', note: '' });
});
