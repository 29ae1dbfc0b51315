import { recordOf } from '../../../src/app/compare/counted-models.ts';
import type { Binarisation } from '../../../src/data/binarisation.ts';
import type { Grid } from '../../../src/data/images.ts';
import type { Engine } from '../../../src/engine/api.ts';
import { jobOf } from '../../../src/engine/job.ts';
import { completeHyper, findFamily } from '../../../src/models/registry.ts';
import type { ModelRecord } from '../../../src/store/records.ts';
import { engineWithoutWebGpu } from '../engine/host-without-webgpu.ts';
import { stripes } from './stripes.ts';

/** An engine, and a model of a family that learnt stripes there, as a record. */
export async function trainedModel(
  family: string,
  grid: Grid,
  binarisation: Binarisation,
  dataset: Partial<ModelRecord['dataset']> = {},
): Promise<{ engine: Engine; model: ModelRecord }> {
  const engine = engineWithoutWebGpu();
  const spec = findFamily(family);
  if (!spec) throw new Error(`${family}: unknown`);
  const images = stripes(grid, 80, 1, (on) => (on ? 255 : 0));
  const job = jobOf({
    runId: 'run',
    family,
    hyper: completeHyper(spec),
    grid,
    images: { kind: 'grey', images },
    binarisation,
    validationShare: 0.1,
    seed: 7,
    epochs: 2,
  });
  const outcome = await engine.train(job, () => undefined);
  if (!outcome.ok) throw new Error(outcome.reason);
  const lineage = {
    id: 'run',
    name: spec.label,
    dataset: { id: 'd', name: 'Stripes', revision: 0, images: 80, ...dataset },
    createdAt: 0,
  };
  return { engine, model: recordOf({ binarisation, seed: 7 }, outcome.value, lineage) };
}
