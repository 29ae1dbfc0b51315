import { describe, expect, it, vi } from 'vitest';
import { recordOf } from '../../../src/app/compare/counted-models.ts';
import { sizeParametersOf, lowest, storyOf, valuesOf } from '../../../src/app/leaderboard/size-parameters.ts';
import { familyBoards, heldLoss, pairsOf } from '../../../src/app/leaderboard/by-family.ts';
import { readStored, type SizeCurve } from '../../../src/app/leaderboard/stored.ts';
import {
  bitsPerPixel,
  candidatesOf,
  expectedSeconds,
  type LeaderRow,
  meanOf,
  rowOf,
  sortRows,
} from '../../../src/app/leaderboard/rows.ts';
import { accuracyOf } from '../../../src/stats/sample-efficiency.ts';
import { boardJobOf } from '../../../src/app/leaderboard/run.ts';
import type { BoardSet, LeaderboardPorts } from '../../../src/app/leaderboard/ports.ts';
import { Leaderboard } from '../../../src/app/leaderboard/leaderboard.svelte.ts';
import { Turn } from '../../../src/app/turn.ts';
import { fail, ok } from '../../../src/data/result.ts';
import { estimateOf } from '../../../src/engine/training/summary.ts';
import { completeHyper, families } from '../../../src/models/registry.ts';
import type { FamilySpec } from '../../../src/models/family-spec.ts';
import { stripes } from './stripes.ts';
import { engineWithoutWebGpu } from '../engine/host-without-webgpu.ts';
import { fakeLocks } from './locks.ts';

const grid = { width: 6, height: 5 };

const grey = (on: boolean, word: number) => (word % 10 === 0 ? 128 : on ? 255 : 0);
const train = stripes(grid, 240, 1, grey);
const test = stripes(grid, 60, 2, grey);
const SETS: readonly BoardSet[] = [
  { id: 'stripes', name: 'Stripes', label: 'Stripes', grid, labelled: true, images: 240, tests: 'sixty' },
  { id: 'bare', name: 'Bare', label: 'Bare', grid, labelled: false, images: 240, tests: null },
];

function board(changes: Partial<LeaderboardPorts> = {}) {
  const engine = engineWithoutWebGpu();
  const stored: { value: unknown } = { value: undefined };
  const ports: LeaderboardPorts = {
    engine,
    turn: new Turn(),
    sets: () => SETS,
    trainingData: (id) => {
      const images = id === 'bare' ? { ...train, labels: null } : train;
      return Promise.resolve(
        ok({ images: { kind: 'grey', images }, dataset: { id, name: id, revision: 0, images: 240 } }),
      );
    },
    testImages: (id) => Promise.resolve(id === 'bare' ? null : ok(test)),
    models: () => [],
    load: () => Promise.resolve(ok(stored.value)),
    change: (change) => {
      const value = change(stored.value);
      stored.value = structuredClone(value);
      return Promise.resolve(ok(value));
    },
    ...changes,
  };
  const state = new Leaderboard(ports);
  state.datasetId = 'stripes';
  return { state, ports, stored };
}

const counted = families.filter((spec) => spec.training === 'counted' && spec.classes !== 'always');
/** Families that accept the grid of 30 pixels. */
const able = (spec: FamilySpec) => !spec.refuses?.(grid, completeHyper(spec));

/** The stored value of an earlier visit, with one row. */
async function earlier(): Promise<unknown> {
  const { state, stored } = board();
  state.chosen = [counted.filter(able)[0].id];
  await state.start();
  return stored.value;
}

