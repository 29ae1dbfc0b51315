import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { familyBoards } from '../../../src/app/leaderboard/by-family.ts';
import { elsewhereId, ownMachine, rowElsewhere, runOf } from '../../../src/app/leaderboard/elsewhere.ts';
import { Leaderboard } from '../../../src/app/leaderboard/leaderboard.svelte.ts';
import type { BoardSet, LeaderboardPorts } from '../../../src/app/leaderboard/ports.ts';
import { expectedSeconds, type LeaderRow } from '../../../src/app/leaderboard/rows.ts';
import { shownRows } from '../../../src/app/leaderboard/shown-rows.ts';
import { readStored } from '../../../src/app/leaderboard/stored.ts';
import { MNIST_ID } from '../../../src/app/library/mnist.svelte.ts';
import { Turn } from '../../../src/app/turn.ts';
import { MNIST } from '../../../src/cli/data-identity.ts';
import { ok } from '../../../src/data/result.ts';
import { encodeResults, type ResultRun } from '../../../src/models/results.ts';
import { readResults } from '../../../src/models/results-reading.ts';
import { readCsv } from '../data/read-csv.ts';
import { engineWithoutWebGpu } from '../engine/host-without-webgpu.ts';
import { resultRun } from '../models/result-runs.ts';
import { stripes } from './stripes.ts';

beforeAll(() => vi.stubGlobal('navigator', { hardwareConcurrency: 8 }));
afterAll(() => vi.unstubAllGlobals());

const grid = { width: 6, height: 5 };
const images = stripes(grid, 240, 1, (on) => (on ? 255 : 0));
const SET: BoardSet = {
  ...{ id: 'stripes', name: 'Stripes', label: 'Stripes', grid, labelled: true, images: 240, tests: 'sixty' },
};
const of = { id: 'stripes', name: 'Stripes', revision: 0, images: 240 };

/** A board of a browser; `value` is what it has stored. */
function board(value?: unknown) {
  const stored = { value };
  const ports: LeaderboardPorts = {
    engine: engineWithoutWebGpu(),
    turn: new Turn(),
    sets: () => [SET],
    trainingData: () => Promise.resolve(ok({ images: { kind: 'grey', images }, dataset: of })),
    testImages: () => Promise.resolve(ok(images)),
    models: () => [],
    load: () => Promise.resolve(ok(stored.value)),
    change: (change) => {
      const changed = change(stored.value);
      stored.value = structuredClone(changed);
      return Promise.resolve(ok(changed));
    },
  };
  const state = new Leaderboard(ports);
  state.datasetId = 'stripes';
  return { state, stored };
}

const file = (name: string, content: Uint8Array<ArrayBuffer> | string) => new File([content], name);
const results = (name: string, ...runs: readonly ResultRun[]) => file(name, encodeResults(runs));

async function measured() {
  const made = board();
  made.state.chosen = ['tree', 'neighbours by class'];
  await made.state.start();
  return made;
}

