/** The sampling methods on the device draw the same bits as on typed arrays, except where u and p are nearly tied. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type PackedImages, pixelCount, wordsPerImage } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import type { SampleMethod } from '../../../src/engine/backends/backend.ts';
import type { IterativeSampler } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { openCpuModels } from '../../../src/engine/queries/loaded-models.ts';
import { agreementOf } from '../../../src/engine/queries/sampling/agreement.ts';
import { METHODS, methodsOf } from '../../../src/engine/backends/sampling/methods.ts';
import { openIterativeSampler } from '../../../src/engine/backends/webgpu/sampling-methods.ts';
import { openScope } from '../../../src/engine/backends/webgpu/scope.ts';
import type { Device } from '../../../src/gpu/device.ts';
import type { Hyper, Model } from '../../../src/models/model.ts';
import type { SampleRequest } from '../../../src/models/sampling.ts';
import { mutate, openTestDevice, randomModel, withDevice } from '../setup.ts';

/** Neither a whole number of words nor of tiles of the kernels. */
const GRID = { width: 13, height: 11 };
const REQUEST: SampleRequest = { seed: 4_000_000_007, indices: indexRange(90, 37), temperature: 1.2 };

/** One family for each program that differs on the device, with only the kernels that it needs: compiling takes most of the time. */
const CASES: readonly (readonly [string, Hyper, readonly string[]])[] = [
  ['neighbours', { k: 6 }, ['bayes-net/sample', 'bayes-net/conditional-logits']],
  ['tree', {}, ['bayes-net/sample', 'bayes-net/conditional-logits']],
  ['fvsbn', {}, ['fvsbn/conditional-logits']],
  ['nade', { hidden: 130 }, ['nade/states', 'nade/conditional-logits']],
  [
    'made',
    { hidden: 20, orders: 1 },
    [
      'made/arrange',
      'made/base',
      'made/first',
      'made/score',
      'made/ensemble',
      'made/conditional-logits',
      'made/begin-units',
      'made/begin-places',
      'made/sample',
    ],
  ],
  [
    'pixelcnn',
    { blocks: 1 },
    ['pixelcnn/first', 'pixelcnn/block', 'pixelcnn/conditional-logits', 'ops/pack-rows', 'pixelcnn/sample'],
  ],
];

interface Drawn {
  readonly images: PackedImages;
  readonly finished: readonly number[];
}

async function finish(sampler: IterativeSampler, step: number): Promise<Drawn> {
  for (let turn = 0; turn < 400 && sampler.finished.includes(0); turn++) await sampler.advance(step);
  const images = await sampler.images();
  sampler.destroy();
  return { images, finished: [...sampler.finished] };
}

async function onCpu(model: Model, method: SampleMethod): Promise<Drawn> {
  return await finish(await (await cpu.open(model)).iterativeSampler(method, REQUEST), 9);
}

async function onDevice(
  own: Device,
  model: Model,
  kernels: readonly string[],
  method: SampleMethod,
): Promise<Drawn> {
  const scope = await openScope(
    own,
    model,
    model.tensors,
    [],
    kernels.map((path) => `${path}.wgsl`),
  );
  // Fixed points converge soon; the others take an iteration per pixel.
  const drawn = await finish(
    await openIterativeSampler(scope, method, REQUEST),
    method === 'fixed-point' ? 3 : 50,
  );
  scope.arena.destroy();
  return drawn;
}

let device: Device;
const cpu = createCpuBackend();
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

const compare = (model: Model, one: Drawn, other: Drawn) =>
  agreementOf(model, openCpuModels(model), REQUEST, one.images, other.images);
const modelOf = (family: string, hyper: Hyper) => randomModel(family, GRID, hyper, 5, 0.6, -0.1);

describe.each(CASES)('%s %o', (family, hyper, kernels) => {
  it('draws the same images by every method, in as many iterations', async () => {
    const model = modelOf(family, hyper);
    for (const method of METHODS.filter((each) => methodsOf(model)[each] === null)) {
      const before = device.scheduler.statistics().dispatches;
      const expected = await onCpu(model, method);
      const drawn = await onDevice(device, model, kernels, method);
      expect(device.scheduler.statistics().dispatches).toBeGreaterThan(before);
      const { different, ties } = compare(model, expected, drawn);
      expect(different - ties, method).toBe(0);
      expect(ties).toBeLessThan(3);
      if (different === 0) expect(drawn.finished, method).toEqual(expected.finished);
      expect(Math.max(...drawn.finished)).toBeLessThanOrEqual(pixelCount(GRID) + 1);
    }
  });
});