describe('rows of an earlier visit', () => {
  it('are never overwritten before they have been read, however late', async () => {
    const { state, ports, stored } = board({
      load: () => new Promise((resolve) => setTimeout(() => resolve(ok(left)), 200)),
    });
    const left = await earlier();
    stored.value = left;
    const saved: number[] = [];
    const { change } = ports;
    const watched: LeaderboardPorts['change'] = async (given) => {
      const changed = await change(given);
      if (changed.ok) saved.push(changed.value.rows.length);
      return changed;
    };
    Object.assign(ports, { change: watched });
    state.chosen = [counted.filter(able)[1].id];
    await state.start();
    expect(saved).toEqual([2]);
    expect(state.rows).toHaveLength(2);
  });

  it('are not overwritten where they cannot be read, which is reported', async () => {
    let readable = false;
    const left = await earlier();
    const { state, stored } = board({
      load: () => Promise.resolve(readable ? ok(left) : fail('storage: the browser refused it')),
    });
    stored.value = left;
    await state.open();
    expect(state.ready).toBe(false);
    expect(state.warning).toMatch(/nothing is saved over it. storage: the browser refused it/);
    state.chosen = [counted.filter(able)[1].id];
    await state.start();
    expect(stored.value).toBe(left);
    expect(state.rows).toHaveLength(1);
    readable = true;
    await state.start();
    expect(state.warning).toBe('');
    expect(readStored(stored.value).rows).toHaveLength(2);
  });

  it('stay visible where they could not be deleted', async () => {
    const left = await earlier();
    let full = true;
    const { state, stored } = board({
      load: () => Promise.resolve(ok(left)),
      change: (change) => {
        if (full) return Promise.resolve(fail('storage: it is full'));
        const value = change(left);
        stored.value = value;
        return Promise.resolve(ok(value));
      },
    });
    await state.open();
    await state.remove(state.rows[0].id);
    expect(state.rows).toHaveLength(1);
    expect(state.warning).toMatch(/not kept on this machine. storage: it is full/);
    await state.reset();
    expect(state.rows).toHaveLength(1);
    full = false;
    await state.reset();
    expect(state.rows).toEqual([]);
    expect(readStored(stored.value).rows).toEqual([]);
    expect(state.warning).toBe('');
  });
});

describe('two tabs', () => {
  /** Two boards over one stored value. */
  async function tabs() {
    const first = board();
    const second = board({
      load: () => Promise.resolve(ok(first.stored.value)),
      change: (change) => first.ports.change(change),
    });
    for (const { state } of [first, second]) await state.open();
    return { first: first.state, second: second.state, stored: first.stored };
  }
  const [one, other] = counted.filter(able);

  it('keep the rows of each other', async () => {
    const { first, second, stored } = await tabs();
    first.chosen = [one.id];
    await first.start();
    second.chosen = [other.id];
    await second.start();
    const families = (rows: readonly LeaderRow[]) => rows.map(({ family }) => family);
    expect(families(readStored(stored.value).rows)).toEqual([one.id, other.id]);
    expect(families(second.rows)).toEqual([one.id, other.id]);
    // A row that one tab removes stays removed, and takes none of the other tab with it.
    await second.remove(second.rows[0].id);
    first.chosen = [other.id];
    await first.start();
    expect(families(readStored(stored.value).rows)).toEqual([other.id]);
    expect(families(first.rows)).toEqual([other.id]);
  });

  it('keep the curve of the other beside new rows', async () => {
    const { first, second, stored } = await tabs();
    const parameters = sizeParametersOf(families.filter((spec) => spec.training === 'counted'));
    await first.startCurve(parameters[0]);
    second.chosen = [one.id];
    await second.start();
    expect(readStored(stored.value).curve).toEqual(first.curve);
    expect(readStored(stored.value).rows).toHaveLength(1);
  });

  it('that could not store a row store it with the next change', async () => {
    let full = true;
    const { state, stored, ports } = board();
    const { change } = ports;
    const sometimes: LeaderboardPorts['change'] = (given) =>
      full ? Promise.resolve(fail('storage: it is full')) : change(given);
    Object.assign(ports, { change: sometimes });
    state.chosen = [one.id];
    await state.start();
    expect([state.rows.length, stored.value]).toEqual([1, undefined]);
    full = false;
    state.chosen = [other.id];
    await state.start();
    expect(readStored(stored.value).rows).toHaveLength(2);
  });
});

it('a run holds a lock from its first model to its last, for which a new version waits', async () => {
  const { held, locks } = fakeLocks();
  vi.stubGlobal('navigator', { locks });
  const heldAtTests: number[] = [];
  const { state } = board({
    testImages: () => {
      heldAtTests.push(held.length);
      return Promise.resolve(ok(test));
    },
  });
  state.chosen = counted.filter(able).map(({ id }) => id);
  await state.start();
  // The test images are fetched before the first model is trained.
  expect(heldAtTests).toEqual([1]);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(held).toEqual([]);
  vi.unstubAllGlobals();
});

