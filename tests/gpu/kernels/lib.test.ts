import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { threefry2x32, randomWords, streamKey, Stream, uniform } from '../../../src/data/rng.ts';
import type { Device } from '../../../src/gpu/device.ts';
import type { ShaderSources } from '../../../src/gpu/wgsl.ts';
import { shaderSources } from '../../../src/gpu/shaders.ts';
import { openTestDevice, randomSource, worst } from '../setup.ts';

/** A kernel that applies an expression of `v` to every element. */
const apply = (include: string, input: string, output: string, expression: string): string => `
#include "${include}"
struct Params { count: u32, first_workgroup: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<${input}>;
@group(0) @binding(2) var<storage, read_write> output: array<${output}>;
@compute @workgroup_size(64)
fn apply(@builtin(global_invocation_id) at: vec3<u32>) {
  let i = at.x + params.first_workgroup * 64u;
  if (i < params.count) {
    let v = input[i];
    output[i] = ${expression};
  }
}`;

const FUNCTIONS = ['softplus', 'log_sigmoid', 'sigmoid', 'logit_of', 'log_1p'] as const;

const sources: ShaderSources = new Map([
  ...shaderSources,
  ...FUNCTIONS.map(
    (name) => [`test/${name}.wgsl`, apply('lib/math.wgsl', 'f32', 'f32', `${name}(v)`)] as const,
  ),
  ['test/on.wgsl', apply('lib/math.wgsl', 'f32', 'f32', 'log_bernoulli(v, true)')],
  ['test/off.wgsl', apply('lib/math.wgsl', 'f32', 'f32', 'log_bernoulli(v, false)')],
  ['test/threefry.wgsl', apply('lib/rng.wgsl', 'vec4<u32>', 'vec2<u32>', 'threefry2x32(v.xy, v.zw)')],
  ['test/words.wgsl', apply('lib/rng.wgsl', 'vec4<u32>', 'u32', 'random_word(v.x, v.y, v.z, v.w)')],
  ['test/uniform.wgsl', apply('lib/rng.wgsl', 'u32', 'f32', 'uniform_of(v)')],
]);

let device: Device;
beforeAll(async () => {
  device = await openTestDevice({ sources });
});
afterAll(() => device.destroy());

async function run(
  name: string,
  input: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  count: number,
  words = 1,
) {
  const kernel = await device.kernel(`test/${name}.wgsl`);
  const arena = device.arena('test');
  const output = arena.storage('output', count * words * 4);
  const bound = kernel.bind({ input: arena.filled('input', input), output });
  const dispatch = bound.dispatch({ count }, [Math.ceil(count / 64)]);
  const result = await device.readback.words(output, count * words, [dispatch]);
  arena.destroy();
  return result;
}

const floats = async (name: string, input: Float32Array<ArrayBuffer>): Promise<Float32Array> =>
  new Float32Array((await run(name, input, input.length)).buffer);

/** 10,000 arguments from tiny to 1e4, both signs, and the corners. */
function argumentsUpTo(most: number): Float32Array<ArrayBuffer> {
  const random = randomSource(5);
  const corners = [
    0,
    -0,
    1e-30,
    -1e-30,
    1,
    -1,
    15,
    -15,
    16.64,
    -16.64,
    80,
    -80,
    87,
    -87,
    88.7,
    -88.7,
    100,
    -100,
    most,
    -most,
  ];
  return Float32Array.from({ length: 10_000 }, (_, i) => {
    if (i < corners.length) return corners[i];
    const size = 10 ** (-6 + random() * (6 + Math.log10(most)));
    return random() < 0.5 ? -size : size;
  });
}

/** Largest relative error; what is below the smallest normal f32 may be 0. */
function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < expected.length; i++) {
    const size = Math.abs(expected[i]);
    const error = Math.abs(found[i] - expected[i]) / Math.max(size, 2 ** -126 / 1e-5);
    if (!(error <= most)) most = Number.isNaN(error) ? Infinity : error;
  }
  return most;
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

describe('functions of a logit, against f64, for arguments up to 1e4', () => {
  it.each([
    ['softplus', softplus],
    ['log_sigmoid', (x: number) => -softplus(-x)],
    ['sigmoid', sigmoid],
    ['on', (x: number) => -softplus(-x)],
    ['off', (x: number) => -softplus(x)],
  ] as const)('%s to 1e-5', async (name, exact) => {
    const x = argumentsUpTo(1e4);
    const found = await floats(name, x);
    expect(relativeError(found, Float64Array.from(x, exact))).toBeLessThan(1e-5);
  });

  it('log_1p to 1e-6 on [0, 1]', async () => {
    const e = Float32Array.from({ length: 5000 }, (_, i) => (i < 4000 ? i / 3999 : 10 ** (-(i - 4000) / 30)));
    expect(relativeError(await floats('log_1p', e), Float64Array.from(e, Math.log1p))).toBeLessThan(1e-6);
  });

  it('logit_of within a step of 1e-6 in probability', async () => {
    const u = Float32Array.from({ length: 5000 }, (_, i) => uniform(Math.imul(i, 858_993) >>> 0));
    const found = await floats('logit_of', u);
    expect(worst(Array.from(found, sigmoid), u)).toBeLessThan(1e-6);
  });
});

describe('random numbers, bit for bit as in TypeScript', () => {
  it('threefry2x32 on 2,000 random keys and counters', async () => {
    const random = randomSource(9);
    const input = Uint32Array.from({ length: 8000 }, () => random() * 2 ** 32);
    input.set([0, 0, 0, 0, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]);
    const found = await run('threefry', input, 2000, 2);
    const pair = new Uint32Array(2);
    for (let i = 0; i < 2000; i++) {
      const [k0, k1, c0, c1] = input.subarray(i * 4, i * 4 + 4);
      threefry2x32(k0 | 0, k1 | 0, c0 | 0, c1 | 0, pair);
      expect([found[2 * i], found[2 * i + 1]]).toEqual([...pair]);
    }
  });

  it('the published vector of zeros', async () => {
    expect([...(await run('threefry', new Uint32Array(4), 1, 2))]).toEqual([0x6b200159, 0x99ba4efe]);
  });

  it('words by (seed, key, index, position)', async () => {
    const key = streamKey(Stream.binarise, 3);
    const expected = new Uint32Array(785);
    randomWords(0xdeadbeef, key, 59_999, expected);
    const input = Uint32Array.from({ length: 785 * 4 }, (_, i) => [0xdeadbeef, key, 59_999, i >> 2][i & 3]);
    expect(await run('words', input, 785)).toEqual(expected);
  });

  it('uniforms', async () => {
    const words = Uint32Array.from({ length: 3000 }, (_, i) => (i < 2 ? -i : Math.imul(i, 2_654_435_761)));
    const found = new Float32Array((await run('uniform', words, 3000)).buffer);
    expect(found).toEqual(Float32Array.from(words, uniform));
  });
});
