import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { checkClassLogits, checkLogProbabilities } from '../../../src/cli/log-probabilities.ts';
import type { Result } from '../../../src/data/result.ts';
import type { Backend } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { cliInProcess } from './in-process.ts';
import { workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);
const at = (name: string) => join(folder, name);

/** Added to log p and to class logits by the backend, because a model file with such weights is refused when it is read. */
const broken = vi.hoisted(() => ({ by: 0 }));
vi.mock('../../../src/cli/backend.ts', async (original) => ({
  ...(await original<typeof import('../../../src/cli/backend.ts')>()),
  createBackend: () => Promise.resolve({ ok: true, value: adding() }),
}));

function adding(): Backend {
  const backend = createCpuBackend();
  return {
    ...backend,
    open: async (model) => {
      const evaluator = await backend.open(model);
      const { classLogits } = evaluator;
      return {
        ...evaluator,
        logLikelihood: async (images) =>
          (await evaluator.logLikelihood(images)).map((value) => value + broken.by),
        classLogits:
          classLogits && (async (images) => (await classLogits(images)).map((value) => value + broken.by)),
      };
    },
  };
}

const reasonOf = (result: Result<unknown>) => (result.ok ? '' : result.reason);
const refusalOf = async (...args: string[]) => (await cliInProcess(args)).stderr.trimEnd();

describe('weights that give no distribution', () => {
  const images = ['--images', at('test.idx')];
  const made = async (family: string, name: string, grid = '6x5') => {
    broken.by = 0;
    const labels = ['--labels', at('train-labels.idx')];
    const args = [
      'train',
      '--family',
      family,
      '--images',
      at('train.idx'),
      ...labels,
      '--grid',
      grid,
      '--out',
      at(name),
    ];
    expect(await cliInProcess(args)).toMatchObject({ code: 0 });
  };

  it.each([
    ['NaN', NaN, /the weights are no distribution: log p of image 0 is no number; train the model anew$/],
    ['above 0', 1000, /the weights are no distribution: log p of image 0 is \d+(\.\d+)? nats, above 0/],
  ])('are refused by score where log p is %s, before a file is written', async (name, by, reason) => {
    const scores = at(`scores ${name}`);
    await made('independent', 'model');
    const args = [
      'score',
      '--model',
      at('model'),
      ...images,
      '--binarise',
      'threshold',
      '--per-image',
      scores,
    ];
    broken.by = by;
    expect(await refusalOf(...args)).toMatch(reason);
    expect(existsSync(scores)).toBe(false);
    broken.by = 0;
    expect(await cliInProcess(args)).toMatchObject({ code: 0 });
    expect(existsSync(scores)).toBe(true);
  });

  it('are refused by classify, anomaly and check too', async () => {
    await made('naive-bayes', 'classes');
    await made('texture', 'texture');
    broken.by = NaN;
    const labels = ['--labels', at('test-labels.idx')];
    expect(await refusalOf('classify', '--model', at('classes'), ...images, ...labels)).toMatch(
      /classes: --model: the weights give no classes: class logit 0 of image 0 is no number/,
    );
    const sides = ['--inside', at('test.idx'), '--outside', at('train.idx'), '--binarise', 'threshold'];
    expect(
      await refusalOf('anomaly', '--model', at('classes'), '--background', at('texture'), ...sides),
    ).toMatch(/classes: --model: the weights are no distribution/);
    await made('independent', 'small', '3x3');
    broken.by = NaN;
    expect(await cliInProcess(['check', '--model', at('small')])).toMatchObject({ code: 1 });
  });

  it('are refused by complete, by log p of the known pixels', async () => {
    // Its unknown pixels come first in the order, so that the completions are enumerated.
    await made('fvsbn', 'model', '4x4');
    const args = [
      'complete',
      '--model',
      at('model'),
      ...images,
      '--keep',
      'bottom-half',
      '--method',
      'exact',
    ];
    expect(await cliInProcess(args)).toMatchObject({ code: 0 });
    broken.by = 1000;
    expect(await refusalOf(...args, '--out', at('never'))).toMatch(
      /no distribution: log p of the known pixels of image 0 is \d+(\.\d+)? nats, above 0/,
    );
    expect(existsSync(at('never'))).toBe(false);
  });
});

describe('logarithms of probabilities', () => {
  const file = { option: '--model', path: 'm' };
  it('may be 0, slightly above by rounding, or -Infinity', () => {
    expect(checkLogProbabilities(file, 'log p', [0, 5e-5, -700, -Infinity]).ok).toBe(true);
  });
  it('are at most 0', () => {
    expect(reasonOf(checkLogProbabilities(file, 'log p', [-1, 0.001]))).toBe(
      'm: --model: the weights are no distribution: log p of image 1 is 0.00100000 nats, above 0: a probability above 1; train the model anew',
    );
    expect(checkLogProbabilities(file, 'log p', [Infinity]).ok).toBe(false);
  });
  it('are distinguished from class logits, which may be any number', () => {
    expect(checkClassLogits(file, [3, -Infinity, 1e30]).ok).toBe(true);
    const values = new Float64Array(30).fill(1);
    values[23] = NaN;
    expect(reasonOf(checkClassLogits(file, values))).toContain('class logit 3 of image 2 is no number');
  });
});
