import { afterEach, describe, expect, it, vi } from 'vitest';
import { MNIST_GRID, type PackedImages, pixelCount } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import type { Backend, LearnerState } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { scoreInTurns } from '../../../src/engine/backends/score.ts';
import { shardedGradient } from '../../../src/engine/backends/pool/gradient.ts';
import { partsOf, shardsFor } from '../../../src/engine/backends/pool/shards.ts';
import { initialState, referenceOf, zerosLike } from '../../../src/engine/backends/references.ts';
import {
  classifying,
  completeHyper,
  families,
  findFamily,
  trainingOf,
} from '../../../src/models/registry.ts';
import type { FamilySpec } from '../../../src/models/family-spec.ts';
import { numbers, randomImages, randomModel, smallHyper } from '../models/families.ts';
import { type Conduct, type FakeWorkers, fakeWorkers } from './fake-workers.ts';

const GRID = { width: 5, height: 4 };
const BATCH = 40;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

afterEach(() => {
  vi.useRealTimers();
});

function backendOf(fake: FakeWorkers | null): Backend {
  return createCpuBackend(undefined, fake?.pool ?? null);
}

function greyImages(count: number) {
  const next = numbers(11);
  const pixels = Uint8Array.from({ length: count * pixelCount(GRID) }, () => Math.floor(next() * 256));
  const labels = Uint8Array.from({ length: count }, () => Math.floor(next() * 10));
  return { grid: GRID, count, pixels, labels };
}

const IMAGES = greyImages(100);

function firstState({ id }: FamilySpec, shards?: number): LearnerState {
  const means = new Float64Array(pixelCount(GRID)).fill(0.5);
  const hyper = smallHyper(findFamily(id)!);
  return { ...initialState({ family: id, grid: GRID, hyper }, [means], [100], 1), shards };
}

function learnerOf(backend: Backend, spec: FamilySpec, state: LearnerState, batchSize = BATCH) {
  return backend.learner({
    family: spec.id,
    grid: GRID,
    hyper: smallHyper(spec),
    images: IMAGES,
    binarisation: { kind: 'dynamic', seed: 3 },
    batchSize,
    state,
  });
}

/** The state after some steps, the last of a smaller batch. */
async function trained(fake: FakeWorkers | null, spec: FamilySpec, shards: number): Promise<LearnerState> {
  await fake?.pool.started();
  const learner = await learnerOf(backendOf(fake), spec, firstState(spec, shards));
  for (let step = 0; step < 4; step++) {
    const count = step === 3 ? 2 : BATCH;
    const rows = Uint32Array.from({ length: count }, (_, k) => (step * 17 + 3 * k) % 100);
    await learner.step(rows, step, 0.05);
  }
  const state = await learner.state();
  learner.destroy();
  return state;
}

const descended = families.filter(
  (spec) => spec.training === 'descended' && !spec.refuses?.(GRID, smallHyper(spec)),
);

describe.each(descended.map((spec) => [spec.id, spec] as const))('training of %s', (_, spec) => {
  it('is the same bit for bit on 1, 2 and 4 threads, for a number of shards', async () => {
    const alone = await trained(null, spec, 3);
    expect(alone).toMatchObject({ step: 4, shards: 3 });
    for (const threads of [1, 2, 4]) {
      const fake = fakeWorkers(threads);
      expect(await trained(fake, spec, 3)).toEqual(alone);
      expect(fake.tasks.includes('gradient')).toBe(threads > 1);
      fake.pool.destroy();
    }
  });

  it('takes the gradient of the whole batch, but for rounding', async () => {
    const model = randomModel(spec.id, GRID, 1, 1, smallHyper(spec));
    const batch = randomImages(GRID, 41, 0.3);
    const targets = { labels: spec.task === 'classifier' ? IMAGES.labels.slice(0, 41) : null };
    const descent = referenceOf(spec.id).openGradient!(model);
    const [whole, cut] = [zerosLike(model.tensors), zerosLike(model.tensors)];
    const nats = descent.gradient(batch, whole, targets);
    expect(
      await shardedGradient(null, { model, simd: null, descent }, 3).gradient(batch, cut, targets),
    ).toBeCloseTo(nats, 3);
    for (const [name, tensor] of Object.entries(whole)) {
      const largest = tensor.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      expect(largest).toBeGreaterThan(0);
      tensor.forEach((value, i) => expect(Math.abs(cut[name][i] - value)).toBeLessThan(1e-5 * largest));
    }
  });
});