describe('a run', () => {
  it('trains the chosen families, measures them on the test images, and stores the rows', async () => {
    const { state, stored, ports } = board();
    const [first, second] = counted.filter(able);
    state.chosen = [first.id, `${second.id} by class`];
    await state.start();
    expect([state.error, state.failures, state.running, state.progress]).toEqual(['', [], null, null]);
    const [plain, classes] = state.shown;
    expect(plain).toMatchObject({ family: first.id, accuracy: null, backend: 'cpu', kept: false });
    expect(plain.train.images).toBe(216);
    expect(plain.validation?.images).toBe(24);
    expect(plain.test?.images).toBe(60);
    expect(plain.test?.nats).toBeGreaterThan(0);
    // The classes are easy to distinguish for a model per class.
    expect(classes.accuracy?.share).toBeGreaterThan(0.9);
    expect(classes.accuracy?.images).toBe(60);

    const { change } = ports;
    const again = board({ load: () => Promise.resolve(ok(stored.value)), change }).state;
    await again.open();
    expect(again.rows).toEqual(state.rows);
    // Training the same model again replaces its row.
    again.chosen = [first.id];
    await again.start();
    expect(again.shown).toHaveLength(2);
    await again.reset();
    expect(again.shown).toEqual([]);
  });

  it('gives classifiers an accuracy only, and reports which families need labels', async () => {
    const { state } = board();
    const classifier = families.find((spec) => spec.task === 'classifier');
    if (!classifier) throw new Error('no classifier');
    state.chosen = [classifier.id];
    state.epochs = 20;
    await state.start();
    expect(state.failures).toEqual([]);
    expect(state.shown[0]).toMatchObject({ classifier: true, test: null });
    expect(state.shown[0].accuracy?.share).toBeGreaterThan(0.5);
    state.datasetId = 'bare';
    const needy = state.candidates.find((each) => each.family === classifier.id);
    expect(needy && state.obstacle(needy)).toMatch(/label/);
  });

  it('gives validation figures only where there are no test images', async () => {
    const { state } = board();
    state.datasetId = 'bare';
    state.chosen = [counted.filter(able)[0].id];
    await state.start();
    expect(state.shown[0]).toMatchObject({ test: null, accuracy: null });
    expect(bitsPerPixel(state.shown[0])).toBeCloseTo(
      (state.shown[0].validation?.nats ?? 0) / 30 / Math.LN2,
      10,
    );
  });

  it('can be cancelled without leaving incomplete rows', async () => {
    const { state } = board();
    const learner = families.find((spec) => spec.training === 'descended' && spec.task === 'density');
    state.chosen = [learner?.id ?? ''];
    state.epochs = 1000;
    const run = state.start();
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(state.running).toBe('board');
    state.cancel();
    await run;
    expect([state.running, state.shown, state.error]).toEqual([null, [], '']);
  });

  it('measures stored models that were trained on the same images', async () => {
    const trainer = board();
    const trainingData = await trainer.ports.trainingData('stripes');
    if (!trainingData.ok) throw new Error(trainingData.reason);
    const spec = counted.filter(able)[0];
    const binarisation = { kind: 'threshold' } as const;
    const job = boardJobOf(spec, completeHyper(spec), grid, trainingData.value, binarisation, 1);
    const outcome = await trainer.ports.engine.train(job, () => undefined);
    if (!outcome.ok) throw new Error(outcome.reason);
    const lineage = { id: 'mine', name: 'My model', dataset: trainingData.value.dataset, createdAt: 0 };
    const mine = recordOf(job, outcome.value, lineage);
    const other = { ...mine, id: 'other', dataset: { ...mine.dataset, id: 'bare' } };
    const { state } = board({ models: () => [mine, other] });
    state.chosen = [];
    expect(state.keptModels).toEqual([mine]);
    state.toggleModel('mine', true);
    await state.start();
    // The binarisation of the model, not that of the form.
    expect(state.shown).toMatchObject([{ name: 'My model', kept: true, binarisation, train: mine.train }]);
    expect(state.shown[0].test?.images).toBe(60);
    await state.remove(state.shown[0].id);
    expect(state.shown).toEqual([]);
  });

  it('reports why a data set or a model is missing', async () => {
    const { state } = board({ trainingData: () => Promise.resolve(fail('data set: it is no longer here')) });
    state.chosen = [counted.filter(able)[0].id];
    await state.start();
    expect(state.error).toContain('no longer here');
  });
});

