import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DrawingStorage } from '../../../src/app/pad/drawing-storage.svelte.ts';
import { KeptDrawings } from '../../../src/app/pad/kept-drawings.svelte.ts';
import { Library } from '../../../src/app/library/library.svelte.ts';
import { Notices } from '../../../src/app/notices.svelte.ts';
import { Pad } from '../../../src/app/pad/pad.svelte.ts';
import { blankCanvas } from '../../../src/app/pad/ink.ts';
import { crc32 } from '../../../src/data/crc32.ts';
import { writeIdxImages, writeIdxLabels } from '../../../src/data/idx.ts';
import { unpackImage } from '../../../src/data/images.ts';
import { ok, type Result } from '../../../src/data/result.ts';
import { openStore } from '../../../src/store/db.ts';

const DIGITS = { width: 28, height: 28 };
const SMALL = { width: 7, height: 7 };
/** Twelve digits: blank first rows, ink below. */
const digits = {
  grid: DIGITS,
  count: 12,
  pixels: Uint8Array.from({ length: 12 * 784 }, (_, i) => (i % 784 < 200 ? 0 : 255)),
  labels: new Uint8Array(12),
};

/** Pages are compared by checksum: each has 313,600 bytes. */
const sum = (ink: unknown) => (ink instanceof Uint8Array ? crc32(ink) : ink);

/** The stored page of an earlier visit. */
function earlierInk(): Uint8Array<ArrayBuffer> {
  return blankCanvas().fill(255, 0, 2000);
}

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  const files: Record<string, Uint8Array<ArrayBuffer>> = {
    'starter-test-images.bin': writeIdxImages(digits),
    'starter-test-labels.bin': writeIdxLabels(digits.labels),
  };
  const manifest = {
    files: Object.entries(files).map(([file, bytes]) => ({ file, bytes: bytes.length, sha256: '' })),
  };
  vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array) => bytes });
  vi.stubGlobal('fetch', (address: string) => {
    const name = address.split('/').at(-1)!;
    return Promise.resolve(new Response(name in files ? files[name] : JSON.stringify(manifest)));
  });
  // Tasks that follow at once run by themselves; half a second passes where a test says so.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true, advanceTimeDelta: 1 });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A pad and its storage, over a store that does not answer before `answer` is called. `pages` are stored before. */
async function open(pages: Readonly<Record<string, unknown>> = {}) {
  const store = await openStore();
  for (const [name, ink] of Object.entries(pages)) await store.putSetting(name, ink);
  const notices = new Notices();
  const library = new Library(notices);
  const waiting: { name: string; go: () => void }[] = [];
  const setting = library.setting.bind(library);
  let late = true;
  library.setting = async (name): Promise<Result<unknown>> => {
    if (late) await new Promise<void>((go) => waiting.push({ name, go }));
    return await setting(name);
  };
  const pad = new Pad();
  const drawingStorage = new DrawingStorage(pad, library, notices, () => ({ kind: 'threshold' }));
  const stored = async (name: string) => {
    const read = await store.getSetting(name);
    return read.ok ? sum(read.value) : read.reason;
  };
  const answer = async () => {
    late = false;
    for (const { go } of waiting.splice(0)) go();
    await settle();
  };
  const settle = async () => {
    for (let i = 0; i < 4; i++) await library.setting('any');
  };
  /** A change of the drawing, followed by the save that the session triggers. */
  const change = async (work: () => void) => {
    work();
    drawingStorage.saveSoon();
    await vi.advanceTimersByTimeAsync(1000);
    if (!late) await settle();
  };
  return { pad, drawingStorage, library, notices, stored, answer, change, settle };
}

const dot = (pad: Pad) => {
  pad.begin({ x: 200, y: 30 });
  pad.end();
};

