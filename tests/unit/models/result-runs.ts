import { completeHyper, folderSpec } from '../../../src/models/registry.ts';
import type { ResultRun } from '../../../src/models/results.ts';

/** A result of a small model, with changes. */
export function resultRun(changes: Partial<ResultRun> = {}): ResultRun {
  const family = changes.family ?? 'neighbours';
  const spec = folderSpec(family);
  const grid = { width: 6, height: 5 };
  const hyper = { ...completeHyper(spec, { k: 3 }), 'class-conditional': 0 };
  return {
    name: null,
    family,
    hyper,
    grid,
    parameters: spec.parameterCount(grid, hyper),
    dataset: { id: 'idx-0123456789ab-ba9876543210', name: 'bars.idx', revision: 0, images: 60 },
    binarisation: { kind: 'stochastic', seed: 0 },
    how: 'passes 1',
    seed: 1,
    backend: 'cpu',
    machine: 'A processor, 2 cores',
    epochs: 1,
    seconds: 0.25,
    diverged: false,
    train: { nats: 12.5, standardError: 0.125, images: 48 },
    validation: { nats: 13, standardError: 0.25, images: 12 },
    test: { nats: 13.25, standardError: 0.5, images: 24 },
    accuracy: null,
    ...changes,
  };
}