describe('the size curve', () => {
  const sizeParameter = sizeParametersOf(families.filter((spec) => spec.training === 'counted'))[0];

  it('is measured point by point, and stored', async () => {
    const { state, stored } = board();
    await state.startCurve(sizeParameter);
    const { curve } = state;
    expect(state.error).toBe('');
    expect(curve?.points.length).toBeGreaterThan(3);
    expect(curve?.heldOut).toBe('test');
    const sizes = curve?.points.map((point) => point.parameters) ?? [];
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(readStored(stored.value).curve).toEqual(curve);
  });

  it('takes every value of an integer parameter, at most twenty', () => {
    const { min, max } = sizeParameter.parameter;
    expect(
      valuesOf(sizeParameter, { width: 28, height: 28 }).map((hyper) => hyper[sizeParameter.parameter.name]),
    ).toEqual(Array.from({ length: max - min + 1 }, (_, i) => min + i));
    const wide = { ...sizeParameter, parameter: { ...sizeParameter.parameter, max: min + 5 * max } };
    expect(valuesOf(wide, { width: 28, height: 28 }).length).toBeLessThanOrEqual(20);
  });

  it('is summarised in words', () => {
    const point = (value: number, train: number, held: number) => ({
      value,
      parameters: 2 ** value,
      train: { nats: train, standardError: 1, images: 9 },
      held: { nats: held, standardError: 1, images: 9 },
    });
    const curve: SizeCurve = {
      family: 'f',
      parameter: 'k',
      dataset: { id: 'd', name: 'd', revision: 0, images: 9 },
      binarisation: { kind: 'threshold' },
      heldOut: 'test',
      points: [point(1, 150, 152), point(2, 120, 130), point(3, 90, 141)],
    };
    expect(lowest(curve.points)?.value).toBe(2);
    expect(storyOf(curve)).toContain(
      'Test −log p is lowest at k = 2 with 130.0 nats and climbs to 141.0 nats',
    );
    expect(storyOf({ ...curve, points: curve.points.slice(0, 2) })).toContain('still falls');
    expect(storyOf({ ...curve, points: [] })).toBe('');
  });
});

describe('rows', () => {
  const row = (name: string, nats: number | null, changes: Partial<LeaderRow> = {}): LeaderRow => ({
    ...rowOf({
      id: name,
      key: name,
      name,
      family: counted[0].id,
      grid,
      hyper: completeHyper(counted[0]),
      dataset: { id: 'd', name: 'd', revision: 0, images: 100 },
      train: { nats: 10, standardError: 0.1, images: 90 },
      validation: null,
      test: nats === null ? null : { nats, standardError: 0.1, images: 10 },
      accuracy: null,
      binarisation: { kind: 'stochastic', seed: 0 },
      epochs: 2,
      seconds: 3,
      backend: 'cpu',
      kept: false,
    }),
    ...changes,
  });

  it('sort by any column, those without a value last', () => {
    const rows = [row('b', 20), row('none', null), row('a', 30), row('c', 10)];
    const names = (sorted: readonly LeaderRow[]) => sorted.map((each) => each.name);
    expect(names(sortRows(rows, 'test', true))).toEqual(['c', 'b', 'a', 'none']);
    expect(names(sortRows(rows, 'test', false))).toEqual(['a', 'b', 'c', 'none']);
    expect(names(sortRows(rows, 'name', true))).toEqual(['a', 'b', 'c', 'none']);
    // -log p(y | x) cannot be compared with -log p(x).
    const classifier = row('labels', 1, { classifier: true });
    expect(names(sortRows([classifier, ...rows], 'test', true)).indexOf('labels')).toBeGreaterThan(2);
  });

  it('give the expected time of a model from its earlier runs', () => {
    const candidate = { key: 'a', family: counted[0].id };
    expect(expectedSeconds([], candidate, 100, 2)).toBeNull();
    expect(expectedSeconds([row('a', 1)], candidate, 100, 2)).toBe(3);
    expect(expectedSeconds([row('a', 1)], candidate, 1000, 4)).toBe(60);
    expect(expectedSeconds([row('a', 1, { kept: true })], candidate, 100, 2)).toBeNull();
  });

  it('are read from the store only if they are valid', () => {
    const kept = {
      version: 1,
      rows: [row('a', 1), { ...row('b', 1), train: 3 }, null],
      curve: { points: 1 },
    };
    expect(readStored(kept)).toEqual({ version: 1, rows: [row('a', 1)], curve: null });
    for (const invalid of [undefined, null, 7, 'x', { version: 2, rows: [row('a', 1)] }])
      expect(readStored(invalid)).toEqual({ version: 1, rows: [], curve: null });
  });
});

it('every family is a candidate, and also as one model for each digit where it can be', () => {
  const all = candidatesOf(families, { width: 28, height: 28 }, 60_000);
  for (const spec of families)
    expect(all.filter((each) => each.family === spec.id)).toHaveLength(
      spec.task === 'density' && spec.classes !== 'always' && spec.classes !== 'never' ? 2 : 1,
    );
  expect(new Set(all.map((each) => each.key)).size).toBe(all.length);
  expect(new Set(all.map((each) => each.name)).size).toBe(all.length);
});

