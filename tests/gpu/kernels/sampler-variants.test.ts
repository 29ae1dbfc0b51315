/** The samplers as they run on devices with subgroups and without, and on weights that half precision holds. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MNIST_GRID } from '../../../src/data/images.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import { openSampler } from '../../../src/engine/backends/webgpu/sampler.ts';
import { openScope } from '../../../src/engine/backends/webgpu/scope.ts';
import type { Device } from '../../../src/gpu/device.ts';
import type { Hyper, Model } from '../../../src/models/model.ts';
import { sampleErrors } from '../comparison.ts';
import { isWrong, sampleFindings } from '../parity.ts';
import { inHalves, mutate, openTestBackend, randomModel, sizesAround, withDevice } from '../setup.ts';

const SMALL = { width: 7, height: 5 };
/** The software adapter has subgroups of 4 threads; chunks are eight units each. */
const HIDDEN = [...new Set([...sizesAround(8), ...sizesAround(32), 130, 500])];

let bySubgroups: WebGpuBackend;
let byWorkgroups: WebGpuBackend;
const cpu = createCpuBackend();
beforeAll(async () => {
  bySubgroups = await openTestBackend();
  byWorkgroups = await openTestBackend({ subgroups: false });
});
afterAll(() => {
  bySubgroups.destroy();
  byWorkgroups.destroy();
});

/** Weights that make neither blank nor full images. */
const randomly = (family: string, hyper: Hyper, grid = SMALL) =>
  randomModel(family, grid, hyper, 11, grid === MNIST_GRID ? 0.15 : 0.7, 0);

describe.each([
  ['with subgroups', () => bySubgroups],
  ['without', () => byWorkgroups],
])('%s', (_, backendOf) => {
  /** Against plain loops in f64, cut anywhere. */
  const check = async (model: Model, count = 10) => {
    const evaluator = await backendOf().open(model);
    const open = evaluator.sampler.bind(evaluator);
    const errors = await sampleErrors(open, model, count, [13, 0, 100, 1000], 0.9);
    evaluator.destroy();
    expect(errors.wrong).toBe(0);
    expect(errors.ties).toBeLessThanOrEqual(1);
  };

  it.each(HIDDEN)('NADE with %i hidden units', (hidden) => check(randomly('nade', { hidden })));

  it.each([1, 7, 9, 33, 500])('NADE with %i hidden units whose weights are halves', (hidden) =>
    check(inHalves(randomly('nade', { hidden }))),
  );

  it.each([
    ['pixelcnn', false],
    ['pixelcnn', true],
    ['sparse-pixelcnn', false],
    ['sparse-pixelcnn', true],
  ])('%s, weights that are halves: %s', (family, rounded) => {
    const model = randomly(family, { blocks: 2 });
    return check(rounded ? inHalves(model) : model);
  });

  it.each([1, 3, 4, 5, 70])('FVSBN, %i images', (count) => check(randomly('fvsbn', {}), count));

  it.each([
    ['fvsbn', {}],
    ['nade', { hidden: 60 }],
  ])('%s on 28 x 28 pixels', (family, hyper) => check(randomly(family, hyper, MNIST_GRID), 3));

  it.each([1, 2, 3])('MADE with %i hidden layers, as on the cpu', async (layers) => {
    const model = randomly('made', { hidden: 37, layers, orders: 2 });
    const findings = await sampleFindings({ found: backendOf(), expected: cpu }, model, 40);
    expect(findings.filter(isWrong)).toEqual([]);
  });
});

