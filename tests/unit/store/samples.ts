import type {
  DatasetRecord,
  DrawingRecord,
  ModelRecord,
  PayloadRecord,
  RunRecord,
} from '../../../src/store/records.ts';
import type { Checkpoint } from '../../../src/engine/api.ts';
import type { Records } from '../../../src/store/tables.ts';

/** One valid record of every table. */
export const dataset: DatasetRecord = {
  id: 'd1',
  name: 'My digits',
  origin: 'drawn',
  grid: { width: 28, height: 28 },
  count: 0,
  labelled: false,
  revision: 1,
  createdAt: 100,
  updatedAt: 100,
};

export const payload: PayloadRecord = {
  datasetId: 'p1',
  images: Uint8Array.of(1, 2, 3),
  labels: Uint8Array.of(4),
};

export const drawing: DrawingRecord = {
  id: 'w1',
  datasetId: 'd1',
  label: 7,
  pixels: new Uint8Array(784).fill(9),
  createdAt: 200,
};

export const checkpoint: Checkpoint = {
  runId: 'r1',
  step: 10,
  state: {
    step: 10,
    tensors: { bias: Float32Array.of(0.5, -1) },
    firstMoments: { bias: Float32Array.of(0, 1) },
    secondMoments: { bias: Float32Array.of(2, 3) },
  },
  best: { tensors: { bias: Float32Array.of(0.25, 0) }, validation: 99.5, step: 5 },
  curve: [{ step: 5, epoch: 0.5, train: 120, validation: null }],
  seconds: 3.5,
};

export const run: RunRecord = {
  id: 'r1',
  request: {
    runId: 'r1',
    family: 'fvsbn',
    grid: { width: 28, height: 28 },
    hyper: {},
    binarisation: { kind: 'dynamic', seed: 1 },
    validationShare: 0.1,
    seed: 0,
    epochs: 10,
    batchSize: 100,
    learningRate: 0.001,
  },
  dataset: { id: 'd1', name: 'My digits', revision: 1, images: 50 },
  checkpoint,
  startedAt: 300,
  updatedAt: 400,
};

export const model: ModelRecord = {
  id: 'm1',
  name: 'FVSBN on my digits',
  family: 'fvsbn',
  grid: { width: 28, height: 28 },
  hyper: { k: 10 },
  tensors: { bias: Float32Array.of(1, 2, 3) },
  dataset: { id: 'd1', name: 'My digits', revision: 1, images: 50 },
  binarisation: { kind: 'threshold' },
  seed: 0,
  epochs: 10,
  seconds: 12.5,
  backend: 'cpu',
  train: { nats: 100, standardError: 0.25, images: 45 },
  validation: null,
  curve: [],
  quantiles: Float32Array.of(-200, -100),
  createdAt: 500,
};

export const records: Records = {
  datasets: dataset,
  payloads: payload,
  drawings: drawing,
  models: model,
  runs: run,
  settings: { key: 's1', value: { pad: Uint8Array.of(1, 2), theme: 'dark' } },
};
