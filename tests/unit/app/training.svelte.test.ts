import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Library } from '../../../src/app/library/library.svelte.ts';
import { Notices } from '../../../src/app/notices.svelte.ts';
import { Training } from '../../../src/app/training/training.svelte.ts';
import { Turn } from '../../../src/app/turn.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import type { Engine, TrainEvent, TrainOutcome, TrainRequest } from '../../../src/engine/api.ts';
import { openStore } from '../../../src/store/db.ts';
import { watchPuts } from '../store/raw.ts';
import { checkpoint, model } from '../store/samples.ts';

const grid = { width: 2, height: 2 };
const images = { grid, count: 40, pixels: new Uint8Array(160), labels: null };
const dataset = { id: 'starter', name: 'starter digits', revision: 0, images: 40 };

beforeEach(() => {
  vi.restoreAllMocks();
  vi.stubGlobal('indexedDB', new IDBFactory());
  vi.stubGlobal('navigator', {});
});

type Train = (request: TrainRequest, onEvent: (event: TrainEvent) => void) => Promise<Result<TrainOutcome>>;

/** A run of one checkpoint; it ends with `outcome` once the checkpoint is stored. */
function endingWith(
  stored: () => Promise<unknown>,
  outcome: (request: TrainRequest) => Result<TrainOutcome>,
) {
  const train: Train = async (request, onEvent) => {
    onEvent({ type: 'checkpoint', checkpoint: { ...checkpoint, runId: request.runId } });
    await vi.waitFor(stored);
    return outcome(request);
  };
  return vi.fn(train);
}

function trained({ family, grid, hyper }: TrainRequest): Result<TrainOutcome> {
  const { tensors, epochs, seconds, backend, train, validation, curve, quantiles } = model;
  const measured = { epochs, seconds, backend, train, validation, curve, quantiles };
  return ok({
    model: { family, grid, hyper, tensors },
    ended: 'finished',
    step: 10,
    diverged: null,
    ...measured,
  });
}

async function open(outcome: (request: TrainRequest) => Result<TrainOutcome> = trained) {
  const notices = new Notices();
  const library = new Library(notices);
  await library.open();
  const keptSteps = async () => (await library.runs()).map((run) => run.checkpoint?.step ?? -1);
  const train = endingWith(async () => expect(await keptSteps()).toEqual([10]), outcome);
  const onEnded = vi.fn();
  const training = new Training({
    grid: () => grid,
    engine: { train } as unknown as Engine,
    turn: new Turn(),
    trainingData: () => Promise.resolve(ok({ images: { kind: 'grey', images }, dataset })),
    saveRun: (run) => library.putRun(run),
    saveCheckpoint: (runId, each) => library.putCheckpoint(runId, each),
    dropRun: (id) => library.deleteRun(id),
    finishRun: (each, runId) => library.finishRun(each, runId),
    onLearning: () => undefined,
    onEnded,
  });
  return { training, library, notices, train, onEnded, keptSteps };
}

/** The disk is full for models and nothing else, until the spy is restored. */
function refuseModels() {
  const put = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'put')
    ?.value as IDBObjectStore['put'];
  return vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, row) {
    const request = put.call(this, row);
    if (this.name === 'models')
      (this.transaction as unknown as { _abort(name: string): void })._abort('QuotaExceededError');
    return request;
  });
}

async function keptAfterReload() {
  const store = await openStore();
  const [models, runs] = [await store.models(), await store.runs()];
  store.close();
  if (!models.ok || !runs.ok) throw new Error('not read');
  return { models: models.value.map(({ id }) => id), runs: runs.value.map(({ id }) => id) };
}

