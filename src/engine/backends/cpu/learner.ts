import { binariseRows } from '../../../data/binarise.ts';
import type { PackedImages } from '../../../data/images.ts';
import { permutePixels } from '../../../data/orders.ts';
import { softTargets } from '../../../data/soft-targets.ts';
import { classLogLikelihood } from '../../../models/shared/class-likelihood.ts';
import { descentOf, folderSpec } from '../../../models/registry.ts';
import { shownTensors } from '../../../models/runs.ts';
import type { CpuModel } from '../../../models/cpu-model.ts';
import type { Model } from '../../../models/model.ts';
import type { Targets } from '../../../models/training.ts';
import type { Simd } from '../../../simd/simd.ts';
import type { Learner, LearnerRequest } from '../backend.ts';
import { callsAtATime, type SpreadReads, spreadReads } from '../pool/evaluator.ts';
import { shardedGradient } from '../pool/gradient.ts';
import type { WorkerPool } from '../pool/pool.ts';
import { readHere } from '../pool/read-here.ts';
import { shardsFor } from '../pool/shards.ts';
import { referenceOf } from '../references.ts';
import { promise } from './at-once.ts';
import { copyState, copyTensors, openRunMemory } from './run-memory.ts';
import { openUpdate } from './update.ts';

/** Trains a descended family in the calling thread and those of the pool. Rejects where the family is none. */
export async function createLearner(
  request: LearnerRequest,
  simd: Simd | null,
  pool: WorkerPool | null,
): Promise<Learner> {
  const { family, grid, hyper } = request;
  const reference = referenceOf(family);
  if (!reference.openGradient) throw new Error(`family: "${family}" is not descended`);
  const shards = request.state.shards ?? (await newShards(request, pool));
  const memory = openRunMemory(simd, { ...request.state, shards });
  const { state, gradients } = memory;
  const update = openUpdate(memory, request.descent ?? descentOf(folderSpec(family)));
  const model: Model = { family, grid, hyper, tensors: state.tensors };
  const shown: Model = { ...model, tensors: shownTensors(state) };
  const source = shardedGradient(pool, { model, simd, descent: reference.openGradient(model, simd) }, shards);
  // Reset by the next step, because a family may precompute values from the weights when it opens a model.
  let opened: CpuModel | null = null;
  const open = () => (opened ??= reference.open(shown, simd));
  let spread: SpreadReads | null = null;
  let loss = { nats: 0, images: 0 };

  async function descend(indices: Uint32Array, epoch: number, learningRate: number): Promise<void> {
    const { batch, targets } = drawBatch(request, indices, epoch, simd);
    const nats = await source.gradient(batch, gradients, targets);
    close();
    update.step(gradients, learningRate);
    loss = { nats: loss.nats + nats, images: loss.images + indices.length };
  }

  /** The weights change. */
  function close(): void {
    opened = null;
    spread?.forget();
    spread = null;
  }

  async function logLikelihood(scored: PackedImages, labels: Uint8Array | null) {
    const kind = open().classLogits ? 'classLogits' : 'logLikelihood';
    if (pool)
      spread ??= spreadReads(pool, { model: { ...shown, tensors: copyTensors(shown.tensors) }, simd, open });
    const values = spread ? await spread.read(kind, scored) : readHere(open(), kind, scored);
    return kind === 'classLogits' ? classLogLikelihood(values, labels) : values;
  }

  function takeLoss(): { nats: number; images: number } {
    const taken = loss;
    loss = { nats: 0, images: 0 };
    return taken;
  }

  return {
    shards,
    get concurrency() {
      return pool ? callsAtATime(pool) : 1;
    },
    step: descend,
    takeLoss: () => promise(takeLoss),
    logLikelihood,
    state: () => promise(() => copyState(update.state)),
    destroy: close,
  };
}

/** The number of shards of a run that has none yet. Workers that cannot be started count for nothing. */
async function newShards(
  { family, grid, state, batchSize }: LearnerRequest,
  pool: WorkerPool | null,
): Promise<number> {
  const numbers = Object.values(state.tensors).reduce((sum, { length }) => sum + length, 0);
  const cost = { batchSize, numbers, uses: folderSpec(family).uses?.(grid) ?? 1 };
  if (!pool || shardsFor(pool.threads, cost) === 1) return 1;
  await pool.started();
  return shardsFor(pool.threads, cost);
}

/** The bits of a step's images, with the pixels in the family's numbering, and what they should be. */
function drawBatch(
  { images, binarisation, order, targets }: LearnerRequest,
  indices: Uint32Array,
  epoch: number,
  simd: Simd | null,
): { readonly batch: PackedImages; readonly targets: Targets } {
  const drawn = binariseRows(images, indices, binarisation, epoch, simd?.random());
  const labels = images.labels && Uint8Array.from(indices, (row) => images.labels![row]);
  const soft = targets === 'soft' ? softTargets(images, indices, order ?? null) : null;
  return { batch: order ? permutePixels(drawn, order) : drawn, targets: { labels, soft } };
}