describe('the drawing of a link', () => {
  const linked = Uint8Array.from({ length: 784 }, (_, pixel) => pixel & 1);

  it('lies on the pad, and is not stored in place of the own one until it is changed', async () => {
    const { pad, drawingStorage, stored, answer, change } = await open({ drawing: earlierInk() });
    drawingStorage.link(linked);
    const opening = drawingStorage.open();
    await answer();
    await opening;
    expect(unpackImage(pad.seen.packed, 0)).toEqual(linked);
    await change(() => undefined);
    expect(await stored('drawing')).toBe(sum(earlierInk()));
    pad.undo();
    expect(sum(pad.ink)).toBe(sum(earlierInk()));
    pad.redo();
    await change(() => dot(pad));
    expect(await stored('drawing')).toBe(sum(pad.ink));
  });

  it('is not replaced by a stored one that arrives late', async () => {
    const { pad, drawingStorage, stored, answer } = await open({ drawing: earlierInk() });
    drawingStorage.link(linked);
    const opening = drawingStorage.open();
    await vi.advanceTimersByTimeAsync(1600);
    await opening;
    await answer();
    expect(unpackImage(pad.seen.packed, 0)).toEqual(linked);
    expect(await stored('drawing')).toBe(sum(earlierInk()));
  });

  it('of another grid is shown once the pad has that grid', async () => {
    const { pad, drawingStorage, answer } = await open();
    const opening = drawingStorage.open();
    await answer();
    await opening;
    drawingStorage.link(linked.subarray(0, 49));
    expect(unpackImage(pad.seen.packed, 0)).not.toHaveLength(49);
    await drawingStorage.changePage(() => pad.setGrid(SMALL));
    expect(unpackImage(pad.seen.packed, 0)).toEqual(linked.slice(0, 49));
  });
});

describe('a store that answers late', () => {
  it('replaces the first digit by the drawing of the last visit', async () => {
    const { pad, drawingStorage, stored, answer, change } = await open({ drawing: earlierInk() });
    const opening = drawingStorage.open();
    await vi.advanceTimersByTimeAsync(1600);
    await opening;
    expect(pad.blank).toBe(false);
    expect(sum(pad.ink)).not.toBe(sum(earlierInk()));
    await change(() => undefined);
    await drawingStorage.save();
    expect(await stored('drawing')).toBe(sum(earlierInk()));
    await answer();
    expect(sum(pad.ink)).toBe(sum(earlierInk()));
    expect(pad.said).toMatch(/last visit/);
    // Undo does not bring the digit back.
    expect(pad.canUndo).toBe(false);
    pad.undo();
    expect(sum(pad.ink)).toBe(sum(earlierInk()));
  });

  it('saves what the visitor drew meanwhile, after it has answered and not before', async () => {
    const { pad, drawingStorage, stored, answer, change } = await open({ drawing: earlierInk() });
    const opening = drawingStorage.open();
    await vi.advanceTimersByTimeAsync(1600);
    await opening;
    await change(() => dot(pad));
    const drawn = pad.ink.slice();
    expect(await drawingStorage.save()).toMatchObject({ ok: false });
    expect(await stored('drawing')).toBe(sum(earlierInk()));
    await answer();
    expect(sum(pad.ink)).toBe(sum(drawn));
    expect(await stored('drawing')).toBe(sum(drawn));
  });

  it('does the same on every page, also on one that was left meanwhile', async () => {
    const small = blankCanvas().fill(255, 40_000, 50_000);
    const { pad, drawingStorage, stored, answer, change } = await open({
      drawing: earlierInk(),
      'drawing 7': small,
    });
    const opening = drawingStorage.open();
    await vi.advanceTimersByTimeAsync(1600);
    await opening;
    await change(() => dot(pad));
    const drawn = pad.ink.slice();
    const turning = drawingStorage.changePage(() => pad.setGrid(SMALL));
    await vi.advanceTimersByTimeAsync(1600);
    await turning;
    expect(pad.pageName).toBe('drawing 7');
    expect(pad.blank).toBe(false);
    await change(() => undefined);
    expect(await stored('drawing 7')).toBe(sum(small));
    await answer();
    expect(sum(pad.ink)).toBe(sum(small));
    expect(await stored('drawing 7')).toBe(sum(small));
    expect(await stored('drawing')).toBe(sum(drawn));
  });
});

