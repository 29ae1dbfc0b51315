import 'fake-indexeddb/auto';
import { beforeEach, expect, it, vi } from 'vitest';
import { IDBFactory } from 'fake-indexeddb';
import { exportDataset } from '../../../src/app/library/dataset-files.ts';
import { Library } from '../../../src/app/library/library.svelte.ts';
import { Notices } from '../../../src/app/notices.svelte.ts';
import { ok } from '../../../src/data/result.ts';
import { dataset, model, payload } from '../store/samples.ts';

/** Bidirectional controls, control characters and an escape sequence of a terminal. */
const HOSTILE = '\u202egnp.\u0007\u001b[31mdigits\u0000\u2066';
const CLEAN = 'gnp.digits';

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));

it('names that are typed are cleaned and cut', async () => {
  const library = new Library(new Notices());
  await library.open();
  const set = (await library.createDataset(`  ${HOSTILE} \n of mine`))!;
  expect(set.name).toBe(`${CLEAN} of mine`);
  expect(await library.renameDataset(set, HOSTILE)).toBe(true);
  expect(library.datasets[0].name).toBe(CLEAN);
  await library.finishRun(model, 'r1');
  expect(await library.renameModel(model, `${HOSTILE}${'x'.repeat(200)}`)).toBe(true);
  expect(library.models[0].name).toMatch(/^gnp\.digitsx{69}…$/);
});

it('names of exported files are never cut inside a character', async () => {
  const library = new Library(new Notices());
  await library.open();
  const record = { ...dataset, id: 'p1', origin: 'imported' as const, name: `x${'\u{20000}'.repeat(100)}` };
  await library.putFiles(record, payload);
  const files = await exportDataset(record, library);
  expect(files).toMatchObject(ok([{ name: `x${'\u{20000}'.repeat(29)}-images-idx3-ubyte` }, {}]));
});