describe('the fixed point', () => {
  afterEach(() => vi.restoreAllMocks());

  /** Draws with grids that the device chooses, or that the host knows, whatever kernels have cost so far. */
  async function draw(own: Device, family: string, hyper: Hyper, counted: boolean, step: number) {
    vi.spyOn(own.scheduler, 'fits').mockReturnValue(counted);
    const indirect = vi.spyOn(GPUComputePassEncoder.prototype, 'dispatchWorkgroupsIndirect');
    const read = vi.spyOn(own.readback, 'read');
    // A spy on what is spied on already keeps the calls of before.
    indirect.mockClear();
    read.mockClear();
    const model = modelOf(family, hyper);
    const kernels = CASES.find(([id]) => id === family)![2];
    const scope = await openScope(
      own,
      model,
      model.tensors,
      [],
      kernels.map((path) => `${path}.wgsl`),
    );
    const drawn = await finish(await openIterativeSampler(scope, 'fixed-point', REQUEST), step);
    scope.arena.destroy();
    return { model, drawn, indirect: indirect.mock.calls.length, readbacks: read.mock.calls.length };
  }

  it.each(CASES)('%s %o: the device chooses its grids', async (family, hyper) => {
    const { model, drawn, indirect } = await draw(device, family, hyper, true, 3);
    expect(indirect).toBeGreaterThan(0);
    const expected = await onCpu(model, 'fixed-point');
    const { different, ties } = compare(model, expected, drawn);
    expect(different - ties).toBe(0);
    if (different === 0) expect(drawn.finished).toEqual(expected.finished);
  });

  it('is read back once every 32 iterations, or every 4 where grids are to be split', async () => {
    const [counted, split] = [
      await draw(device, 'tree', {}, true, 64),
      await draw(device, 'tree', {}, false, 64),
    ];
    const passes = Math.max(...counted.drawn.finished);
    expect(passes).toBeGreaterThan(4);
    expect(counted.readbacks).toBe(Math.ceil(passes / 32));
    expect(split.readbacks).toBe(Math.ceil(passes / 4));
    expect(split.indirect).toBe(0);
    expect(split.drawn).toEqual(counted.drawn);
  });

  it('draws batch after batch', async () => {
    const model = modelOf('tree', {});
    const request = { ...REQUEST, indices: indexRange(0, 300) };
    const scope = await openScope(device, model, model.tensors);
    const all = await finish(await openIterativeSampler(scope, 'fixed-point', request), 64);
    const some = { ...request, indices: indexRange(250, 50) };
    const last = await finish(await openIterativeSampler(scope, 'fixed-point', some), 64);
    scope.arena.destroy();
    expect(all.finished.slice(250)).toEqual(last.finished);
    expect(all.images.words.slice(250 * wordsPerImage(GRID))).toEqual(last.images.words);
  });

  it.each([
    [
      'conditionals of the first image for all',
      'images[image * params.words_per_image + word]',
      'images[word]',
    ],
    ['grids of one image fewer', 'count + params.row_counts - 1u', 'count + params.row_counts - 2u'],
    [
      'an image that is dropped too soon',
      'stays = first < params.pixels',
      'stays = first + 9u < params.pixels',
    ],
    ['iterations counted from 0', '= params.iteration - 1u', '= params.iteration - 2u'],
  ])('is not taken for right with %s', async (_what, text, wrong) => {
    const sources = mutate('ops/fixed-point-begin.wgsl', text, wrong);
    const { model, drawn } = await withDevice(sources, (own) => draw(own, 'tree', {}, true, 3));
    const expected = await onCpu(model, 'fixed-point');
    const { different, ties } = compare(model, expected, drawn);
    const same = drawn.finished.every((count, m) => count === expected.finished[m]);
    expect(different - ties > 0 || !same).toBe(true);
  });
});

describe('planted errors are detected', () => {
  const PLANTED: readonly (readonly [string, string, SampleMethod, string, string, string])[] = [
    [
      'the random word of the pixel instead of its place',
      'tree',
      'fixed-point',
      'ops/fixed-point.wgsl',
      'indices[image], place)',
      'indices[image], pixel)',
    ],
    [
      'too many places settled',
      'fvsbn',
      'fixed-point',
      'ops/fixed-point.wgsl',
      'place + 1u);',
      'place + 9u);',
    ],
    [
      'the temperature forgotten',
      'fvsbn',
      'ancestral',
      'lib/sampling.wgsl',
      'params.temperature * logit_of',
      'logit_of',
    ],
    [
      'a search that begins one pixel late',
      'fvsbn',
      'first-firing',
      'fvsbn/first-firing-iterations.wgsl',
      'cursor = fired + 1u;',
      'cursor = fired + 2u;',
    ],
    [
      'hidden units that are not updated',
      'nade',
      'first-firing',
      'nade/first-firing-iterations.wgsl',
      'open_units(a, thread);\n    cursor',
      'cursor',
    ],
  ];

  it.each(PLANTED)('%s', async (_, family, method, file, text, wrong) => {
    const model = modelOf(family, { hidden: 20 });
    const kernels = CASES.find(([id]) => id === family)![2];
    const drawn = await withDevice(mutate(file, text, wrong), (broken) =>
      onDevice(broken, model, kernels, method),
    );
    const { different, ties } = compare(model, await onCpu(model, method), drawn);
    expect(different - ties).toBeGreaterThan(0);
  });
});