const nade = findFamily('nade')!;

/** A run whose steps are long enough for shards. */
function newRun(backend: Backend) {
  return learnerOf(backend, nade, firstState(nade), 2 ** 20);
}

describe('a worker that does not do its task', () => {
  it.each<[Conduct]>([['crashes'], ['no memory']])(
    '%s: the thread does it, to the same bits',
    async (how) => {
      const fake = fakeWorkers(3);
      fake.conduct = how;
      expect(await trained(fake, nade, 3)).toEqual(await trained(null, nade, 3));
      expect(fake.tasks.length).toBeGreaterThan(0);
      fake.pool.destroy();
    },
  );

  it('is started again after a crash, a few times', async () => {
    const fake = fakeWorkers(2);
    fake.conduct = 'crashes';
    for (let run = 0; run < 5; run++) await trained(fake, nade, 2);
    expect(fake.started).toBe(3);
    expect(fake.pool.threads).toBe(1);
    expect(fake.pool.failure).toBe('crashed');
    expect(backendOf(fake).description).toMatch(/one thread: .*crashed/);
  });

  it('is ended when it no longer answers', async () => {
    const fake = fakeWorkers(2, { patienceMs: 30 });
    fake.conduct = 'silent';
    expect(await trained(fake, nade, 2)).toEqual(await trained(null, nade, 2));
    expect(fake.ended).toBeGreaterThan(0);
    expect(fake.pool.failure).toBe('A worker no longer answered.');
  });

  it.each(['fails', 'throws'] as const)(
    'whose start %s: a new run has one shard, and it is said',
    async (how) => {
      const fake = fakeWorkers(2);
      fake.start = how;
      const backend = backendOf(fake);
      // Starts that fail are tried again.
      for (let start = 0; start < 3; start++) await fake.pool.started();
      expect((await newRun(backend)).shards).toBe(1);
      expect(fake.pool.threads).toBe(1);
      expect(backend.description).toMatch(how === 'fails' ? /did not load/ : /no workers here/);
    },
  );

  it('would have had a shard of a new run, which the state keeps', async () => {
    const fake = fakeWorkers(2);
    const learner = await newRun(backendOf(fake));
    expect(learner.shards).toBe(2);
    expect((await learner.state()).shards).toBe(2);
    // On another machine too.
    const elsewhere = await learnerOf(createCpuBackend(), nade, await learner.state());
    expect(elsewhere.shards).toBe(2);
    fake.pool.destroy();
  });

  it('whose start is never heard of: nothing waits for it', async () => {
    const fake = fakeWorkers(2, { startMs: 20 });
    fake.start = 'hangs';
    expect(await trained(fake, nade, 2)).toEqual(await trained(null, nade, 2));
    expect(fake.tasks).toEqual([]);
    fake.pool.destroy();
    expect(fake.ended).toBe(1);
  });
});

