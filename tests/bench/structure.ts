/**
 * What a device is given, counted and not timed, so the software adapter does: dispatches, workgroups and copies of a training step of every
 * descended family (28x28, batches of 128, defaults), of reading its state back, and of drawing by the fixed point.
 *   node tests/bench/structure.mjs [family]
 */
import { indexRange, randomWords } from '../../src/data/rng.ts';
import { createDawn } from '../../src/cli/dawn.ts';
import { zerosLike } from '../../src/engine/backends/references.ts';
import type { LearnerState } from '../../src/engine/backends/backend.ts';
import { openLearner } from '../../src/engine/backends/webgpu/learner.ts';
import { openIterativeSampler } from '../../src/engine/backends/webgpu/sampling-methods.ts';
import { openScope } from '../../src/engine/backends/webgpu/scope.ts';
import { openDevice, type Device } from '../../src/gpu/device.ts';
import type { Work } from '../../src/gpu/work.ts';
import { completeHyper, descentOf, families } from '../../src/models/registry.ts';
import type { FamilySpec } from '../../src/models/family-spec.ts';
import type { Hyper, Model } from '../../src/models/model.ts';

const GRID = { width: 28, height: 28 };
const BATCH = 128;
const DRAWN = 64;

function modelOf(spec: FamilySpec, given: Hyper, scale: number): Model {
  const hyper = completeHyper(spec, given);
  const tensors = Object.fromEntries(
    spec.tensors(GRID, hyper).map(({ name, shape }, at) => {
      const words = new Uint32Array(shape.reduce((product, side) => product * side, 1));
      randomWords(at, 1, 0, words);
      return [name, Float32Array.from(words, (word) => scale * (2 * (word / 2 ** 32) - 1))];
    }),
  );
  return { family: spec.id, grid: GRID, hyper, tensors };
}

function stateOf(spec: FamilySpec, { tensors }: Model): LearnerState {
  const recipe = descentOf(spec);
  return {
    step: 0,
    tensors,
    firstMoments: zerosLike(tensors),
    secondMoments: zerosLike(tensors),
    ...(recipe.average === null ? {} : { averages: zerosLike(tensors) }),
    ...(recipe.clip === null ? {} : { gradientLength: 0 }),
  };
}

/** What `use` gives the scheduler, none of which runs. */
async function recorded(device: Device, use: () => Promise<unknown>): Promise<readonly Work[]> {
  const { scheduler, readback } = device;
  const all: Work[] = [];
  const queue = (work: readonly Work[]) => {
    all.push(...work);
  };
  const run = (work: readonly Work[]) => {
    queue(work);
    return Promise.resolve();
  };
  const kept = { queue: scheduler.queue.bind(scheduler), run: scheduler.run.bind(scheduler) };
  const read = readback.read.bind(readback);
  Object.assign(scheduler, { queue, run });
  const copied = (pieces: Parameters<typeof readback.read>[0], work: readonly Work[] = []) => {
    queue(work);
    for (const { source, count } of pieces)
      all.push({
        kind: 'copy',
        source,
        sourceOffset: 0,
        target: source,
        targetOffset: 0,
        bytes: count * 4,
      });
    return Promise.resolve(pieces.map(({ count }) => new ArrayBuffer(count * 4)));
  };
  Object.assign(readback, { read: copied });
  try {
    await use();
  } finally {
    Object.assign(scheduler, kept);
    Object.assign(readback, { read });
  }
  return all;
}

const groupsOf = (work: Work): number =>
  work.kind === 'dispatch' ? work.workgroups.reduce<number>((product, side = 1) => product * side, 1) : 0;

