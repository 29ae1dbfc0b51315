import { describe, expect, it } from 'vitest';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import type { Checkpoint } from '../../../src/engine/api.ts';
import { LoadedModels } from '../../../src/engine/queries/loaded-models.ts';
import { initialState } from '../../../src/engine/backends/references.ts';
import { jobOf } from '../../../src/engine/job.ts';
import { RunControl } from '../../../src/engine/training/run-control.ts';
import { train } from '../../../src/engine/training/trainer.ts';
import { pixelCount } from '../../../src/data/images.ts';
import { completeHyper, families, findFamily } from '../../../src/models/registry.ts';
import type { Model } from '../../../src/models/model.ts';
import { smallHyper } from '../models/families.ts';

const grid = { width: 3, height: 2 };
const n = 6;

/** What comes out of the storage passes the same checks as a file does. */
function load(model: Model): string {
  const models = new LoadedModels({ now: createCpuBackend });
  const loaded = models.load('left', model);
  return loaded.ok ? 'loaded' : loaded.reason;
}

function blank(family: string, at = grid): Model {
  const spec = findFamily(family)!;
  const hyper = completeHyper(spec);
  const tensors = Object.fromEntries(
    spec.tensors(at, hyper).map(({ name, shape }) => {
      const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
      return [name, name === 'parent' ? values.map((_, i) => (i % pixelCount(at)) - 1) : values];
    }),
  );
  return { family, grid: at, hyper, tensors };
}

describe.each(families.map(({ id }) => id))('a stored model: %s', (family) => {
  it('is loaded where it is sound', () => {
    expect(load(blank(family))).toBe('loaded');
  });

  it.each([NaN, Infinity, 1e6, -2e4])('is refused with the weight %s', (value) => {
    const model = blank(family);
    for (const [name, values] of Object.entries(model.tensors)) {
      const tensors = { ...model.tensors, [name]: values.with(0, value) };
      expect(load({ ...model, tensors })).toMatch(new RegExp(`^${name}: value 0 is `));
    }
  });

  it('is refused where a tensor is missing, or the grid has no whole or too large sides', () => {
    const model = blank(family);
    expect(load({ ...model, tensors: {} })).toMatch(/: no numbers, expected /);
    for (const width of [0, -1, 2.5, NaN, 257])
      expect(load({ ...model, grid: { width, height: 2 } })).toMatch(/^width: /);
  });
});

describe('a stored tree', () => {
  it('is refused with a cycle', () => {
    const model = blank('tree');
    const tensors = { ...model.tensors, parent: Float32Array.of(-1, 2, 1, 0, 0, 0) };
    expect(load({ ...model, tensors })).toMatch(/^parent: pixel 1 is its own ancestor/);
    const mixture = blank('tree-mixture');
    mixture.tensors.parent.set(tensors.parent, 6);
    expect(load(mixture)).toMatch(/^component 1: parent: pixel 1 is its own ancestor/);
  });
});

describe('a stored checkpoint', () => {
  const hyper = smallHyper(findFamily('nade')!);
  const state = initialState({ family: 'nade', grid, hyper }, [new Float64Array(n).fill(0.5)], [8], 1);
  const checkpoint: Checkpoint = { runId: 'run', step: 0, state, best: null, curve: [], seconds: 0 };

  async function resume(changes: Partial<Checkpoint>): Promise<string> {
    const result = await train(
      {
        ...jobOf({
          runId: 'run',
          family: 'nade',
          grid,
          hyper,
          images: { grid, count: 8, pixels: new Uint8Array(8 * n), labels: null },
          binarisation: { kind: 'threshold' },
          seed: 1,
          epochs: 1,
          batchSize: 4,
          learningRate: 0.01,
        }),
        checkpoint: { ...checkpoint, ...changes },
      },
      {
        control: new RunControl(),
        onEvent: () => undefined,
        backend: () => Promise.resolve(createCpuBackend()),
        yieldToEventLoop: () => Promise.resolve(),
      },
    );
    return result.ok ? 'resumed' : result.reason;
  }

  it('is gone on from where it is sound', async () => {
    expect(await resume({})).toBe('resumed');
  });

  it.each(['tensors', 'firstMoments', 'secondMoments'] as const)(
    'is refused with wrong %s',
    async (field) => {
      const [name, values] = Object.entries(state[field])[0];
      const damaged = (wrong: Float32Array<ArrayBuffer>) =>
        resume({ state: { ...state, [field]: { ...state[field], [name]: wrong } } });
      const where = field === 'tensors' ? `state: ${name}` : `${field}.${name}`;
      expect(await damaged(values.with(0, NaN))).toMatch(new RegExp(`^checkpoint: ${where}: value 0 is NaN`));
      expect(await damaged(values.slice(1))).toMatch(
        new RegExp(`^checkpoint: ${where}: \\d+ numbers, expected`),
      );
    },
  );

  it.each([0, 1.5, 1e9, NaN])('is refused with %f shards', async (shards) => {
    expect(await resume({ state: { ...state, shards } })).toMatch(
      /^checkpoint: shards: .* is not a whole number/,
    );
    expect(await resume({ state: { ...state, shards: 3 } })).toBe('resumed');
  });

  it('is refused with second moments below 0 and with best weights that are none', async () => {
    const [name, values] = Object.entries(state.secondMoments)[0];
    const secondMoments = { ...state.secondMoments, [name]: values.with(1, -1) };
    expect(await resume({ state: { ...state, secondMoments } })).toMatch(
      /^checkpoint: secondMoments\..*: value 1 is -1/,
    );
    const best = { tensors: { ...state.tensors, [name]: values.with(2, 1e9) }, validation: 1, step: 0 };
    expect(await resume({ best })).toMatch(/^checkpoint: best: .*: value 2 is 1000000000/);
  });
});