describe('results of files', () => {
  it('join the board as measured elsewhere, seeds together, and replace nothing', async () => {
    const { state, stored } = await measured();
    const before = state.rows;
    const seeds = [1, 2, 3].map((seed) =>
      resultRun({
        ...{ family: 'tree', dataset: of, seed, machine: seed === 3 ? 'B' : 'A' },
        ...{ hyper: { strength: 1, 'class-conditional': 0 }, parameters: 59 },
        test: { nats: 10 + seed, standardError: 0.5, images: 24 },
      }),
    );
    await state.openResults([results('one.json', seeds[0]), results('more.json', ...seeds.slice(1))]);
    expect(state.results.status).toBe('3 results in 2 files: 3 added.');
    expect(state.rows.slice(0, 2)).toEqual(before);
    const lines = shownRows(state.shown);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatchObject({
      name: 'Tree, 6 × 5',
      test: { nats: 12, standardError: 0.5 },
      group: { seeds: 3, spread: 1, machines: ['A', 'B'], diverged: 0 },
    });
    // The cells of the families, and the times expected, are those of this machine.
    const own = before.find(({ family }) => family === 'tree');
    const tree = state.boards[0].pairs.find(({ family }) => family === 'tree');
    expect(tree?.plain).toEqual(own);
    expect(familyBoards(seeds.map(rowElsewhere), state.candidates)).toEqual([]);
    expect(expectedSeconds(seeds.map(rowElsewhere), state.candidates[0], 240, 1)).toBeNull();

    expect(readStored(stored.value).rows).toEqual(state.rows);
    await state.openResults([results('again.json', ...seeds)]);
    expect(state.results.status).toBe('3 results in 1 file: 3 here already.');
    expect(state.rows).toHaveLength(5);
    await state.remove(...lines[2].ids);
    expect(state.rows).toEqual(before);
  });

  it('of another machine with other figures stand beside those that are there', async () => {
    const { state } = board();
    const run = resultRun({ dataset: of });
    await state.openResults([results('a.json', run)]);
    const other = { ...run, machine: 'B', test: { nats: 99, standardError: 0.5, images: 24 } };
    await state.openResults([results('b.json', other)]);
    expect(state.rows.map(({ test }) => test?.nats)).toEqual([13.25, 99]);
  });

  it('of data that are not here have an entry of their own, on which nothing is trained', async () => {
    const { state } = board();
    await state.openResults([results('a.json', resultRun())]);
    expect(state.set).toMatchObject({
      label: 'bars.idx, 60 images, measured elsewhere',
      elsewhere: true,
      tests: 'its test images',
    });
    expect([state.shown.length, state.candidates, state.due]).toEqual([1, [], 0]);
    await state.startCurve(state.sizeParameters[0]);
    expect(state.running).toBeNull();
    // Without its rows it has no entry any more.
    await state.reset();
    expect(state.set.id).toBe('stripes');
  });

  it('are refused by file and field, and the others are added all the same', async () => {
    const { state } = board();
    const text = new TextDecoder().decode(encodeResults([resultRun()]));
    await state.openResults([
      file('broken\u202e.json', text.slice(0, -10)),
      file('foreign.json', '{"rows":[]}'),
      file('wrong.json', text.replace('"seed":1', '"seed":-1')),
      results('good.json', resultRun()),
    ]);
    expect(state.results.refused).toEqual([
      'broken.json: is not JSON in UTF-8: no results of Inkling, or damaged',
      'foreign.json: format: is not "inkling-results": no results of Inkling',
      'wrong.json: runs[0].seed: -1 is outside 0 to 4294967295',
    ]);
    expect(state.results.status).toBe('1 result in 1 file: 1 added.');
    await state.openResults([file('foreign.json', '[]')]);
    expect(state.results.status).toBe('Nothing was opened.');
    const large = { name: 'large.json', size: 1e9, arrayBuffer: () => expect.unreachable() };
    await state.openResults([large]);
    expect(state.results.refused[0]).toMatch(/^large.json: has more than 4 MiB/);
    await state.openResults([
      results('many.json', ...Array.from({ length: 1001 }, (_, seed) => resultRun({ seed: seed + 2 }))),
    ]);
    expect(state.results.refused[0]).toMatch(
      /room for 1,000 results .* these would make 1,002: none was added/,
    );
    expect(state.rows).toHaveLength(1);
  });
});

