import { wordsOf } from '../../data/error-words.ts';
import { hex } from '../../data/hex.ts';
import type { GreyImages } from '../../data/images.ts';
import { isGzip } from '../../data/is-gzip.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import { SharedWork } from './shared-work.ts';

/** One file that comes with the app, as data/manifest.json lists it. */
interface AssetFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Bytes of a data set's two files, as the server holds them. */
interface AssetPair {
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer>;
}

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Bytes loaded and their total. */
  readonly onProgress?: (loaded: number, total: number) => void;
}

/** Names of these files do not change with their content: a copy that the browser keeps is compared with the server's. */
function fetchAsset(file: string, signal: AbortSignal | undefined): Promise<Response> {
  return fetch(`${import.meta.env.BASE_URL}data/${file}`, { cache: 'no-cache', signal: signal ?? null });
}

/** `<name>-images.bin` and `<name>-labels.bin`, checked against the manifest's sizes and hashes. */
export async function fetchPair(name: string, options: FetchOptions = {}): Promise<Result<AssetPair>> {
  try {
    const wanted = [`${name}-images.bin`, `${name}-labels.bin`];
    const files = await manifest.result(options.signal);
    const listed = wanted.map((file) => files.find((each) => each.file === file));
    const total = listed.reduce((sum, each) => sum + (each?.bytes ?? 0), 0);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let before = 0;
    for (const [i, file] of wanted.entries()) {
      const entry = listed[i];
      if (!entry) return fail(`${file}: not part of this copy of Inkling`);
      const start = before;
      const part = await fetchFile(entry, options.signal, (n) => options.onProgress?.(start + n, total));
      if (!part.ok) return part;
      parts.push(part.value);
      before += entry.bytes;
    }
    return ok({ images: parts[0], labels: parts[1] });
  } catch (error) {
    return failed(error, options);
  }
}

function failed(error: unknown, { signal }: FetchOptions): Result<never> {
  if (signal?.aborted) return fail('cancelled');
  const reason = wordsOf(error);
  return fail(`The download did not come through (${reason}). Check the connection and try again.`);
}

/** A file of the server whose length and hash are known. Fails with a sentence. */
export async function fetchPublished(
  address: string,
  published: { readonly bytes: number; readonly sha256: string },
  options: FetchOptions = {},
): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const { signal, onProgress } = options;
  try {
    const response = await fetch(address, { cache: 'no-cache', signal: signal ?? null });
    const file = { ...published, file: address.slice(address.lastIndexOf('/') + 1) };
    return await readFile(response, file, (loaded) => onProgress?.(loaded, published.bytes));
  } catch (error) {
    return failed(error, options);
  }
}

/**
 * The precached digits, unpacked: a thousand for counting models (`starter`), a hundred test digits (`starter-test`), and a thousand
 * test digits for calibrations (`unseen`).
 */
export async function fetchDigits(name: 'starter' | 'starter-test' | 'unseen'): Promise<Result<GreyImages>> {
  const [pair, read] = await Promise.all([fetchPair(name), reader()]);
  if (!pair.ok) return pair;
  if (!read.ok) return read;
  const [images, labels] = await Promise.all([pair.value.images, pair.value.labels].map(unpacked));
  return read.value.readIdx(images, labels);
}

/** The code that reads IDX files, which the first score does not wait for. */
async function reader(): Promise<Result<typeof import('../../data/idx.ts')>> {
  try {
    return ok(await import('../../data/idx.ts'));
  } catch (error) {
    return failed(error, {});
  }
}

/**
 * The content of a gzip file, unpacked by the browser beside the page's own work. Of a file whose hash was checked: it cannot grow
 * beyond what was published. Other bytes stay as they are.
 */
async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (!isGzip(bytes)) return bytes;
  const content = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(content).arrayBuffer());
}

const manifest = new SharedWork<readonly AssetFile[]>(async (signal) => {
  const response = await fetchAsset('manifest.json', signal);
  if (!response.ok) throw new Error(`manifest.json: HTTP ${response.status}`);
  return ((await response.json()) as { files: AssetFile[] }).files;
});

async function fetchFile(
  asset: AssetFile,
  signal: AbortSignal | undefined,
  onBytes: (loaded: number) => void,
): Promise<Result<Uint8Array<ArrayBuffer>>> {
  return await readFile(await fetchAsset(asset.file, signal), asset, onBytes);
}

async function readFile(
  response: Response,
  { file, bytes, sha256 }: AssetFile,
  onBytes: (loaded: number) => void,
): Promise<Result<Uint8Array<ArrayBuffer>>> {
  if (!response.ok || !response.body)
    return fail(`${file}: the server answered HTTP ${response.status}. Try again later.`);
  const content = new Uint8Array(bytes);
  let loaded = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (loaded + value.length > bytes) return fail(`${file}: longer than the ${bytes} bytes it should have`);
    content.set(value, loaded);
    loaded += value.length;
    onBytes(loaded);
  }
  if (loaded < bytes) return fail(`${file}: only ${loaded} of ${bytes} bytes arrived. Try again.`);
  if (!(await hashMatches(content, sha256)))
    return fail(`${file}: the bytes that arrived are not the published ones. Try again.`);
  return ok(content);
}

/** Without a secure origin the browser offers no hashing; the length has been checked before. */
export async function hashMatches(content: Uint8Array<ArrayBuffer>, sha256: string): Promise<boolean> {
  const subtle = (globalThis.crypto as Partial<Crypto>).subtle;
  if (!subtle) return true;
  const digest = new Uint8Array(await subtle.digest('SHA-256', content));
  return hex(digest) === sha256;
}
