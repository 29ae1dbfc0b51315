import { expect, it } from 'vitest';
import { Reference } from '../../bench/agreement.ts';
import type { MeasuredRow, Ports } from '../../bench/measure.ts';
import { RowBench, TooSlow, unitsOf, USUAL } from '../../bench/measure.ts';
import { readOptions } from '../../bench/options.ts';
import { median, spread } from '../../bench/statistics.ts';
import { standings, standingTable } from '../../bench/table.ts';
import type { Contender, Request, Row } from '../../bench/tasks.ts';
import { blankImages, MNIST_GRID } from '../../../src/data/images.ts';
import type { Definition } from '../../../src/models/reference.ts';

it('takes the middle value, or the mean of the two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(spread([5, 1, 9])).toEqual({ median: 5, lowest: 1, highest: 9 });
  expect(() => median([])).toThrow('no values');
});

const row: Row = { family: 'nade', weights: 'trained', work: 'score' };

function measured(rates: Readonly<Partial<Record<Contender, number>>>): MeasuredRow {
  const entries = Object.entries(rates) as [Contender, number][];
  return {
    ...row,
    unit: 'images',
    absent: [],
    wrong: [],
    measured: entries.map(([contender, rate]) => ({
      contender,
      description: contender,
      amount: { images: 1000, pixels: 784, steps: 1 },
      repeats: 3,
      wall: spread([rate]),
      processor: spread([rate]),
    })),
  };
}

it('sets the best of ours beside the best peer of its kind, plain loops counting on the processor', () => {
  const found = standings([
    measured({
      plain: 30,
      typed: 10,
      simd: 20,
      'tfjs-wasm': 5,
      webgpu: 3,
      'tfjs-webgpu': 2,
      'jax-webgpu': 4,
    }),
  ]);
  expect(found.map(({ ours, peer, ratio }) => [ours.contender, peer.contender, ratio])).toEqual([
    ['simd', 'plain', 20 / 30],
    ['webgpu', 'jax-webgpu', 0.75],
  ]);
  expect(standingTable(found).split('\n')).toHaveLength(4);
  expect(standings([measured({ simd: 20, webgpu: 1 })])).toEqual([]);
});

it('counts an image that is drawn in part as that part', () => {
  const amount = { images: 64, pixels: 392, steps: 2 };
  expect(unitsOf({ ...row, work: 'sample 64' }, amount)).toBe(32);
  expect(unitsOf(row, amount)).toBe(64);
  expect(unitsOf({ ...row, work: 'train' }, amount)).toBe(2);
});

const definition = { logLikelihood: () => -1 } as unknown as Definition;
const reference = new Reference(
  { family: 'nade', grid: MNIST_GRID, hyper: {}, tensors: {} },
  definition,
  blankImages(MNIST_GRID, 4),
  4,
);

/** Contenders that take `milliseconds` an image, and score it with -1 nat or what `score` says. */
function fake(milliseconds: number, score: Readonly<Partial<Record<Contender, number>>> = {}) {
  const asked: string[] = [];
  let spent = 0;
  const ports: Ports = {
    ask(contender: Contender, request: Request) {
      if (request.call === 'open')
        return Promise.resolve({ ok: true, description: contender, wholeImages: true, pixels: 784 });
      const { amount, times, wanted } = request;
      asked.push(`${contender} ${amount.images}`);
      spent += (amount.images * times * milliseconds) / 1000;
      const outcome = wanted ? new Array<number>(amount.images).fill(score[contender] ?? -1) : [];
      return Promise.resolve({ milliseconds: amount.images * times * milliseconds, outcome });
    },
    processorTime: () => Promise.resolve(spent),
    tell: () => undefined,
  };
  return { ports, asked };
}

it('times all contenders in turn, round by round', async () => {
  const { ports, asked } = fake(1);
  const found = await new RowBench(row, reference, USUAL, ports).run(['simd', 'tfjs-wasm'], 4);
  expect(asked.slice(-4)).toEqual(['simd 1000', 'tfjs-wasm 1000', 'simd 1000', 'tfjs-wasm 1000']);
  expect(found.measured.map(({ wall }) => Math.round(wall.median))).toEqual([1000, 1000]);
  expect(Math.round(found.measured[1].processor.median)).toBe(1000);
});

it('gives a slow contender fewer images, and the rate stays that of one image', async () => {
  const { ports, asked } = fake(100);
  const found = await new RowBench(row, reference, USUAL, ports).run(['ort-wasm'], 4);
  expect(asked.at(-1)).toBe(`ort-wasm ${USUAL.most * 10}`);
  expect(found.measured[0].wall.median).toBeCloseTo(10);
});

it('refuses a contender that computes something else', async () => {
  const { ports } = fake(1, { 'jax-wasm': -1.01 });
  const found = await new RowBench(row, reference, USUAL, ports).run(['simd', 'jax-wasm'], 4);
  expect(found.measured.map(({ contender }) => contender)).toEqual(['simd']);
  expect(found.wrong).toEqual([
    {
      contender: 'jax-wasm',
      reason: expect.stringMatching(/disagrees with the definition: log p of image 0/) as string,
    },
  ]);
});

it('compares with the definition without timing anything', async () => {
  const { ports, asked } = fake(1, { 'jax-wasm': -2 });
  const bench = new RowBench(row, reference, USUAL, ports);
  const found = await bench.check(['simd', 'jax-wasm', 'ort-wasm'], 4);
  expect(asked).toEqual(['simd 4', 'jax-wasm 4', 'ort-wasm 4']);
  expect(found.right).toEqual(['simd', 'ort-wasm']);
  expect(found.wrong.map(({ contender }) => contender)).toEqual(['jax-wasm']);
});

it('leaves out a contender that takes too long, and fails for one that ends while it is timed', async () => {
  const { ports } = fake(1);
  let runs = 0;
  const ask: Ports['ask'] = (contender, request) => {
    if (contender === 'jax-webgpu') return Promise.reject(new TooSlow('no answer within 60 s'));
    if (contender === 'tfjs-webgpu' && request.call === 'run' && ++runs > 5)
      return Promise.reject(new Error('lost'));
    return ports.ask(contender, request);
  };
  const bench = new RowBench(row, reference, USUAL, { ...ports, ask });
  const found = await bench.run(['webgpu', 'tfjs-webgpu', 'jax-webgpu'], 4);
  expect(found.measured.map(({ contender }) => contender)).toEqual(['webgpu']);
  expect(found.absent).toEqual([{ contender: 'jax-webgpu', reason: 'no answer within 60 s' }]);
  expect(found.wrong).toEqual([{ contender: 'tfjs-webgpu', reason: 'while it was timed: lost' }]);
});

it('chooses rows and contenders by name', () => {
  const { rows, contenders } = readOptions([
    '--only',
    'nade',
    '--work',
    'sample,train',
    '--beside',
    'simd,webgpu',
  ]);
  expect(rows.map(({ work, weights }) => `${work} ${weights}`)).toEqual([
    'sample 64 random',
    'sample 64 trained',
    'sample 1 random',
    'sample 1 trained',
    'train trained',
  ]);
  expect(contenders).toEqual(['simd', 'webgpu', 'tfjs-webgpu', 'jax-webgpu', 'ort-webgpu']);
  expect(() => readOptions(['--only', 'made'])).toThrow('--only: "made" is none of fvsbn, nade');
  expect(readOptions(['--check', '--limit', '90'])).toMatchObject({ check: true, limit: 90_000 });
  expect(() => readOptions(['--limit', '0'])).toThrow('--limit: "0" is not from 1 to 3600 seconds');
});
