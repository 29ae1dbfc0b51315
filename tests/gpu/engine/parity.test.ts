/** Every family of the registry in every order, as an ensemble and as a model of every class, on both backends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import {
  type Backends,
  classFindings,
  classifierCases,
  densityCases,
  type Finding,
  isWrong,
  learningFindings,
  oddGrid,
  readingFindings,
  sampleFindings,
  sumFindings,
} from '../parity.ts';
import { openTestBackend, randomImages, randomModel } from '../setup.ts';

let gpu: WebGpuBackend;
let backends: Backends;
beforeAll(async () => {
  gpu = await openTestBackend();
  backends = { found: gpu, expected: createCpuBackend() };
});
afterAll(() => gpu.destroy());

function expectRight(findings: readonly Finding[]): void {
  expect(findings.length).toBeGreaterThan(0);
  expect(findings.filter(isWrong)).toEqual([]);
}

describe.each(densityCases().map((one) => [one.name, one] as const))('%s', (_, one) => {
  const odd = oddGrid(one);
  const model = () => randomModel(one.spec.id, odd, one.hyper, 2, 0.8);

  it('scores and reads alike, and sums to 1', async () => {
    expectRight(await readingFindings(backends, model(), randomImages(odd, 37, 6, 0.4)));
    expectRight(await sumFindings(gpu, one));
  });

  it('draws the same images for the same numbers, but for near-ties', async () => {
    expectRight(await sampleFindings(backends, model(), 65));
  });

  it('learns alike', async () => {
    expectRight(await learningFindings(backends, one, odd));
  });
});

describe.each(classifierCases().map((one) => [one.name, one] as const))('%s', (_, one) => {
  it('classifies alike, and learns alike', async () => {
    const odd = oddGrid(one);
    const model = randomModel(one.spec.id, odd, one.hyper, 2, 0.8);
    expectRight(await classFindings(backends, model, randomImages(odd, 37, 6, 0.4)));
    expectRight(await learningFindings(backends, one, odd));
  });
});

describe('a finding is wrong', () => {
  it.each([1e-4, 1, NaN, Infinity])('where its error is %f', (error) => {
    expect(isWrong({ what: 'log p', error, bound: 1e-4 })).toBe(true);
  });
});
