import { execFile, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readResults } from '../../../src/models/results-reading.ts';
import { cliInProcess } from './in-process.ts';
import { cli, type Ended, launcher, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);

/** A name that a shell would take apart in every way. */
const ODD = `it's "odd" $HOME \`x\` & more; é`;
const CALL = `'${process.execPath}' '${launcher}'`;

const plan = {
  data: { images: `${ODD}/train.idx`, 'test-images': `${ODD}/test.idx` },
  models: [{ family: 'neighbours', k: 2 }, { family: 'tree' }],
  seeds: [1, 2],
};

beforeAll(() => {
  mkdirSync(join(folder, ODD));
  for (const name of ['train.idx', 'test.idx']) copyFileSync(join(folder, name), join(folder, ODD, name));
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
});

function shell(script: string, env: Record<string, string> = {}, program = 'sh'): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      program,
      ['-c', script],
      { cwd: folder, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
      },
    );
  });
}

async function sweep(results: string, ...more: string[]): Promise<Ended> {
  return await cli(folder, ['sweep', '--plan', 'plan.json', '--results', results, '--call', CALL, ...more]);
}

const linesOf = ({ stdout }: Ended) => stdout.split('\n').filter((line) => line !== '');
const resultsIn = (name: string) =>
  readdirSync(join(folder, name))
    .filter((each) => each.endsWith('.json'))
    .sort();

