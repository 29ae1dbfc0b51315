import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { divergenceText } from '../../../src/cli/train-report.ts';
import { COMMON, readOptions } from '../../../src/cli/options.ts';
import { readTrainCommand } from '../../../src/cli/train-command.ts';
import { trainOptions } from '../../../src/cli/train-options.ts';
import { decodeModel } from '../../../src/models/model-file.ts';
import { cliInProcess } from './in-process.ts';
import { workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);
const at = (name: string) => join(folder, name);

const given = { family: 'fvsbn', images: at('train.idx'), epochs: '30', batch: '16' };
const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);

describe('a run that diverges', () => {
  it('ends with code 1, its summary, its model, and one line that names the remedy', async () => {
    const run = ['train', ...args, '--learning-rate', '10', '--out', at('far'), '--json'];
    const ended = await cliInProcess(run);
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ ended: 'finished', diverged: true, out: at('far') });
    expect(ended.stderr).toMatch(
      /^--learning-rate: training diverged: at step 120 log p\(x\) was -\d+\.\d nats an image, .+ -20\.8; .+far was written all the same: try a smaller rate than 10\n$/,
    );
    expect(decodeModel(new Uint8Array(readFileSync(at('far'))), 'far').ok).toBe(true);
    const near = await cliInProcess(['train', ...args, '--json']);
    expect(near).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(near.stdout)).toMatchObject({ diverged: false });
  });

  it('reports numbers that are not finite, and what was written', () => {
    const values = new Map(Object.entries({ ...given, out: at('kept') }));
    const read = readOptions({ ...trainOptions, ...COMMON }, values);
    const command = read.ok ? readTrainCommand(read.value) : read;
    if (!command.ok) throw new Error(command.reason);
    expect(divergenceText(command.value, { step: 1200, nats: NaN, uniform: 20.794 })).toBe(
      `--learning-rate: training diverged: at step 1,200 log p(x) was no finite number, and a model that knows nothing has -20.8; ${at('kept')} holds the best weights of before: try a smaller rate than ${command.value.learningRate}`,
    );
    const large = { step: 5, nats: 26_596_151, uniform: 543.4 };
    expect(divergenceText({ ...command.value, out: null }, large)).toContain(
      'was -26,596,151.0 nats an image, and a model that knows nothing has -543.4: try a smaller rate',
    );
  });
});

describe('a learning curve of which a model diverges', () => {
  afterEach(() => vi.doUnmock('../../../src/engine/training/trainer.ts'));

  it.each([[['--json']], [[]]])('ends with code 1, its table, and one line %j', async (json) => {
    vi.resetModules();
    vi.doMock(import('../../../src/engine/training/trainer.ts'), async (original) => {
      const real = await original();
      return {
        ...real,
        train: async (job, hooks) => {
          const outcome = await real.train(job, hooks);
          const diverged = { step: 1200, nats: NaN, uniform: Math.log(10) };
          const diverges = job.training === 'descended' && job.images.count === 20;
          return outcome.ok && diverges ? { ok: true, value: { ...outcome.value, diverged } } : outcome;
        },
      };
    });
    const { cliInProcess: run } = await import('./in-process.ts');
    const files = ['--images', at('train.idx'), '--labels', at('train-labels.idx')];
    const tests = ['--test-images', at('test.idx'), '--test-labels', at('test-labels.idx')];
    const sizes = ['--sizes', '10,20', '--repeats', '1'];
    const ended = await run(['learning-curve', ...files, ...tests, ...sizes, ...json]);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain(json.length > 0 ? '"diverged":1' : 'naive-bayes and logistic-regression');
    expect(ended.stderr).toMatch(
      /^--discriminative: with 20 images training diverged: at step 1,200 log p\(y\|x\) was no finite number, .+ -2\.3; .+: try another family\n$/,
    );
  });
});
