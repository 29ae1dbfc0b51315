import { fail, ok, type Result } from '../../data/result.ts';
import { openModel } from '../../models/model-file.ts';
import type { ModelRecord } from '../../store/records.ts';
import { describeModel } from './counted-models.ts';
import { type FetchOptions, fetchPublished, hashMatches } from '../library/assets.ts';
import { recordOfFile } from '../library/model-record.ts';
import { MNIST_ID } from '../library/mnist.svelte.ts';
import { SHIPPED_ID, type ShippedModel } from './shipped-models.ts';

/** Where files are kept for use without a network. */
const CACHE = 'inkling-models';

/** Models that have been fetched since the page was opened, by name. */
const known = new Map<string, ModelRecord>();

/**
 * A model that comes with the app: from the browser's cache, else from the server, which puts it there. Fails with a sentence. What
 * the cache holds is checked as what arrives is.
 */
export async function fetchShipped(
  model: ShippedModel,
  options: FetchOptions = {},
): Promise<Result<ModelRecord>> {
  const before = known.get(model.name);
  if (before) return ok(before);
  const bytes = await bytesOf(model, options);
  if (!bytes.ok) return bytes;
  const record = recordOf(model, bytes.value);
  if (record.ok) known.set(model.name, record.value);
  return record;
}

/** Whether it is here already, so that no download has to be waited for. */
export async function isShippedKept(model: ShippedModel): Promise<boolean> {
  return known.has(model.name) || (await cached(addressOf(model))) !== null;
}

function addressOf({ name }: ShippedModel): string {
  return `${import.meta.env.BASE_URL}models/${name}.safetensors`;
}

async function bytesOf(model: ShippedModel, options: FetchOptions): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const address = addressOf(model);
  const response = await cached(address);
  const kept = response && new Uint8Array(await response.arrayBuffer());
  if (kept?.length === model.bytes && (await hashMatches(kept, model.sha256))) return ok(kept);
  const fetched = await fetchPublished(address, model, options);
  if (fetched.ok) await keep(address, fetched.value);
  return fetched;
}

/** Null where there is none, or the browser has no cache: in a page without a secure origin. */
async function cached(address: string): Promise<Response | null> {
  if (!('caches' in globalThis)) return null;
  try {
    return (await (await caches.open(CACHE)).match(address)) ?? null;
  } catch {
    // Storage is switched off: the file is fetched.
    return null;
  }
}

async function keep(address: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (!('caches' in globalThis)) return;
  try {
    await (await caches.open(CACHE)).put(address, new Response(bytes));
  } catch {
    // No room, or storage is switched off: the model works, and is fetched again at the next visit.
  }
}

function recordOf(shipped: ShippedModel, bytes: Uint8Array<ArrayBuffer>): Result<ModelRecord> {
  const opened = openModel(bytes, `${shipped.name}.safetensors`);
  if (!opened.ok) return opened;
  const { file, frame } = opened.value;
  if (!file.published) return fail(`${shipped.name}.safetensors: measured: missing`);
  const { family, hyper, grid } = file.model;
  return ok(
    recordOfFile(file, frame, {
      id: `${SHIPPED_ID} ${shipped.name}`,
      name: describeModel(family, hyper, grid),
      dataset: { id: MNIST_ID, name: 'MNIST', revision: 1, images: file.provenance.images },
      createdAt: 0,
    }),
  );
}
