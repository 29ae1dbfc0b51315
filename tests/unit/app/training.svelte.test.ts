import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { parseExperiment } from '../../../src/app/experiment.ts';
import { Library } from '../../../src/app/library/library.svelte.ts';
import { Notices } from '../../../src/app/notices.svelte.ts';
import { fingerprint } from '../../../src/app/recipes/fingerprint.ts';
import { type Recipe, recipeOf } from '../../../src/app/recipes/recipe.ts';
import { RecipeRuns } from '../../../src/app/share/recipe-runs.svelte.ts';
import { contentOf } from '../../../src/app/training/content.ts';
import type { TrainingPorts } from '../../../src/app/training/ports.ts';
import { Training } from '../../../src/app/training/training.svelte.ts';
import { Turn } from '../../../src/app/turn.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import type { Engine, TrainEvent, TrainJob, TrainOutcome } from '../../../src/engine/api.ts';
import { completeHyper, families, findFamily } from '../../../src/models/registry.ts';
import { storedCheckpoints } from '../../../src/store/checkpoints.ts';
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

type OnEvent = (event: TrainEvent) => void;
type Train = (job: TrainJob, onEvent: OnEvent) => Promise<Result<TrainOutcome>>;

/** The worker at a checkpoint: it stores the weights and tells the page the step, and then whether they are stored. */
function workerSaving({ runId }: TrainJob, onEvent: OnEvent) {
  const checkpoints = storedCheckpoints();
  return async (step: number) => {
    onEvent({ type: 'checkpoint', step, seconds: 3.5 });
    onEvent({ type: 'stored', step, stored: await checkpoints.write({ ...checkpoint, runId, step }) });
  };
}

/** A run with one checkpoint that ends with `outcome` once the checkpoint is stored. */
function endingWith(outcome: (job: TrainJob) => Result<TrainOutcome>) {
  const train: Train = async (job, onEvent) => {
    await workerSaving(job, onEvent)(10);
    return outcome(job);
  };
  return vi.fn(train);
}

function trained({ family, grid, hyper }: TrainJob): Result<TrainOutcome> {
  const { tensors, epochs, seconds, backend, train, validation, curve } = model;
  const measured = { epochs, seconds, backend, train, validation, curve };
  return ok({
    model: { family, grid, hyper, tensors },
    ended: 'finished',
    step: 10,
    diverged: null,
    ...measured,
  });
}

async function open(
  outcome: (job: TrainJob) => Result<TrainOutcome> = trained,
  changes: Partial<TrainingPorts> = {},
) {
  const notices = new Notices();
  const library = new Library(notices);
  await library.open();
  const storedSteps = async () => (await library.runs()).map((run) => run.checkpoint?.step ?? -1);
  const train = endingWith(outcome);
  const onEnded = vi.fn();
  const training = new Training({
    grid: () => grid,
    engine: { train, dropSnapshots: () => Promise.resolve() } as unknown as Engine,
    turn: new Turn(),
    trainingData: () => Promise.resolve(ok({ images: { kind: 'grey', images }, dataset })),
    hasData: () => false,
    saveRun: (run) => library.putRun(run),
    storedRun: (id) => library.run(id),
    dropRun: (id) => library.deleteRun(id),
    finishRun: (each, runId) => library.finishRun(each, runId),
    onLearning: () => undefined,
    onSnapshot: () => undefined,
    onEnded,
    ...changes,
  });
  return { training, library, notices, train, onEnded, storedSteps };
}