describe('results saved', () => {
  it('are opened and saved again byte for byte, in this browser and in another', async () => {
    const { state } = await measured();
    await state.openResults([results('a.json', resultRun({ dataset: of, name: 'Named <b>' }))]);
    const saved = await state.results.json('Stripes');
    expect(saved.name).toBe('results-stripes.json');
    const read = readResults(saved.bytes, saved.name);
    expect(read.ok && read.value.map(({ seed, machine, name }) => [seed, machine, name]).sort()).toEqual([
      [1, 'A processor, 2 cores', 'Named <b>'],
      [1, 'a browser, 8 cores', null],
      [1, 'a browser, 8 cores', null],
    ]);
    await state.openResults([file(saved.name, saved.bytes)]);
    expect(state.results.status).toBe('3 results in 1 file: 3 here already.');
    expect((await state.results.json('Stripes')).bytes).toEqual(saved.bytes);

    const other = board();
    await other.state.openResults([file(saved.name, saved.bytes)]);
    expect(other.state.shown).toHaveLength(3);
    expect(other.state.shown.every(({ elsewhere }) => elsewhere)).toBe(true);
    vi.stubGlobal('navigator', { hardwareConcurrency: 4 });
    expect((await other.state.results.json('Stripes')).bytes).toEqual(saved.bytes);
    // And after a reload.
    const reloaded = board(other.stored.value);
    await reloaded.state.open();
    expect((await reloaded.state.results.json('Stripes')).bytes).toEqual(saved.bytes);
    vi.stubGlobal('navigator', { hardwareConcurrency: 8 });
  });

  it('of earlier versions, without hyper-parameters or seed, are saved with what their key says', async () => {
    const { state } = await measured();
    const later = ['hyper', 'seed'];
    const earlier = state.rows.map(
      (row) =>
        Object.fromEntries(
          Object.entries(row).filter(([field]) => !later.includes(field)),
        ) as unknown as LeaderRow,
    );
    const kept: LeaderRow = { ...earlier[0], id: 'kept x', key: 'x', name: 'Mine', kept: true };
    const old = board({ version: 1, rows: [...earlier, kept], curve: null });
    await old.state.open();
    const read = readResults((await old.state.results.json('')).bytes, 'r');
    if (!read.ok) throw new Error(read.reason);
    expect(read.value.map(({ name, hyper, seed }) => [name, hyper === null, seed])).toEqual(
      expect.arrayContaining([
        [null, false, null],
        ['Mine', true, null],
      ]),
    );
    const other = board();
    await other.state.openResults([file('r.json', encodeResults(read.value))]);
    expect((await other.state.results.json('')).bytes).toEqual(encodeResults(read.value));
  });

  it('leave out a row whose figures are no numbers, and say so', async () => {
    const { state, stored } = await measured();
    const [row] = state.rows;
    const endless = { ...row, id: 'x', train: { ...row.train, nats: Infinity } };
    const again = board({ ...readStored(stored.value), rows: [...state.rows, endless] });
    await again.state.open();
    await again.state.results.json('');
    expect(again.state.results.status).toBe('2 results saved.');
    expect(again.state.results.refused).toEqual([
      '1 row with figures that are no numbers is not in the file.',
    ]);
  });

  it('are a table with all values in full', async () => {
    const { state } = board();
    await state.openResults([
      results('a.json', resultRun({ dataset: of, name: '=cmd' }), resultRun({ dataset: of, test: null })),
    ]);
    const { name, bytes } = await state.results.csv('Stripes');
    expect(name).toBe('results-stripes.csv');
    const [head, ...rows] = readCsv(new TextDecoder().decode(bytes));
    const cell = (row: number, column: string) => rows[row][head.indexOf(column)];
    expect(rows).toHaveLength(2);
    const named = rows.findIndex(([model]) => model === "'=cmd");
    expect(cell(named, 'test (nats)')).toBe('13.25');
    expect(cell(1 - named, 'test (nats)')).toBe('');
    expect(cell(named, 'hyperparameters')).toMatch(/^strength=1 .*k=3|^k=3 /);
    expect(cell(named, 'machine')).toBe('A processor, 2 cores');
  });
});

it('a row of a file gives the run that it was made of', () => {
  for (const run of [
    resultRun(),
    resultRun({ name: 'Mine', hyper: null, seed: null }),
    resultRun({ diverged: true, test: null }),
  ]) {
    expect(runOf(rowElsewhere(run), ownMachine())).toEqual(run);
    expect(rowElsewhere(run).id).toBe(elsewhereId(run));
  }
});

it('the command line and the page know MNIST by one name', () => {
  expect(MNIST.id).toBe(MNIST_ID);
});

it('stored rows that say where they were measured are checked', () => {
  const row = rowElsewhere(resultRun());
  const rows = [
    row,
    { ...row, elsewhere: { machine: 1 } },
    { ...row, seed: 'x' },
    { ...row, hyper: { k: 'x' } },
  ];
  expect(readStored({ version: 1, rows, curve: null }).rows).toEqual([row]);
});