describe('a sweep', () => {
  const results = `${ODD}/results`;

  it('prints lines that sh runs whatever the paths hold, and leaves out what is done', async () => {
    const first = await sweep(results);
    expect(first.code).toBe(0);
    expect(first.stderr).toBe('plan.json: 4 of 4 runs printed\n');
    expect(linesOf(first)).toHaveLength(4);
    expect((await sweep(results)).stdout).toBe(first.stdout);
    const ran = await shell(first.stdout);
    expect(ran.stderr).toBe('');
    expect(resultsIn(results)).toHaveLength(4);
    expect(
      resultsIn(results).filter((name) => /^neighbours-k2-s[12]-[\da-f]{16}\.json$/.test(name)),
    ).toHaveLength(2);

    const after = await sweep(results);
    expect(after.stdout).toBe('');
    expect(after.stderr).toBe('plan.json: 0 of 4 runs printed; 4 have results\n');
    expect((await sweep(results, '--all')).stdout).toBe(first.stdout);
  });

  it('runs again what is missing, cut short, damaged or of other settings', async () => {
    const [gone, cut, other, whole] = resultsIn(results);
    const at = (name: string) => join(folder, results, name);
    const before = readFileSync(at(cut));
    rmSync(at(gone));
    writeFileSync(at(cut), before.subarray(0, before.length - 4));
    copyFileSync(at(whole), at(other));
    const again = await sweep(results);
    const named = linesOf(again).map((line) => /([\w-]+\.json)'$/.exec(line)?.[1]);
    expect(named.sort()).toEqual([gone, cut, other].sort());
    expect(again.stderr).toMatch(
      /3 of 4 runs printed; 1 have results; 2 files are made again \(.*: is not JSON/,
    );
    expect((await shell(again.stdout)).stderr).toBe('');
    expect((await sweep(results)).stdout).toBe('');
    // Figures of the same settings are the same; only the time differs.
    const read = readResults(readFileSync(at(cut)), cut);
    const earlier = readResults(before, cut);
    expect(read.ok && earlier.ok && { ...read.value[0], seconds: 0 }).toEqual(
      earlier.ok && { ...earlier.value[0], seconds: 0 },
    );
  });

  it('is merged into a table and one file, and a foreign file is named', async () => {
    const merged = await cli(folder, ['leaderboard', '--results', results, '--out', 'merged.json']);
    expect(merged.code).toBe(0);
    expect(merged.stdout).toMatch(
      /train\.idx, 60 images of 6x5 pixels, binarisation stochastic:0\nmodel +test nats/,
    );
    const rows = merged.stdout.split('\n').filter((line) => /^(neighbours k 2|tree) /.test(line));
    expect(rows).toHaveLength(2);
    for (const row of rows) expect(row).toMatch(/ \d+\.\d{3} ± \d\.\d{3} +\d\.\d{3} +2 /);
    const read = readResults(readFileSync(join(folder, 'merged.json')), 'merged.json');
    expect(read.ok && read.value.map(({ seed }) => seed)).toEqual([1, 2, 1, 2]);

    writeFileSync(join(folder, results, 'notes.json'), '{"format":"other"}');
    // The merged file beside the others adds nothing.
    copyFileSync(join(folder, 'merged.json'), join(folder, results, 'all.json'));
    const again = await cli(folder, ['leaderboard', '--results', results, '--out', 'again.json']);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(
      /^1 of 6 files are left out: .*notes\.json: format: is not "inkling-results"/,
    );
    expect(readFileSync(join(folder, 'again.json'))).toEqual(readFileSync(join(folder, 'merged.json')));
  });

  it('is a script for Slurm, whose indices do every line once and whose lines can be resumed', async () => {
    const script = await sweep('slurm results', '--format', 'slurm', '--tasks', '3');
    expect(script.stdout).toContain('#SBATCH --array=1-3\n');
    writeFileSync(join(folder, 'sweep.sh'), script.stdout);
    expect(await shell('bash -n sweep.sh')).toMatchObject({ code: 0, stderr: '' });
    const job = (index: string) => shell('bash sweep.sh', { SLURM_ARRAY_TASK_ID: index });
    const made: number[] = [];
    for (const index of ['1', '2', '3']) {
      expect(await job(index)).toMatchObject({ code: 0, stderr: '' });
      made.push(resultsIn('slurm results').length);
    }
    expect(made).toEqual([2, 3, 4]);
    // Names follow from the settings, not from the form.
    expect(resultsIn('slurm results')).toEqual(
      resultsIn(results).filter((name) => !['all.json', 'notes.json'].includes(name)),
    );
    const [first] = resultsIn('slurm results');
    rmSync(join(folder, 'slurm results', first));
    const texts = await Promise.all(['1', '2', '3'].map(job));
    expect(texts.filter(({ stdout }) => stdout !== '')).toHaveLength(1);
    expect(resultsIn('slurm results')).toHaveLength(4);
    expect(await job('')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('SLURM_ARRAY_TASK_ID') as string,
    });
  });

  it('keeps the models on request', async () => {
    const first = linesOf(await sweep('kept', '--models')).at(0);
    expect((await shell(first ?? '')).stderr).toBe('');
    expect(readdirSync(join(folder, 'kept')).map((name) => /[^.]+$/.exec(name)?.[0])).toEqual([
      'json',
      'safetensors',
    ]);
  });
});

describe('a result', () => {
  const long = [
    ...[
      'train',
      '--family',
      'made',
      '--images',
      'train.idx',
      '--test-images',
      'test.idx',
      '--epochs',
      '100000',
    ],
    ...['--valid-share', '0', '--result', 'stopped.json'],
  ];

  it.each([['SIGTERM'], ['SIGKILL']] as const)('is not there after %s', async (signal) => {
    const run = spawn(process.execPath, [launcher, ...long, '--curve', `${signal}.csv`], { cwd: folder });
    let text = '';
    run.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => run.on('close', resolve));
    while (!existsSync(join(folder, `${signal}.csv`)))
      await new Promise((resolve) => setTimeout(resolve, 50));
    run.kill(signal);
    expect(await ended).toBe(signal === 'SIGTERM' ? 1 : null);
    if (signal === 'SIGTERM')
      expect(text).toMatch(/^stopped.json: --result: not written, because the run was stopped/);
    expect(existsSync(join(folder, 'stopped.json'))).toBe(false);
  });

  it('says what the run reached, and with which settings', async () => {
    const ended = await cliInProcess([
      ...['train', '--family', 'fvsbn', '--class-conditional', '--images', join(folder, 'train.idx')],
      ...['--labels', join(folder, 'train-labels.idx'), '--test-images', join(folder, 'test.idx')],
      ...[
        '--test-labels',
        join(folder, 'test-labels.idx'),
        '--binarise',
        'dynamic:7',
        '--epochs',
        '2',
        '--seed',
        '5',
      ],
      ...['--batch', '10', '--valid-last', '12', '--result', join(folder, 'own.json'), '--json'],
    ]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const report = JSON.parse(ended.stdout) as { test: { meanLogLikelihood: number }; accuracy: object };
    const read = readResults(readFileSync(join(folder, 'own.json')), 'own.json');
    const run = read.ok ? read.value[0] : null;
    expect(run).toMatchObject({
      family: 'fvsbn',
      seed: 5,
      binarisation: { kind: 'dynamic', seed: 7 },
      how: expect.stringMatching(
        /^epochs 2, batch 10, learning-rate 0.01, targets soft, valid-last 12, labels [\da-f]{12}$/,
      ) as string,
      dataset: {
        name: 'train.idx',
        images: 60,
        id: expect.stringMatching(/^idx-[\da-f]{12}-[\da-f]{12}$/) as string,
      },
      train: { images: 48 },
      validation: { images: 12 },
      test: { images: 24, nats: -report.test.meanLogLikelihood },
      accuracy: report.accuracy,
      diverged: false,
    });
  });
});

it('the plan of docs/beyond-one-machine.md is one', async () => {
  const guide = readFileSync(new URL('../../../docs/beyond-one-machine.md', import.meta.url), 'utf8');
  const text = /```json\n(.*?)```/s.exec(guide)?.[1] ?? '';
  // Its paths are those of the checkout, which the tests need not run in.
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  writeFileSync(join(folder, 'guide.json'), text.replaceAll('"node_modules/', `"${root}node_modules/`));
  const args = ['sweep', '--plan', join(folder, 'guide.json'), '--results', join(folder, 'none'), '--json'];
  const ended = await cliInProcess(args);
  const { left } = JSON.parse(ended.stdout) as { left: { line: string }[] };
  expect(left).toHaveLength(27);
  expect(new Set(left.map(({ line }) => /--family ([\w-]+)/.exec(line)?.[1]))).toEqual(
    new Set(['neighbours', 'tree', 'chain', 'made', 'fvsbn']),
  );
});

describe('a plan is refused, and the field is named, where', () => {
  const at = (name: string) => join(folder, name);
  const base = () => ({
    data: { images: at('train.idx'), 'test-images': at('test.idx') },
    models: [{ family: 'tree' }] as object[],
    seeds: [1] as unknown,
  });
  const many = Array.from({ length: 400 }, (_, i) => i + 1);

  it.each<[string, object, string]>([
    [
      'a family is unknown',
      { models: [{ family: ['tree', 'tee'] }] },
      'models[0].family[1]: "tee" is none of full-joint,',
    ],
    [
      'a hyper-parameter is unknown',
      { models: [{ family: 'tree', colour: 1 }] },
      'models[0]: "colour": no family has',
    ],
    [
      'a hyper-parameter is of another family',
      { models: [{ family: 'tree', k: 2 }] },
      'models[0].k: tree has no such hyper-parameter',
    ],
    [
      'a value is out of its range',
      { models: [{ family: 'neighbours', k: [2, 99] }] },
      'models[0].k[1]: 99 is outside 1 to 14',
    ],
    [
      'a value stands there twice',
      { models: [{ family: 'neighbours', k: [2, 2] }] },
      'models[0].k[1]: 2 stands there twice',
    ],
    ['a list is empty', { models: [{ family: 'neighbours', k: [] }] }, 'models[0].k: is an empty list'],
    [
      'a flag is a text',
      { models: [{ family: 'tree', 'class-conditional': 'yes' }] },
      'models[0].class-conditional: is neither true nor false',
    ],
    [
      'a number is true',
      { models: [{ family: 'tree' }], epochs: true },
      'epochs: is true, but a value is needed',
    ],
    ['a seed is no whole number', { seeds: [1, 1.5] }, 'seeds[1]: 1.5 is not a whole number'],
    ['a seed is missing', { seeds: undefined }, 'seeds: missing'],
    [
      'images are missing',
      { data: { images: at('none.idx'), 'test-images': at('test.idx') } },
      'data.images: ',
    ],
    ['test images are not named', { data: { images: at('train.idx') } }, 'data.test-images: missing'],
    [
      'a path has a line break',
      { data: { images: 'a\nb', 'test-images': at('test.idx') } },
      'data.images: has a character',
    ],
    ['a family does not take the grid', { models: [{ family: 'full-joint' }] }, 'models[0]: '],
    [
      'labels are missing',
      { models: [{ family: 'naive-bayes' }] },
      'models[0].labels: missing, and naive-bayes learns',
    ],
    ['a binarisation is unknown', { binarise: 'grey' }, 'binarise: binarisation: "grey" is none of'],
    ['a backend is unknown', { backend: ['cpu', 'tpu'] }, 'backend[1]: "tpu" is none of cpu, webgpu'],
    ['a field is unknown', { seed: [1] }, '"seed": is none of data, models, seeds,'],
    [
      'its product is too large',
      {
        models: [
          { family: 'neighbours', k: [1, 2] },
          { family: 'tree', strength: many, 'valid-share': many.map((i) => i / 1000) },
        ],
      },
      'models: 160,002 runs, more than 100,000: models[1] has the most of them',
    ],
  ])('%s', async (_, changes, reason) => {
    writeFileSync(at('wrong.json'), JSON.stringify({ ...base(), ...changes }));
    const ended = await cliInProcess(['sweep', '--plan', at('wrong.json'), '--results', at('none')]);
    expect(ended.stderr).toContain(`${at('wrong.json')}: ${reason}`);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
  });

  it('it is no JSON, or a key stands twice', async () => {
    for (const [text, reason] of [
      ['{', 'is not JSON'],
      ['[]', 'is not a JSON object'],
      ['{"seeds":[1],"seeds":[2]}', 'the key "seeds" stands twice'],
    ]) {
      writeFileSync(at('wrong.json'), text);
      const ended = await cliInProcess(['sweep', '--plan', at('wrong.json'), '--results', at('none')]);
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toContain(`wrong.json: ${reason}`);
    }
  });

  it('settings that a family does not look at make one run of several', async () => {
    const models = [{ family: ['tree', 'fvsbn'] }];
    writeFileSync(
      at('shared.json'),
      JSON.stringify({ ...base(), models, epochs: 1, 'learning-rate': [0.01, 0.02] }),
    );
    const ended = await cliInProcess([
      'sweep',
      '--plan',
      at('shared.json'),
      '--results',
      at('none'),
      '--json',
    ]);
    const { left } = JSON.parse(ended.stdout) as { left: { name: string }[] };
    expect(left.map(({ name }) => name.replace(/-[^-]+$/, ''))).toEqual(['tree-s1', 'fvsbn-s1', 'fvsbn-s1']);
  });
});