async function step(device: Device, spec: FamilySpec, given: Hyper, detail: boolean): Promise<void> {
  const model = modelOf(spec, given, 0);
  const learner = await openLearner(device, {
    ...model,
    images: {
      grid: GRID,
      count: BATCH,
      labels: new Uint8Array(BATCH),
      pixels: new Uint8Array(BATCH * 784).fill(50),
    },
    binarisation: { kind: 'dynamic', seed: 0 },
    batchSize: BATCH,
    state: stateOf(spec, model),
  });
  const work = await recorded(device, () => learner.step(indexRange(0, BATCH), 0, 0.001));
  const dispatches = work.filter((each) => each.kind === 'dispatch');
  const update = dispatches.filter(({ kernel }) => /ops\.(adam|squares|clip)/.test(kernel.label));
  const copies = (await recorded(device, () => learner.state())).filter(({ kind }) => kind === 'copy');
  const name = [spec.id, ...Object.entries(given).map((pair) => pair.join(' '))].join(', ');
  console.log(`| ${name} | ${dispatches.length} | ${update.length} | ${copies.length} |`);
  if (detail)
    for (const each of dispatches) console.log(`  ${each.kernel.label}: ${groupsOf(each)} workgroups`);
  learner.destroy();
}

/** Draws by the fixed point, and counts the calls of the driver, as on a device on which everything that is queued fits into one submit. */
async function fixedPoint(device: Device, spec: FamilySpec): Promise<void> {
  const model = modelOf(spec, {}, 0.2);
  const scope = await openScope(device, model, model.tensors);
  const request = { seed: 1, indices: indexRange(0, DRAWN), temperature: 1 };
  // The first draw measures the kernels.
  for (const measured of [false, true]) {
    const sampler = await openIterativeSampler(scope, 'fixed-point', request);
    await device.scheduler.done();
    if (measured) Object.assign(device.scheduler.costs, { of: () => 1e-9, largest: () => 1e9 });
    const calls = { submit: 0, mapAsync: 0 };
    const undo = [
      counting(GPUQueue.prototype, 'submit', () => calls.submit++),
      // Not the timings of submits.
      counting(GPUBuffer.prototype, 'mapAsync', ({ label }) => {
        if (label.endsWith('.staging')) calls.mapAsync++;
      }),
    ];
    while (sampler.finished.includes(0)) await sampler.advance(64);
    for (const each of undo) each();
    const sum = sampler.finished.reduce((total, each) => total + each, 0);
    if (measured)
      console.log(
        `| ${spec.id} | ${sampler.iterations} (mean ${(sum / DRAWN).toFixed(1)}) | ${calls.mapAsync} | ${calls.submit} |`,
      );
    sampler.destroy();
  }
  scope.arena.destroy();
}

function counting<Self, Key extends string>(
  prototype: Self & Record<Key, (...given: never[]) => unknown>,
  name: Key,
  count: (self: Self) => void,
): () => void {
  const original = prototype[name];
  const counted = function (this: Self, ...given: never[]) {
    count(this);
    return original.apply(this, given);
  };
  Object.assign(prototype, { [name]: counted });
  return () => void Object.assign(prototype, { [name]: original });
}

async function openedBy(gpu: GPU): Promise<Device> {
  const opened = await openDevice(gpu);
  if (!opened.ok) throw new Error(opened.reason);
  return opened.value;
}

export async function run(only: string | undefined): Promise<void> {
  const gpu = await createDawn();
  if (!gpu.ok) throw new Error(gpu.reason);
  const wanted = families.filter((spec) => (only ?? spec.id) === spec.id);
  let device = await openedBy(gpu.value);
  console.log(
    '| a training step | dispatches | of them the update | copies for the state |\n|---|---|---|---|',
  );
  for (const spec of wanted.filter(({ training }) => training === 'descended'))
    await step(device, spec, spec.id === 'made' ? { orders: 1 } : {}, only !== undefined);
  device.destroy();
  console.log('\n| a draw by the fixed point | passes | readbacks | submits |\n|---|---|---|---|');
  for (const spec of wanted.filter(({ id }) => id === 'fvsbn' || id === 'neighbours')) {
    device = await openedBy(gpu.value);
    await fixedPoint(device, spec);
    device.destroy();
  }
}
