import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { binarise } from '../../../src/data/binarise.ts';
import { writeIdxImages } from '../../../src/data/idx.ts';
import { CLASSES, pixelCount } from '../../../src/data/images.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { logPrior } from '../../../src/models/shared/class-conditional.ts';
import { decodeModel } from '../../../src/models/model-file.ts';
import { families, findFamily } from '../../../src/models/registry.ts';
import { bars, cli, json as jsonIn, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);
const json = (args: readonly string[]) => jsonIn(folder, args);

function modelOf(name: string) {
  const file = decodeModel(new Uint8Array(readFileSync(join(folder, name))), name);
  if (!file.ok) throw new Error(file.reason);
  return file.value;
}

describe('classes', () => {
  const train = [
    ...['train', '--images', 'train.idx', '--labels', 'train-labels.idx', '--binarise', 'threshold'],
    ...['--epochs', '3', '--batch', '16'],
  ];
  const test = ['--images', 'test.idx', '--labels', 'test-labels.idx'];

  /** Accuracy on the test images, and their mean log p(y | x). */
  async function expected(name: string) {
    const images = bars(24);
    const evaluator = await createCpuBackend().open(modelOf(name).model);
    const logits = await evaluator.classLogits!(binarise(images, { kind: 'threshold' }));
    let right = 0;
    let nats = 0;
    images.labels!.forEach((label, m) => {
      const own = [...logits.subarray(m * CLASSES, (m + 1) * CLASSES)];
      if (own.every((value, y) => y === label || value < own[label])) right++;
      nats += own[label] - Math.log(own.reduce((sum, value) => sum + Math.exp(value), 0));
    });
    return { accuracy: right / 24, meanLogPosterior: nats / 24 };
  }

  const cases: (readonly [string, readonly string[]])[] = families
    .filter(({ task, classes }) => task === 'classifier' || classes === 'always')
    .map(({ id }) => [id, []]);
  cases.push(['independent', ['--class-conditional']]);

  it.each(cases)('%s', async (family, more) => {
    const file = `classes-${family}.safetensors`;
    const trained = await json([...train, '--family', family, ...more, '--out', file]);
    const classifier = findFamily(family)?.task === 'classifier';
    expect(trained.measure).toBe(classifier ? 'log p(y|x)' : 'log p(x)');
    const result = await json(['classify', '--model', file, ...test]);
    const { accuracy, meanLogPosterior } = await expected(file);
    expect(result).toMatchObject({ family, accuracy, images: 24, backend: 'cpu', binarisation: 'threshold' });
    expect(result.parameters).toBe(trained.parameters);
    expect(result.standardError).toBeCloseTo(Math.sqrt((accuracy * (1 - accuracy)) / 24), 12);
    expect(result.meanLogPosterior).toBeCloseTo(meanLogPosterior, 6);
    // Chance is one in six.
    expect(accuracy).toBeGreaterThan(0.5);
    const drawn = await json(['classify', '--model', file, ...test, '--binarise', 'stochastic:3']);
    expect(drawn.binarisation).toBe('stochastic:3');

    const hidden = await json(['classify', '--model', file, ...test, '--keep', 'none']);
    const half = await json(['classify', '--model', file, ...test, '--keep', 'top-half']);
    if (classifier) {
      // Hidden pixels are blank to a classifier: all images are classified alike.
      expect(hidden).toMatchObject({ keep: 'none', exact: false });
      const { grid } = bars(24);
      const blank = { grid, count: 24, pixels: new Uint8Array(24 * pixelCount(grid)), labels: null };
      writeFileSync(join(folder, 'blank.idx'), writeIdxImages(blank));
      const shown = await json(['classify', '--model', file, ...test.with(1, 'blank.idx')]);
      expect(hidden.meanLogPosterior).toBeCloseTo(shown.meanLogPosterior as number, 6);
    } else {
      // Without known pixels the posterior is the prior.
      expect(hidden).toMatchObject({ keep: 'none', exact: true });
      const prior = logPrior(modelOf(file).model);
      const blind = bars(24).labels!.reduce((sum, label) => sum + prior[label], 0) / 24;
      expect(hidden.meanLogPosterior).toBeCloseTo(blind, 6);
      expect(half).toMatchObject({ keep: 'top-half', exact: true });
    }
    expect(half.meanLogPosterior).not.toBeCloseTo(meanLogPosterior, 3);
    const words = await cli(folder, ['classify', '--model', file, ...test, '--keep', 'top-half']);
    expect(words.stdout).toMatch(/^top-half kept, 18 of 30 pixels hidden, /m);
  });

  it('with hidden pixels are refused for an ensemble, which can neither sum over them nor sample them in order', async () => {
    const file = 'classes-ensemble.safetensors';
    const made = ['--family', 'made', '--hidden', '8', '--orders', '2', '--class-conditional'];
    expect(await json([...train, ...made, '--out', file])).toMatchObject({ family: 'made' });
    const command = ['classify', '--model', file, ...test];
    expect((await cli(folder, command)).code).toBe(0);
    const hidden = await cli(folder, [...command, '--keep', 'top-half']);
    expect(hidden).toMatchObject({ code: 2, stdout: '' });
    expect(hidden.stderr).toMatch(/--keep: top-half: An ensemble over several orders .*\n$/);
  });

  it('take validation images with labels of their own', async () => {
    const valid = ['--valid-images', 'test.idx', '--valid-labels', 'test-labels.idx'];
    expect(await json([...train, '--family', 'independent', '--class-conditional', ...valid])).toMatchObject({
      hyper: { 'class-conditional': 1 },
      validation: { images: 24 },
    });
  });
});