describe('reading many images', () => {
  const model = randomModel('nade', GRID, 1, 1, smallHyper(nade));
  const images = randomImages(GRID, 300, 0.3);

  it.each([1, 2, 4])('gives what one thread gives, on %i threads', async (threads) => {
    const fake = fakeWorkers(threads);
    await fake.pool.started();
    const own = await createCpuBackend().open(model);
    const spread = await backendOf(fake).open(model);
    expect(await spread.logLikelihood(images)).toEqual(await own.logLikelihood(images));
    expect(await spread.conditionalLogits(images)).toEqual(await own.conditionalLogits(images));
    expect(fake.tasks.includes('read')).toBe(threads > 1);
    const scores = await scoreInTurns(spread, { images, labels: null }, turn);
    expect(scores).toEqual(await own.logLikelihood(images));
    fake.pool.destroy();
  });

  it('leaves few images to this thread, at once', async () => {
    const fake = fakeWorkers(2);
    const spread = await backendOf(fake).open(model);
    await spread.logLikelihood(randomImages(GRID, 100, 0.3));
    expect(fake.started).toBe(0);
  });

  it('reads class models and classifiers', async () => {
    for (const [family, hyper] of [
      ['independent', classifying(findFamily('independent')!, smallHyper(findFamily('independent')!))!],
      ['logistic-regression', smallHyper(findFamily('logistic-regression')!)],
    ] as const) {
      const fake = fakeWorkers(3);
      await fake.pool.started();
      const classes = randomModel(family, GRID, 1, 1, hyper);
      const own = await createCpuBackend().open(classes);
      const spread = await backendOf(fake).open(classes);
      expect(await spread.classLogits!(images)).toEqual(await own.classLogits!(images));
      expect(fake.tasks.includes('read')).toBe(true);
      fake.pool.destroy();
    }
  });

  it('scores in the middle of a run by the weights of that moment', async () => {
    const fake = fakeWorkers(2);
    await fake.pool.started();
    const [own, spread] = await Promise.all(
      [null, fake].map((each) => learnerOf(backendOf(each), nade, firstState(nade, 2))),
    );
    for (let step = 0; step < 2; step++) {
      for (const learner of [own, spread]) await learner.step(indexRange(0, BATCH), step, 0.1);
      expect(await spread.logLikelihood(images, null)).toEqual(await own.logLikelihood(images, null));
    }
    fake.pool.destroy();
  });
});

describe('drawing many images', () => {
  const model = randomModel('nade', GRID, 1, 1, smallHyper(nade));
  const request = { seed: 5, indices: indexRange(3, 200), temperature: 1 };

  async function drawn(
    fake: FakeWorkers | null,
    between: () => void = () => undefined,
  ): Promise<PackedImages> {
    await fake?.pool.started();
    const evaluator = await backendOf(fake).open(model);
    const sampler = await evaluator.sampler(request);
    await sampler.advance(7);
    const early = await sampler.images();
    expect(early.count).toBe(200);
    between();
    await sampler.advance(100);
    expect(sampler.position).toBe(pixelCount(GRID));
    const all = await sampler.images();
    sampler.destroy();
    evaluator.destroy();
    return all;
  }

  it('draws the same images on 1 and 3 threads', async () => {
    for (const threads of [1, 3]) {
      const fake = fakeWorkers(threads);
      expect(await drawn(fake)).toEqual(await drawn(null));
      expect(fake.tasks.includes('advance')).toBe(threads > 1);
      fake.pool.destroy();
    }
  });

  it('draws the images of a worker that ends meanwhile again', async () => {
    const fake = fakeWorkers(3);
    expect(await drawn(fake, () => (fake.conduct = 'crashes'))).toEqual(await drawn(null));
    fake.pool.destroy();
  });
});