describe('the end of a run', () => {
  it('puts the model in the place of the run', async () => {
    const { training, library } = await open();
    await training.start();
    const { id } = training.trained!;
    expect(await keptAfterReload()).toEqual({ models: [id], runs: [] });
    expect(library.unkept).toEqual([]);
    expect(library.models.map((each) => each.id)).toEqual([id]);
  });

  it('says that training diverged, and the remedy; the best weights from before are the model', async () => {
    const diverged = { step: 1200, nats: Infinity, uniform: 543.4 };
    const { training } = await open((request) => {
      const outcome = trained(request);
      return outcome.ok ? ok({ ...outcome.value, diverged }) : outcome;
    });
    await training.start();
    expect(training.trained).not.toBeNull();
    expect(training.warning).toMatch(
      /^Training diverged: at step 1.200 .* no longer a number.* smaller learning rate/,
    );
  });

  it('keeps the run where the storage is too full for the model, says so, and stores the model on a second try', async () => {
    const { training, library, notices, onEnded } = await open();
    const full = refuseModels();
    await training.start();
    const { id } = training.trained!;
    expect(await keptAfterReload()).toEqual({ models: [], runs: [id] });
    // It can be used and exported as long as the page is open, also after the list was read anew.
    await library.refreshModels();
    expect(onEnded).toHaveBeenCalledWith(training.trained);
    expect(library.models.map((each) => each.id)).toEqual([id]);
    expect(library.unkept).toMatchObject([{ model: { id }, runId: id }]);
    expect(library.unkept[0].reason).toMatch(/^storage: it is full/);
    expect(notices.list).toMatchObject([{ tone: 'error' }]);
    expect(notices.list[0].text).toMatch(/not kept.* storage: it is full/);

    expect((await library.storeAgain(id)).ok).toBe(false);
    expect(await keptAfterReload()).toEqual({ models: [], runs: [id] });
    full.mockRestore();
    expect(await library.storeAgain(id)).toEqual(ok(null));
    expect(await keptAfterReload()).toEqual({ models: [id], runs: [] });
    expect(library.unkept).toEqual([]);
    expect(library.models.map((each) => each.id)).toEqual([id]);
    expect(notices.list).toEqual([]);
  });

  it('a model that was not kept can be renamed, and is deleted with its run', async () => {
    const { training, library } = await open();
    const full = refuseModels();
    await training.start();
    const { id } = training.trained!;
    await library.renameModel(library.models[0], 'Mine');
    expect(library.models).toMatchObject([{ id, name: 'Mine' }]);
    full.mockRestore();
    await library.deleteModel(id);
    expect(library.models).toEqual([]);
    expect(await keptAfterReload()).toEqual({ models: [], runs: [] });
  });

  it('with a failure keeps a run that has a checkpoint, and offers it', async () => {
    const { training } = await open(() => fail('run: another run is under way'));
    await training.start();
    expect(training.error).toBe('run: another run is under way');
    expect(training.trained).toBeNull();
    expect(training.interrupted).toMatchObject({ checkpoint: { step: 10 } });
    expect((await keptAfterReload()).runs).toEqual([training.interrupted!.id]);
  });

  it('with a failure before the first checkpoint leaves nothing behind', async () => {
    const { training, train } = await open();
    train.mockImplementation(() => Promise.resolve(fail('images: there are none')));
    await training.start();
    expect(training.interrupted).toBeNull();
    expect(await keptAfterReload()).toEqual({ models: [], runs: [] });
  });
});

describe('an interrupted run', () => {
  it('is offered until it is truly deleted', async () => {
    const { training, library, notices } = await open(() => fail('no'));
    await training.start();
    const remove = vi.spyOn(IDBObjectStore.prototype, 'delete').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    await training.discardInterrupted();
    expect(training.interrupted).not.toBeNull();
    expect(notices.list).toMatchObject([{ id: 'storage' }]);
    remove.mockRestore();
    await training.discardInterrupted();
    expect(training.interrupted).toBeNull();
    expect(await library.runs()).toEqual([]);
  });
});

describe('checkpoints', () => {
  it('are called saved only once they are', async () => {
    const { training, train, keptSteps } = await open();
    let full = true;
    watchPuts(() => {
      if (full) throw new DOMException('full', 'QuotaExceededError');
    });
    train.mockImplementation(async (request, onEvent) => {
      const save = (step: number) =>
        onEvent({ type: 'checkpoint', checkpoint: { ...checkpoint, runId: request.runId, step } });
      save(10);
      await vi.waitFor(() => expect(training.warning).toMatch(/its checkpoint was not saved/));
      expect(training.checkpointKept).toBe(false);
      full = false;
      save(11);
      expect(training.checkpointKept).toBe(false);
      // The run itself was refused when it began: its first checkpoint that finds room brings it along.
      await vi.waitFor(async () => expect(await keptSteps()).toEqual([11]));
      await vi.waitFor(() => expect(training.checkpointKept).toBe(true));
      expect(training.warning).toBe('');
      return trained(request);
    });
    await training.start();
    expect(training.trained).not.toBeNull();
  });

  it('go on after one that could not even be written down, and the visitor hears of it', async () => {
    const { training, train, keptSteps } = await open();
    train.mockImplementation(async (request, onEvent) => {
      const save = (step: number) =>
        onEvent({ type: 'checkpoint', checkpoint: { ...checkpoint, runId: request.runId, step } });
      save(0.5);
      await vi.waitFor(() => expect(training.warning).toMatch(/not saved. runs: checkpoint/));
      save(12);
      await vi.waitFor(async () => expect(await keptSteps()).toEqual([12]));
      return trained(request);
    });
    await training.start();
  });
});

it('a data set that cannot be read ends the run in words', async () => {
  const { library } = await open();
  const training = new Training({
    grid: () => grid,
    engine: {} as Engine,
    turn: new Turn(),
    trainingData: () => Promise.reject(new Error('the file moved')),
    saveRun: (run) => library.putRun(run),
    saveCheckpoint: (runId, each) => library.putCheckpoint(runId, each),
    dropRun: (id) => library.deleteRun(id),
    finishRun: (each, runId) => library.finishRun(each, runId),
    onLearning: () => undefined,
    onEnded: () => undefined,
  });
  await training.start();
  expect(training.state).toBe('idle');
  expect(training.error).toMatch(/the file moved/);
});