describe('the page shown', () => {
  it('is saved only where the visitor changed it', async () => {
    const { pad, drawingStorage, stored, answer, change } = await open();
    await answer();
    await drawingStorage.open();
    expect(pad.blank).toBe(false);
    await change(() => undefined);
    await drawingStorage.save();
    expect(await stored('drawing')).toBeUndefined();
    // The browser cancels the pointer: the finger scrolls.
    await change(() => {
      pad.begin({ x: 100, y: 100 });
      pad.extend([{ x: 110, y: 120 }]);
      pad.cancel();
    });
    await drawingStorage.save();
    expect(await stored('drawing')).toBeUndefined();
    await change(() => dot(pad));
    expect(await stored('drawing')).toBe(sum(pad.ink));
    await change(() => pad.undo());
    expect(await stored('drawing')).toBe(sum(pad.ink));
  });

  it('is not saved over the drawing of another tab where it was only restored', async () => {
    const { pad, drawingStorage, library, stored, answer, change } = await open({ drawing: earlierInk() });
    await answer();
    await drawingStorage.open();
    expect(sum(pad.ink)).toBe(sum(earlierInk()));
    const other = blankCanvas().fill(255, 5000, 6000);
    await library.putSetting('drawing', other);
    await change(() => (pad.centred = false));
    await drawingStorage.save();
    expect(await stored('drawing')).toBe(sum(other));
  });

  it('is not saved during a stroke, which may still be cancelled', async () => {
    const { pad, drawingStorage, stored, answer, change } = await open();
    await answer();
    await drawingStorage.open();
    await change(() => pad.begin({ x: 100, y: 100 }));
    expect(await stored('drawing')).toBeUndefined();
    pad.end();
    await vi.advanceTimersByTimeAsync(1000);
    await drawingStorage.save();
    expect(await stored('drawing')).toBe(sum(pad.ink));
  });

  it('reports why it could not be saved', async () => {
    const { pad, drawingStorage, library, notices, answer, change } = await open();
    await answer();
    await drawingStorage.open();
    const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    await change(() => dot(pad));
    const saved = await drawingStorage.save();
    put.mockRestore();
    expect(saved).toMatchObject({ ok: false });
    expect(notices.list).toMatchObject([{ id: 'storage' }]);
    expect(await library.setting('drawing')).toEqual(ok(undefined));
    expect((await drawingStorage.save()).ok).toBe(true);
  });
});

describe('pages that a backup has changed in the store', () => {
  it('are shown as they are stored now, all of them', async () => {
    const { pad, drawingStorage, library, answer } = await open({ drawing: earlierInk() });
    const opening = drawingStorage.open();
    await answer();
    await opening;
    dot(pad);
    await drawingStorage.save();
    const restored = blankCanvas().fill(255, 0, 9000);
    await library.putSetting('drawing', restored);
    await library.putSetting('drawing 7', restored);
    await drawingStorage.reread();
    expect(sum(pad.ink)).toBe(sum(restored));
    expect(pad.said).toBe('The drawing of the backup lies on the pad.');
    expect(pad.canUndo).toBe(false);
    await drawingStorage.changePage(() => pad.setGrid(SMALL));
    expect(sum(pad.ink)).toBe(sum(restored));
  });

  it('show a first digit where there is none', async () => {
    const { pad, drawingStorage, answer } = await open();
    const opening = drawingStorage.open();
    await answer();
    await opening;
    await drawingStorage.reread();
    expect(pad.blank).toBe(false);
    expect(pad.placeholder).toBe(true);
  });
});

describe('kept drawings and test digits', () => {
  it('list drawings from the latest on, lay them on the pad with their label, and add to the chosen set', async () => {
    let ids = 0;
    vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array) => bytes.fill(++ids) });
    const { pad, drawingStorage, library, answer } = await open();
    await answer();
    const kept = new KeptDrawings(library, drawingStorage, pad);
    expect(kept.set).toBeNull();
    dot(pad);
    const first = pad.seen.drawing.pixels.slice();
    await kept.keep(3);
    pad.clear();
    pad.begin({ x: 100, y: 400 });
    pad.extend([{ x: 400, y: 100 }]);
    pad.end();
    await kept.keep(null);
    await kept.follow(kept.set);
    expect(kept.drawings.map(({ label }) => label)).toEqual([null, 3]);

    pad.centred = false;
    kept.lay(kept.drawings[1]);
    expect(pad.label).toBe(3);
    expect(pad.seen.packed.count).toBe(1);
    expect(pad.seen.inkPixels).toBe(first.filter((grey) => grey >= 128).length);

    const other = await library.createDataset('Others');
    kept.chosen = other!.id;
    await kept.keep(9);
    expect(library.dataset(other!.id)?.count).toBe(1);
    await kept.follow(kept.set);
    expect(kept.drawings.map(({ label }) => label)).toEqual([9]);
  });

  it('lay a test digit of the class that was asked for on the pad', async () => {
    const { pad, drawingStorage, answer } = await open();
    const opening = drawingStorage.open();
    await answer();
    await opening;
    const labels = Uint8Array.from({ length: 12 }, (_, i) => i % 10);
    drawingStorage.testDigits = { ...digits, labels };
    drawingStorage.useTestDigit(5);
    await vi.advanceTimersByTimeAsync(50);
    expect(pad.label).toBe(5);
    // None of this class: nothing changes.
    drawingStorage.testDigits = { ...digits, labels: new Uint8Array(12) };
    drawingStorage.useTestDigit(4);
    await vi.advanceTimersByTimeAsync(50);
    expect(pad.label).toBe(5);
  });
});