describe('the pool', () => {
  it('ends idle workers, and starts them again', async () => {
    const fake = fakeWorkers(3, { idleMs: 30 });
    await trained(fake, nade, 3);
    await vi.waitFor(() => expect(fake.ended).toBe(2));
    expect(fake.waited.size).toBe(0);
    fake.tasks.length = 0;
    expect(await trained(fake, nade, 3)).toEqual(await trained(null, nade, 3));
    expect(fake.tasks.length).toBeGreaterThan(0);
    expect(fake.pool.failure).toBeNull();
    fake.pool.destroy();
    expect(fake.ended).toBe(4);
  });

  it('starts workers for long work alone', async () => {
    const pieces = (fake: FakeWorkers) =>
      Promise.all(
        Array.from({ length: 4 }, () =>
          fake.pool.run({ here: () => 1, there: () => Promise.reject(new Error('not here')) }),
        ),
      );
    const [brief, long] = [fakeWorkers(2), fakeWorkers(2, { startAfterMs: 0 })];
    expect(await pieces(brief)).toEqual([1, 1, 1, 1]);
    expect(brief.started).toBe(0);
    expect(await pieces(long)).toEqual([1, 1, 1, 1]);
    expect(long.started).toBe(1);
    long.pool.destroy();
  });

  it('rejects what waits when it is destroyed, and what comes later', async () => {
    const fake = fakeWorkers(2);
    await fake.pool.started();
    const evaluator = await backendOf(fake).open(randomModel('nade', GRID, 1, 1, smallHyper(nade)));
    const waiting = evaluator.logLikelihood(randomImages(GRID, 900, 0.3));
    fake.pool.destroy();
    await expect(waiting).rejects.toThrow(/have been ended/);
    await expect(evaluator.logLikelihood(randomImages(GRID, 900, 0.3))).rejects.toThrow(/have been ended/);
    expect(fake.waited.size).toBe(0);
  });

  it('rejects with what a piece throws here', async () => {
    const fake = fakeWorkers(2);
    const broken = {
      here: () => {
        throw new Error('here too');
      },
      there: () => Promise.reject(new Error('there')),
    };
    await expect(fake.pool.run(broken)).rejects.toThrow('here too');
    fake.pool.destroy();
  });

  it('lets workers forget what is not needed any more', async () => {
    const fake = fakeWorkers(2);
    await fake.pool.started();
    const [worker] = fake.pool.ready();
    worker.keep(7, () => ({
      kind: 'model',
      model: randomModel('nade', GRID, 1, 1, smallHyper(nade)),
      simd: null,
    }));
    const read = () =>
      worker.call<'read'>({ kind: 'read', of: 7, what: 'logLikelihood', images: randomImages(GRID, 3, 0.3) });
    await expect(read()).resolves.toHaveLength(3);
    fake.pool.forget(7);
    await expect(read()).rejects.toThrow(/unknown to this worker/);
    fake.pool.destroy();
  });
});

describe('the number of shards', () => {
  const costOf = (id: string, batchSize?: number) => {
    const spec = findFamily(id)!;
    return {
      batchSize: batchSize ?? trainingOf(spec).batchSize,
      numbers: spec.parameterCount(MNIST_GRID, completeHyper(spec)),
      uses: spec.uses!(MNIST_GRID),
    };
  };

  it.each([
    // Convolutions use their weights at every pixel: eight images are work for a thread.
    ['sparse-pixelcnn', 2, 2],
    ['sparse-pixelcnn', 8, 2],
    ['pixelcnn', 8, 2],
    ['nade', 2, 2],
    ['nade', 8, 3],
    // Copying weights and adding gradients would take longer than what another thread takes over.
    ['made', 8, 1],
    ['fvsbn', 8, 1],
    ['logistic-regression', 8, 1],
  ] as const)('of %s on %i threads is %i', (id, threads, shards) => {
    expect(shardsFor(threads, costOf(id))).toBe(shards);
    expect(shardsFor(1, costOf(id))).toBe(1);
  });

  it('grows with the batch, as long as the copies of the weights fit', () => {
    expect(shardsFor(8, costOf('fvsbn', 65_536))).toBe(8);
    expect(shardsFor(8, costOf('nade', 65_536))).toBe(8);
    expect(shardsFor(8, { batchSize: 128, numbers: 10_000_000, uses: 784 })).toBe(1);
  });

  it('is one where a step is so short that messages would take longer', () => {
    expect(shardsFor(8, { batchSize: 128, numbers: 1225, uses: 9 })).toBe(1);
  });

  it('cuts every batch into parts that hold each image once', () => {
    for (const total of [0, 1, 5, 128])
      for (const parts of [1, 3, 8]) {
        const cut = partsOf(total, parts);
        expect(cut).toHaveLength(parts);
        let next = 0;
        for (const { first, count } of cut) {
          expect(first).toBe(next);
          next += count;
        }
        expect(next).toBe(total);
      }
  });
});