/** Fails to store models, and nothing else, until the spy is restored. */
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
  it('replaces the run by the model', async () => {
    const { training, library } = await open();
    await training.start();
    const { id } = training.trained!;
    expect(await keptAfterReload()).toEqual({ models: [id], runs: [] });
    expect(library.unkept).toEqual([]);
    expect(library.models.map((each) => each.id)).toEqual([id]);
  });

  it('says that EM converged only where it ended by itself, and how far a stopped run came', async () => {
    for (const [ended, family, epochs, words] of [
      ['finished', 'mixture', 15, 'converged after 15 of at most 30 iterations'],
      ['stopped', 'mixture', 15, 'stopped after 15 of 30 iterations'],
      ['stopped', 'fvsbn', 2.5, 'stopped after 2.50 of 30 epochs'],
      ['finished', 'mixture', 30, ''],
      ['finished', 'fvsbn', 30, ''],
    ] as const) {
      const { training } = await open((job) => {
        const outcome = trained(job);
        return outcome.ok ? ok({ ...outcome.value, ended, epochs }) : outcome;
      });
      training.form.chooseFamily(family);
      training.form.epochs = 30;
      await training.start();
      expect(training.endedEarly).toBe(words);
    }
  });

  it('leaves its figures what they are where the form is changed afterwards', async () => {
    const { training } = await open();
    training.form.binarise = 'dynamic';
    await training.start();
    training.form.binarise = 'threshold';
    training.form.chooseFamily('tree');
    expect(training.runBinarisation.kind).toBe('dynamic');
    expect(training.runSpec.id).toBe('fvsbn');
    expect(training.runHasSoftTargets).toBe(true);
  });

  it('reports a divergence and the remedy, and keeps the best weights from before as the model', async () => {
    const diverged = { step: 1200, nats: Infinity, uniform: 543.4 };
    const { training } = await open((job) => {
      const outcome = trained(job);
      return outcome.ok ? ok({ ...outcome.value, diverged }) : outcome;
    });
    await training.start();
    expect(training.trained).not.toBeNull();
    expect(training.warning).toMatch(
      /^Training diverged: at step 1.200 .* no longer a number.* smaller learning rate/,
    );
  });

  it('keeps the run where the storage is too full for the model, reports it, and stores the model on a second try', async () => {
    const { training, library, notices, onEnded } = await open();
    const full = refuseModels();
    await training.start();
    const { id } = training.trained!;
    expect(await keptAfterReload()).toEqual({ models: [], runs: [id] });
    // Until the page is closed the model can be used and exported, also after the list was reloaded.
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

  it('lets a model that was not stored be renamed, and deletes it with its run', async () => {
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

  it('by a failure keeps a run that has a checkpoint, and offers to resume it', async () => {
    const { training } = await open(() => fail('run: another run is under way'));
    await training.start();
    expect(training.error).toBe('run: another run is under way');
    expect(training.trained).toBeNull();
    expect(training.checkpoints.interrupted).toMatchObject({ checkpoint: { step: 10 } });
    expect((await keptAfterReload()).runs).toEqual([training.checkpoints.interrupted!.id]);
  });

  it('by a failure before the first checkpoint deletes the run', async () => {
    const { training, train } = await open();
    train.mockImplementation(() => Promise.resolve(fail('images: there are none')));
    await training.start();
    expect(training.checkpoints.interrupted).toBeNull();
    expect(await keptAfterReload()).toEqual({ models: [], runs: [] });
  });
});

describe('a recipe', () => {
  const recipe: Recipe = {
    version: 1,
    family: 'fvsbn',
    hyper: completeHyper(findFamily('fvsbn')!),
    data: 'starter',
    images: 40,
    content: '1a2b3c4d',
    binarisation: { kind: 'dynamic', seed: 3 },
    targets: 'sampled',
    seed: 5,
    epochs: 7,
    batchSize: 10,
    learningRate: 0.02,
    backend: 'cpu',
    arithmetic: 'plain',
    shards: 2,
    weights: '8a3c21d9',
  };

  it('is trained as it says, whatever the form says, and the model has the recipe of its run', async () => {
    const described = (job: TrainJob): Result<TrainOutcome> => {
      const outcome = trained(job);
      return outcome.ok ? ok({ ...outcome.value, shards: 2, description: 'wasm SIMD, 2 threads' }) : outcome;
    };
    const { training, train } = await open(described);
    training.form.chooseFamily('nade');
    await training.startRecipe(recipe, grid);
    const { epochs, batchSize, learningRate, seed, targets, shards, hyper, binarisation } = recipe;
    const asked = { epochs, batchSize, learningRate, seed, targets, shards, hyper, binarisation };
    expect(train.mock.calls[0][0]).toMatchObject({ ...asked, family: 'fvsbn', grid });
    expect(training.form.family).toBe('nade');
    const made = recipeOf(training.trained!)!;
    const same = { version: 1, epochs, batchSize, learningRate, seed, shards, hyper, binarisation, targets };
    expect(made).toMatchObject({ ...same, data: 'starter', images: 40, arithmetic: 'simd' });
    expect(made.content).toBe(await contentOf({ kind: 'grey', images }));
    expect(made.weights).toBe(fingerprint(training.trained!));
  });

  it('is none of a run that was stopped', async () => {
    const { training } = await open((job) => {
      const outcome = trained(job);
      return outcome.ok ? ok({ ...outcome.value, ended: 'stopped' }) : outcome;
    });
    await training.startRecipe(recipe, grid);
    expect(training.trained).not.toBeNull();
    expect(recipeOf(training.trained!)).toBeNull();
  });

  it('of images that cannot be had starts nothing', async () => {
    const { training, train } = await open();
    await training.startRecipe({ ...recipe, data: null }, grid);
    expect(train).not.toHaveBeenCalled();
  });

  it('is trained for the side that asks, which then shows the model and how it compares', async () => {
    const { training } = await open();
    const choose = vi.fn();
    const choice = { kind: 'recipe', recipe } as const;
    const experiment = { ...parseExperiment('', families), grid, left: choice };
    const runs = new RecipeRuns({ training, experiment: () => experiment, choose });
    const run = runs.train('left');
    expect(runs.side).toBe('left');
    await runs.train('left');
    await run;
    expect(runs.side).toBeNull();
    const { id } = training.trained!;
    expect(choose.mock.calls).toEqual([['left', { kind: 'trained', id }]]);
    expect(runs.words[id]).toContain('those of the link 8a3c21d9');
    await runs.train('right');
    expect(choose).toHaveBeenCalledOnce();
  });

  it('that cannot be trained says why', async () => {
    const { training } = await open(() => fail('no memory'));
    const choice = { kind: 'recipe', recipe } as const;
    const experiment = { ...parseExperiment('', families), grid, right: choice };
    const runs = new RecipeRuns({ training, experiment: () => experiment, choose: vi.fn() });
    await runs.train('right');
    expect(runs.failures).toEqual({ left: '', right: 'no memory' });
  });
});

describe('an interrupted run', () => {
  it('is offered until it is deleted from the store', async () => {
    const { training, library, notices } = await open(() => fail('no'));
    await training.start();
    const remove = vi.spyOn(IDBObjectStore.prototype, 'delete').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    await training.checkpoints.discardInterrupted();
    expect(training.checkpoints.interrupted).not.toBeNull();
    expect(notices.list).toMatchObject([{ id: 'storage' }]);
    remove.mockRestore();
    await training.checkpoints.discardInterrupted();
    expect(training.checkpoints.interrupted).toBeNull();
    expect(await library.runs()).toEqual([]);
  });
});

describe('an engine that ends during a run', () => {
  it('leaves a run that is offered with its stored checkpoint', async () => {
    const { training, train } = await open();
    train.mockImplementation(async (job, onEvent) => {
      await workerSaving(job, onEvent)(7);
      throw new Error('out of memory');
    });
    await training.start();
    expect(training.error).toBe('The run ended early: out of memory');
    expect(training.checkpoints.interrupted).toMatchObject({ checkpoint: { step: 7 } });
  });

  it('offers nothing before the first checkpoint', async () => {
    const { training, train } = await open();
    train.mockImplementation(() => Promise.reject(new Error('out of memory')));
    await training.start();
    expect(training.checkpoints.interrupted).toBeNull();
  });
});

describe('a run that is resumed', () => {
  it('begins in the worker with its stored checkpoint', async () => {
    const { training, train } = await open(() => fail('no'));
    await training.start();
    const { id } = training.checkpoints.interrupted!;
    train.mockImplementation((job) => Promise.resolve(trained(job)));
    await training.resumeInterrupted();
    expect(train.mock.calls.map(([job]) => 'checkpoints' in job && job.checkpoints)).toEqual([
      'kept',
      'resumed',
    ]);
    expect(await keptAfterReload()).toEqual({ models: [id], runs: [] });
  });
});

describe('checkpoints', () => {
  it('are reported as saved only once they are stored', async () => {
    const { training, train, storedSteps } = await open();
    let full = true;
    watchPuts(() => {
      if (full) throw new DOMException('full', 'QuotaExceededError');
    });
    train.mockImplementation(async (job, onEvent) => {
      const save = workerSaving(job, onEvent);
      expect(training.warning).toMatch(/cannot be resumed after a reload. storage: it is full, .* export/);
      await save(10);
      await vi.waitFor(() =>
        expect(training.warning).toMatch(/its checkpoint was not saved. storage: it is/),
      );
      expect(training.checkpoints.kept).toBe(false);
      full = false;
      // The store refused the run at its start: once there is room the run is stored, and then its next checkpoint.
      await save(11);
      await vi.waitFor(async () => expect(await storedSteps()).toEqual([-1]));
      expect(training.checkpoints.kept).toBe(false);
      await save(12);
      expect(await storedSteps()).toEqual([12]);
      expect(training.checkpoints.kept).toBe(true);
      expect(training.warning).toBe('');
      return trained(job);
    });
    await training.start();
    expect(training.trained).not.toBeNull();
  });

  it('that cannot be stored are reported with the remedy, and the run goes on', async () => {
    const { training, train, storedSteps } = await open();
    train.mockImplementation(async (job, onEvent) => {
      const save = workerSaving(job, onEvent);
      await save(5);
      const full = watchPuts(() => {
        throw new DOMException('full', 'QuotaExceededError');
      });
      await save(10);
      expect(training.warning).toMatch(/its checkpoint was not saved. storage: it is full, .* export/);
      expect(training.checkpoints.kept).toBe(false);
      expect(await storedSteps()).toEqual([5]);
      full.mockRestore();
      await save(12);
      expect([training.warning, training.checkpoints.kept]).toEqual(['', true]);
      return trained(job);
    });
    await training.start();
    expect(training.trained).not.toBeNull();
  });

  it('are reported as not saved where the browser stores nothing', async () => {
    vi.stubGlobal('indexedDB', undefined);
    const { training, train, notices } = await open();
    train.mockImplementation(async (job, onEvent) => {
      await workerSaving(job, onEvent)(10);
      await vi.waitFor(() => expect(training.warning).toMatch(/its checkpoint was not saved. storage: /));
      return trained(job);
    });
    await training.start();
    expect(training.trained).not.toBeNull();
    expect(notices.list).toMatchObject([{ id: 'not-kept' }]);
  });
});

describe('the weights from along a run', () => {
  const snapshots = [0, 1, 4, 10].map((step) => ({ step, nats: 9 - step / 10, images: 4 }));

  /** A run during which the visitor slides; model B has shown what `shown` says. */
  async function sliding(
    during: (training: Training, onEvent: OnEvent) => Promise<void>,
    outcome: (job: TrainJob) => Result<TrainOutcome> = trained,
  ) {
    const shown: string[] = [];
    const given = await open(outcome, {
      onLearning: ({ id }) => shown.push(id.split(' ')[0]),
      onSnapshot: (_, __, step) => shown.push(`after ${step}`),
      onEnded: (ended) => shown.push(ended ? 'trained' : 'none'),
    });
    const { training, train } = given;
    train.mockImplementation(async (job, onEvent) => {
      onEvent({ type: 'snapshots', snapshots });
      await workerSaving(job, onEvent)(10);
      await during(training, onEvent);
      return outcome(job);
    });
    training.form.chooseFamily('fvsbn');
    await training.start();
    return { ...given, shown };
  }
  const saved = (onEvent: OnEvent, step: number) => onEvent({ type: 'checkpoint', step, seconds: 4 });

  it('are shown instead of the model that learns, until the visitor slides back to it', async () => {
    const { shown } = await sliding((training, onEvent) => {
      training.snapshots.go(1);
      saved(onEvent, 11);
      training.snapshots.go(4);
      saved(onEvent, 12);
      return Promise.resolve();
    });
    expect(shown).toEqual(['learning', 'after 1', 'learning', 'learning', 'trained']);
  });

  it('stay where the visitor looks at them when the run ends, and lead back to the trained model', async () => {
    const { training, shown } = await sliding((running) => {
      running.snapshots.go(0);
      return Promise.resolve();
    });
    expect(shown).toEqual(['learning', 'after 0']);
    expect(training.snapshots.position).toBe(0);
    training.snapshots.now();
    expect(shown.at(-1)).toBe('trained');
    // Those of the trained model are its own.
    training.snapshots.go(2);
    training.discardSnapshots();
    expect(shown.slice(-2)).toEqual(['after 4', 'none']);
    expect(training.snapshots.stops).toEqual([]);
  });

  it('are gone when the next run begins, and where a run fails', async () => {
    const { training, shown, train } = await sliding((running) => {
      running.snapshots.go(0);
      return Promise.resolve();
    });
    train.mockImplementation(() => {
      expect(training.snapshots.stops).toEqual([]);
      return Promise.resolve(fail('batchSize: too large'));
    });
    await training.start();
    expect(shown).toEqual(['learning', 'after 0', 'none', 'none']);
    expect([training.snapshots.run, training.snapshots.chosen]).toEqual([null, null]);
  });

  it('are shown in model B even where it did not show the run', async () => {
    const { training, shown } = await sliding((running, onEvent) => {
      running.show = false;
      saved(onEvent, 11);
      running.snapshots.go(0);
      return Promise.resolve();
    });
    expect(shown).toEqual(['learning', 'after 0']);
    expect(training.show).toBe(true);
  });

  it('what a single update did is known until the run goes on', async () => {
    const update = { type: 'update', step: 11, images: 10, before: 9, after: 8.5 } as const;
    const { training } = await sliding((running, onEvent) => {
      onEvent(update);
      expect(running.update).toEqual(update);
      return Promise.resolve();
    });
    await training.start();
    expect(training.update).toEqual(update);
  });
});

it('a data set that cannot be read ends the run with an error message', async () => {
  const { library } = await open();
  const training = new Training({
    grid: () => grid,
    engine: {} as Engine,
    turn: new Turn(),
    trainingData: () => Promise.reject(new Error('the file moved')),
    hasData: () => false,
    saveRun: (run) => library.putRun(run),
    storedRun: (id) => library.run(id),
    dropRun: (id) => library.deleteRun(id),
    finishRun: (each, runId) => library.finishRun(each, runId),
    onLearning: () => undefined,
    onSnapshot: () => undefined,
    onEnded: () => undefined,
  });
  await training.start();
  expect(training.state).toBe('idle');
  expect(training.error).toMatch(/the file moved/);
});
