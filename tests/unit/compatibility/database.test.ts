import 'fake-indexeddb/auto';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { recordOf } from '../../../src/app/compare/counted-models.ts';
import { readStored } from '../../../src/app/leaderboard/stored.ts';
import { binarise } from '../../../src/data/binarise.ts';
import { readIdx } from '../../../src/data/idx.ts';
import type { GreyImages } from '../../../src/data/images.ts';
import type { Result } from '../../../src/data/result.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { jobOf } from '../../../src/engine/job.ts';
import { RunControl } from '../../../src/engine/training/run-control.ts';
import { train } from '../../../src/engine/training/trainer.ts';
import { decodeModel } from '../../../src/models/model-file.ts';
import { openStore } from '../../../src/store/db.ts';
import type { DatasetRecord, ModelRecord, RunRecord } from '../../../src/store/records.ts';
import type { Store } from '../../../src/store/store.ts';
import { type DumpedBoard, readVisit, restore } from '../../fixtures/database/visit.ts';

const visit = readVisit();
const [database] = visit.databases;

/** The records of a table as they were stored, the oldest first. */
function recordsOf<T>(table: string): T[] {
  const rows = database.stores.find(({ name }) => name === table)!.rows;
  const age = (record: unknown) => {
    const { createdAt, startedAt } = record as { createdAt?: number; startedAt?: number };
    return createdAt ?? startedAt ?? 0;
  };
  return rows.map(({ record }) => record as T).sort((a, b) => age(a) - age(b));
}

