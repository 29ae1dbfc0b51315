import { describe, expect, it } from 'vitest';
import { Costs } from '../../../src/gpu/costs.ts';
import { shaderSources } from '../../../src/gpu/shaders.ts';
import { assemble, parseKernel } from '../../../src/gpu/wgsl.ts';

const sources = new Map([
  ['a.wgsl', '// a\n#include "lib/b.wgsl"\n#include "lib/c.wgsl"\nlast of a'],
  ['lib/b.wgsl', '#include "lib/c.wgsl"\nlast of b'],
  ['lib/c.wgsl', 'c'],
  ['lost.wgsl', 'x\n#include "nowhere.wgsl"'],
]);

describe('assembling', () => {
  const { code, origin } = assemble('a.wgsl', sources);

  it('includes every file once, before what needs it', () => {
    expect(code.split('\n')).toEqual(['// a', 'c', 'last of b', 'last of a']);
  });

  it('knows where every line was written', () => {
    expect([1, 2, 3, 4].map(origin)).toEqual([
      { file: 'shaders/a.wgsl', line: 1 },
      { file: 'shaders/lib/c.wgsl', line: 1 },
      { file: 'shaders/lib/b.wgsl', line: 2 },
      { file: 'shaders/a.wgsl', line: 4 },
    ]);
  });

  it('names the line that asks for an unknown file', () => {
    expect(() => assemble('lost.wgsl', sources)).toThrow(
      /nowhere\.wgsl does not exist \(wanted by shaders\/lost\.wgsl:2\)/,
    );
  });
});

const KERNEL = `
struct Params {
  count: u32, // how many
  rate: f32,
  shift: i32,
}
@group(0) @binding(2) var<uniform> params: Params;
@group(0)
@binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(5) var<storage, read_write> output: array<vec2<u32>>; // @group(0) @binding(6) var<storage> no: u32;
const tile = 64u;
const threads: u32 = 128u;
const half = 0.5;
override side: u32 = 8u;
/* @compute */
@compute @workgroup_size(threads)
fn run() {}`;

describe('reading a kernel', () => {
  it('finds names, kinds, params and constants', () => {
    const face = parseKernel(KERNEL, 'k.wgsl');
    expect(face.entryPoint).toBe('run');
    expect(face.bindings).toEqual([
      { name: 'input', binding: 0, kind: 'read-only-storage' },
      { name: 'output', binding: 5, kind: 'storage' },
    ]);
    expect(face.params).toEqual({
      binding: 'params',
      index: 2,
      bytes: 16,
      fields: [
        { name: 'count', type: 'u32', offset: 0 },
        { name: 'rate', type: 'f32', offset: 4 },
        { name: 'shift', type: 'i32', offset: 8 },
      ],
    });
    expect([...face.constants]).toEqual([
      ['tile', 64],
      ['threads', 128],
      ['side', 8],
    ]);
    expect([...face.overrides]).toEqual(['side']);
  });

  it.each([
    ['no entry point', KERNEL.replace('@compute @work', '@work'), /0 entry points/],
    ['a binding twice', KERNEL.replace('@binding(5)', '@binding(0)'), /binding 0 is declared twice/],
    [
      'another group',
      KERNEL.replace('@group(0) @binding(5)', '@group(1) @binding(5)'),
      /output lies in group 1/,
    ],
    ['a vector in the params', KERNEL.replace('rate: f32', 'rate: vec2<f32>'), /"rate: vec2<f32>" is not/],
    [
      'a struct that is not there',
      KERNEL.replace('struct Params', 'struct Other'),
      /struct Params of params not found/,
    ],
  ])('refuses %s', (_, code, reason) => {
    expect(() => parseKernel(code, 'k.wgsl')).toThrow(reason);
  });

  it('can read every kernel of the repository', () => {
    const kernels = [...shaderSources]
      .filter(([, source]) => source.includes('@compute'))
      .map(([path]) => path);
    expect(kernels.length).toBeGreaterThan(10);
    for (const path of kernels) {
      const face = parseKernel(assemble(path, shaderSources).code, path);
      expect(face.bindings.length, path).toBeGreaterThan(0);
      // The least that every WebGPU device can bind.
      expect(face.bindings.length, path).toBeLessThanOrEqual(8);
    }
  });
});

describe('what kernels cost', () => {
  it('is unknown before a measurement, then milliseconds a unit', () => {
    const costs = new Costs();
    expect(costs.of('a')).toBeNull();
    costs.learn(new Map([['a', 10]]), 20);
    expect(costs.of('a')).toBeCloseTo(2);
    expect(costs.largest('a')).toBe(10);
  });

  it('is shared in proportion to what was expected', () => {
    const costs = new Costs();
    costs.learn(new Map([['a', 1]]), 1);
    costs.learn(new Map([['b', 1]]), 3);
    for (let i = 0; i < 50; i++)
      costs.learn(
        new Map([
          ['a', 10],
          ['b', 10],
        ]),
        80,
      );
    expect(costs.of('a')).toBeCloseTo(2, 1);
    expect(costs.of('b')).toBeCloseTo(6, 1);
  });

  it('follows large grids rather than small ones, and changes', () => {
    const costs = new Costs();
    costs.learn(new Map([['a', 1000]]), 10);
    costs.learn(new Map([['a', 1]]), 1);
    expect(costs.of('a')!).toBeLessThan(0.02);
    for (let i = 0; i < 80; i++) costs.learn(new Map([['a', 1000]]), 100);
    expect(costs.of('a')).toBeCloseTo(0.1, 2);
  });

  it('is never 0, however coarse the timer', () => {
    const costs = new Costs();
    costs.learn(new Map([['a', 4]]), 0);
    expect(costs.of('a')).toBeGreaterThan(0);
  });
});