describe('the kernels that were compiled', () => {
  /** Labels of a family's samplers on a backend. */
  const samplersOf = ({ debug }: WebGpuBackend, family: string) =>
    debug()
      .kernels.map(({ label }) => label)
      .filter((label) => label.startsWith(`${family}.sample`));

  it.each(['fvsbn', 'nade', 'made'])('%s: those for subgroups where they may be, and no others', (family) => {
    const variants = samplersOf(bySubgroups, family);
    expect(variants.length).toBeGreaterThan(0);
    for (const label of variants) expect(label).toMatch(/sample-subgroup \(.*threads 4/);
    const portable = samplersOf(byWorkgroups, family);
    expect(portable.length).toBeGreaterThan(0);
    for (const label of portable) expect(label).not.toContain('subgroup');
  });

  it.each(['nade', 'pixelcnn', 'sparse-pixelcnn'])(
    '%s: of halves where all weights are halves, and only there',
    (family) => {
      for (const backend of [bySubgroups, byWorkgroups]) {
        const ofHalves = samplersOf(backend, family).map((label) => label.includes('halves 1'));
        expect(ofHalves).toContain(true);
        expect(ofHalves).toContain(false);
      }
    },
  );
});

describe('the checks can fail', () => {
  const GRID = { width: 11, height: 7 };
  const samplesRightly = (model: Model, kernels: readonly string[]) => async (device: Device) => {
    const scope = await openScope(device, model, model.tensors, [], kernels);
    const findings = await sampleErrors((request) => openSampler(scope, request), model, 30, [30, 100], 0.8);
    return findings.wrong === 0;
  };
  const nade = randomly('nade', { hidden: 70 }, GRID);
  const nadeKernels = ['nade/sample.wgsl', 'ops/pack-rows.wgsl'];
  const checks = {
    fvsbn: samplesRightly(randomly('fvsbn', {}, GRID), ['fvsbn/sample.wgsl']),
    nade: samplesRightly(nade, nadeKernels),
    'nade in halves': samplesRightly(inHalves(nade), nadeKernels),
    'pixelcnn in halves': samplesRightly(inHalves(randomly('pixelcnn', { blocks: 1 }, GRID)), [
      'pixelcnn/sample.wgsl',
      'ops/pack-rows.wgsl',
    ]),
    'sparse-pixelcnn in halves': samplesRightly(inHalves(randomly('sparse-pixelcnn', { blocks: 1 }, GRID)), [
      'sparse-pixelcnn/sample.wgsl',
      'ops/pack-rows.wgsl',
    ]),
    made: async (device: Device) => {
      const model = randomly('made', { hidden: 37, orders: 1 }, GRID);
      const kernels = ['begin-units', 'begin-places', 'sample'].map((name) => `made/${name}.wgsl`);
      const scope = await openScope(device, model, model.tensors, [], kernels);
      const expected = await cpu.open(model);
      const request = { seed: 1, indices: Uint32Array.from({ length: 20 }, (_, at) => at), temperature: 1 };
      const [drawn, right] = await Promise.all(
        [await openSampler(scope, request), await expected.sampler(request)].map(async (sampler) => {
          await sampler.advance(1000);
          return (await sampler.images()).words;
        }),
      );
      return drawn.every((word, at) => word === right[at]);
    },
  };

  it.each(Object.entries(checks))('%s: passes as it is', async (_, check) => {
    expect(await withDevice(undefined, check)).toBe(true);
  });

  it.each([
    ['fvsbn', 'the next pixel of one thread alone', 'lib/earliest-subgroup', 'subgroupMin(own)', 'own'],
    ['nade', 'the next pixel of one thread alone', 'lib/earliest-subgroup', 'subgroupMin(own)', 'own'],
    ['made', 'a sum of one thread alone', 'lib/total-subgroup', 'subgroupAdd(own)', 'own'],
    ['nade', 'logits of one thread alone', 'nade/sample-subgroup', 'subgroupAdd(parts', '(parts'],
    ['nade', 'pixels left out', 'nade/sample-subgroup', 'thread < 4u &&', 'thread < 3u &&'],
    ['nade', 'half of the units left out', 'nade/sample-subgroup', ' + dot(high, v.high)', ''],
    [
      'nade',
      'sums that are not carried over',
      'nade/sample-subgroup',
      'chunk + 1u] = sums[2u * chunk + 1u]',
      'chunk + 1u] = vec4<f32>()',
    ],
    [
      'nade',
      'ink that changes nothing',
      'nade/sample-subgroup',
      'sums[four] += input_four(fired, four);',
      '',
    ],
    ['nade', 'a weight left out of every chunk', 'ops/pack-rows', 'k < 8u &&', 'k < 7u &&'],
    [
      'nade',
      'thresholds of another image',
      'nade/lib/sampler',
      'indices[image], pixel)',
      'indices[0], pixel)',
    ],
    ['nade in halves', 'the other half of a vector', 'lib/weight-rows', 'v.xy, v.zw', 'v.zw, v.xy'],
    [
      'pixelcnn in halves',
      'the other half of a word',
      'lib/packed-weights',
      'two.x, two.y, (at & 1u) == 1u',
      'two.y, two.x, (at & 1u) == 1u',
    ],
    [
      'sparse-pixelcnn in halves',
      'the same two of four weights twice',
      'lib/packed-weights',
      '(at >> 1u) + 1u',
      'at >> 1u',
    ],
    [
      'sparse-pixelcnn in halves',
      'a tensor at the start of another',
      'ops/pack-rows',
      'params.start + at',
      'at',
    ],
    [
      'nade in halves',
      'two halves exchanged',
      'ops/pack-rows',
      'pack2x16float(low.zw), pack2x16float(high.xy)',
      'pack2x16float(high.xy), pack2x16float(low.zw)',
    ],
  ] as const)('%s: %s', async (name, _what, file, text, replacement) => {
    expect(await withDevice(mutate(`${file}.wgsl`, text, replacement), checks[name])).toBe(false);
  });
});