async function must<T>(promise: Promise<Result<T>>): Promise<T> {
  const result = await promise;
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

const onSetAside = vi.fn();
let store: Store;
beforeAll(async () => {
  await restore(database);
  // Under its usual name.
  store = await openStore({ onSetAside });
});

/** The images of the set that most models learnt from. */
async function strokes(): Promise<GreyImages> {
  const { id } = (await must(store.datasets())).find(({ name }) => name === 'strokes')!;
  const payload = await must(store.payload(id));
  return await must(Promise.resolve(readIdx(payload!.images, payload!.labels)));
}

describe('a database of 0.1.0', () => {
  it('is the one that the app opens, and nothing in it is damaged', async () => {
    expect(visit.databases).toHaveLength(1);
    expect(store.kept).toBe(true);
    for (const read of [store.datasets(), store.models(), store.runs()]) await must<unknown>(read);
    expect(await must(store.setAside())).toEqual([]);
    expect(onSetAside).not.toHaveBeenCalled();
  });

  it('keeps its data sets, their drawings and their files', async () => {
    const datasets = await must(store.datasets());
    expect(datasets).toEqual(recordsOf<DatasetRecord>('datasets'));
    expect(datasets.map(({ name, count, origin }) => [name, count, origin])).toEqual([
      ['Three by hand', 3, 'drawn'],
      ['strokes', 40, 'imported'],
      ['large', 12, 'imported'],
      ['My 4 × 4 drawings', 3, 'drawn'],
    ]);
    const drawings = recordsOf<{ datasetId: string }>('drawings');
    const payloads = recordsOf<{ datasetId: string }>('payloads');
    for (const { id, count, origin } of datasets) {
      const own = await must(store.drawings(id));
      expect(own).toEqual(drawings.filter(({ datasetId }) => datasetId === id));
      expect(own).toHaveLength(origin === 'drawn' ? count : 0);
      const payload = await must(store.payload(id));
      expect(payload).toEqual(payloads.find(({ datasetId }) => datasetId === id) ?? null);
      if (payload) {
        const images = readIdx(payload.images, payload.labels);
        expect(images.ok && images.value.count).toBe(count);
      }
    }
  });

  it('keeps its models', async () => {
    const models = await must(store.models());
    expect(models).toEqual(recordsOf<ModelRecord>('models'));
    expect(models.map(({ name }) => name)).toEqual([
      'Independent pixels, My drawings',
      'Tree, 4 × 4, strokes',
      'Nearest neighbours, k = 3, pixel mean, one model per class, 4 × 4, strokes',
      'Mixture (EM), components = 3, 4 × 4, strokes',
      'Logistic regression, 4 × 4, strokes',
      'Masked autoencoder (MADE), hidden = 4, layers = 2, orders = 3, 4 × 4, strokes',
      'Logistic (FVSBN), serpentine, 4 × 4, strokes',
    ]);
  });

  it('has no field in a model that one trained now lacks', () => {
    // Another tab may run it. What lacks a field there is set aside as damaged.
    const { id, name, family, grid, hyper, tensors, dataset, createdAt, ...settings } =
      recordsOf<ModelRecord>('models')[0];
    const { epochs, seconds, backend, train: own, validation, curve } = settings;
    const outcome = { ended: 'finished', step: 1, diverged: null, train: own, validation } as const;
    const measured = { ...outcome, epochs, seconds, backend, curve };
    const trained = recordOf(
      settings,
      { model: { family, grid, hyper, tensors }, ...measured },
      { id, name, dataset, createdAt },
    );
    for (const [field, value] of Object.entries(recordsOf<ModelRecord>('models')[0])) {
      const now = (trained as unknown as Record<string, unknown>)[field];
      expect(Object.prototype.toString.call(now), field).toBe(Object.prototype.toString.call(value));
    }
  });

  it('keeps its settings and the leaderboard', async () => {
    const settings = recordsOf<{ key: string; value: unknown }>('settings');
    expect(settings.map(({ key }) => key)).toEqual(['drawing', 'drawing 3', 'drawing 4', 'leaderboard']);
    for (const { key, value } of settings) {
      const now = await must(store.getSetting(key));
      // Images of ink are large: compared byte by byte at once.
      if (value instanceof Uint8Array)
        expect(now instanceof Uint8Array && Buffer.compare(now, value)).toBe(0);
      else expect(now).toEqual(value);
    }
    const board = (await must(store.getSetting('leaderboard'))) as DumpedBoard;
    expect(board.rows).toHaveLength(5);
    expect(board.curve.points.length).toBeGreaterThan(10);
    expect(readStored(board)).toEqual(board);
  });

  it('keeps its runs with their checkpoints', async () => {
    const runs = await must(store.runs());
    expect(runs).toEqual(recordsOf<RunRecord>('runs'));
    expect(runs.map(({ checkpoint }) => checkpoint?.step)).toEqual([1515, 3008]);
    expect(runs.map(({ checkpoint }) => checkpoint?.state.classSteps?.length)).toEqual([10, undefined]);
  });
});

it('scores the images that its models learnt from as it did', async () => {
  const images = await strokes();
  const backend = createCpuBackend();
  let scored = 0;
  for (const model of await must(store.models())) {
    const { dataset, binarisation, train: own, validation } = model;
    if (dataset.name !== 'strokes' || model.family === 'logistic-regression') continue;
    const evaluator = await backend.open(model);
    const nats = await evaluator.logLikelihood(binarise(images, binarisation));
    const mean = -nats.reduce((sum, value) => sum + value, 0) / nats.length;
    const before = (own.nats * own.images + validation!.nats * validation!.images) / images.count;
    expect(Math.abs(mean - before), model.name).toBeLessThan(1e-6);
    evaluator.destroy();
    scored++;
  }
  expect(scored).toBe(5);
});

it('reads the model that was exported as the one that is kept', async () => {
  const bytes = readFileSync(new URL('../../fixtures/database/exported.safetensors', import.meta.url));
  const exported = await must(Promise.resolve(decodeModel(bytes, 'exported')));
  const kept = (await must(store.models())).find(({ family }) => family === exported.model.family)!;
  const { family, grid, hyper, tensors, binarisation, seed, epochs, seconds, backend } = kept;
  expect(exported.model).toEqual({ family, grid, hyper, tensors });
  expect(exported.provenance).toEqual({
    dataset: kept.dataset.name,
    images: kept.dataset.images,
    steps: kept.curve.at(-1)!.step,
    ...{ binarisation, seed, epochs, seconds, backend },
  });
});

it('goes on with a run of a model of every class', async () => {
  // The other run goes on in the test of the page, to its own end; a tenth of the epochs is enough here.
  const { request, checkpoint } = (await must(store.runs()))[0];
  const backend = createCpuBackend();
  const outcome = await must(
    train(
      { ...jobOf({ ...request, epochs: 60, images: await strokes() }), checkpoint },
      {
        control: new RunControl(),
        backend: () => Promise.resolve(backend),
        yieldToEventLoop: () => Promise.resolve(),
        onEvent: () => undefined,
      },
    ),
  );
  expect(outcome.step).toBe(2160);
  expect(outcome.curve.slice(0, checkpoint!.curve.length)).toEqual(checkpoint!.curve);
  // Without the moments or the steps of the classes, which the checkpoint holds, the fourth decimal would be another.
  expect(outcome.validation!.nats).toBeCloseTo(12.261215, 5);
  expect(outcome.train.nats).toBeCloseTo(8.551532, 5);
});