describe('the board by family', () => {
  const candidates = candidatesOf(families, grid, 240);
  const rowOfKey = (key: string, nats: number, changes: Partial<LeaderRow> = {}) => ({
    ...bare,
    id: `${key} ${nats}`,
    key,
    test: { nats, standardError: 1, images: 60 },
    ...changes,
  });
  const bare = {
    name: '',
    family: '',
    grid,
    dataset: { id: 'stripes', name: 'Stripes', revision: 0, images: 240 },
    parameters: 1,
    train: { nats: 1, standardError: 1, images: 1 },
    validation: null,
    classifier: false,
    accuracy: null,
    binarisation: { kind: 'stochastic', seed: 0 },
    epochs: 1,
    seconds: 1,
    backend: 'cpu',
    kept: false,
  } as const;
  const keyOf = (choice: string) => candidates.find((each) => each.choice === choice)!.key;

  it('has a row for every family, the lowest loss first, and a column for each kind', () => {
    const rows = [
      rowOfKey(keyOf('independent'), 9),
      rowOfKey(keyOf('tree'), 8),
      rowOfKey(keyOf('independent by class'), 7),
      rowOfKey(keyOf('naive-bayes'), 10),
      rowOfKey(keyOf('tree'), 1, { kept: true }),
      rowOfKey(keyOf('tree'), 5, { binarisation: { kind: 'threshold' } }),
    ];
    const boards = familyBoards(rows, candidates);
    expect(boards.map(({ binarisation }) => binarisation.kind)).toEqual(['threshold', 'stochastic']);
    const [, { pairs, best }] = boards;
    expect(pairs.map(({ family, plain, byDigit }) => [family, heldLoss(plain), heldLoss(byDigit)])).toEqual([
      ['independent', 9, 7],
      ['tree', 8, null],
      ['naive-bayes', null, 10],
    ]);
    expect(best).toBe(7);
  });

  it('shows classifiers last, which have no loss', () => {
    const classifier = candidates.find(({ family }) => family === 'logistic-regression')!;
    const rows = [rowOfKey(classifier.key, 0.3, { classifier: true }), rowOfKey(keyOf('tree'), 8)];
    const [{ pairs, best }] = familyBoards(rows, candidates);
    expect(pairs.map(({ family }) => family)).toEqual(['tree', 'logistic-regression']);
    expect(best).toBe(8);
    expect(familyBoards([rows[0]], candidates)[0].best).toBeNull();
    expect(familyBoards([], candidates)).toEqual([]);
  });

  it('pairs every candidate with the other one of its family', () => {
    const pairs = pairsOf(candidates);
    expect(pairs.flatMap(({ plain, byDigit }) => [plain, byDigit]).filter((each) => each !== null)).toEqual(
      candidates,
    );
    for (const { plain, byDigit } of pairs)
      expect([plain?.byDigit ?? false, byDigit?.byDigit ?? true]).toEqual([false, true]);
  });
});

describe('the form of the board', () => {
  it('starts with what is counted in seconds; presets tick what can be trained', () => {
    const { state } = board();
    expect(state.preset).toBe('quick');
    const quick = state.due;
    state.choosePreset('counted');
    expect([state.preset, state.due > quick]).toEqual(['counted', true]);
    state.choosePreset('all');
    expect([state.preset, state.due]).toEqual(['all', state.able.length]);
    state.toggle(state.able[0].choice, false);
    expect(state.preset).toBeNull();
  });

  it('says in two or three words why a model cannot be trained', () => {
    const { state } = board();
    const words = (id: string) => {
      state.datasetId = id;
      return state.candidates.map((each) => [each.choice, state.shortObstacle(each)]);
    };
    expect(words('stripes')).toContainEqual(['full-joint', 'only up to 4 × 4']);
    expect(words('bare')).toContainEqual(['naive-bayes', 'needs labels']);
    expect(words('stripes')).toContainEqual(['tree', null]);
  });
});

it('means and accuracies equal those of the engine', () => {
  const scores = Float64Array.from([-3, -5, -4.5, -7]);
  const mean = meanOf(scores);
  const engine = estimateOf(scores);
  expect(mean.nats).toBeCloseTo(engine.nats, 12);
  expect(mean.standardError).toBeCloseTo(engine.standardError, 12);
  const right = accuracyOf(Float64Array.from([1, 2, 5, 4, 0, 9]), Uint8Array.from([1, 0, 0]));
  expect(right.share).toBeCloseTo(2 / 3, 12);
  expect(right.standardError).toBeCloseTo(Math.sqrt(2 / 27), 12);
});
