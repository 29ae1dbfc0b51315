import { cleanText } from '../../data/clean-text.ts';
import { crc32 } from '../../data/crc32.ts';
import { duplicateKey } from '../../data/json-keys.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import { readZip, writeZip, type ZipLimits } from '../../data/zip.ts';
import { ArrayBytes, fromJson, toJson } from '../../store/plain-json.ts';
import { checkSnapshot, type Snapshot, TABLES } from '../../store/snapshot.ts';
import { rowOf } from '../../store/rows.ts';
import type { Records, Row, TableName } from '../../store/tables.ts';
import { ABOUT, ABOUT_BEGINS } from './is-backup.ts';
import { cleanName } from '../library/names.ts';

/** Goes up when a reader of today could misread the file. */
const VERSION = 1;
const FORMAT = 'inkling-backup';
const MANIFEST = 'manifest.json';
const ROWS = 'rows.json';
const ARRAYS = 'arrays.bin';
const FILES = [ROWS, ARRAYS] as const;

/** Bytes that are summed between two looks at the event loop. */
const STEP_BYTES = 2 ** 22;
/** Larger files are refused before they are read into memory. */
export const MAX_BACKUP_BYTES = 2 ** 30;
const LIMITS: ZipLimits = { entries: 16, entryBytes: MAX_BACKUP_BYTES, bytes: MAX_BACKUP_BYTES };

const ABOUT_TEXT = `${ABOUT_BEGINS}: drawings, data sets, trained models, unfinished runs and settings of one browser.
Open it in the Lab of Inkling ("Restore a backup") to bring back what is not there; nothing is overwritten.

manifest.json  version, date, settings of the page, length and CRC-32 of the other files
rows.json      the rows of all tables, each with its key and checksum
arrays.bin     pixels and weights, little-endian; rows.json says where each begins
`;

/** What a backup holds. */
export interface Backup {
  readonly rows: Snapshot;
  /** Settings of the page outside of the store, by key. */
  readonly preferences: Readonly<Record<string, string>>;
  /** When it was made, in ms since 1970. */
  readonly createdAt: number;
}

/** "inkling-backup-2026-12-01-0305.zip": the day and the time of the visitor's clock. */
export function backupName(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `inkling-backup-${day}-${two(date.getHours())}${two(date.getMinutes())}.zip`;
}

/** The zip file of a backup, in parts. Equal backups give equal bytes. `pause` is awaited between steps of a mebibyte. */
export async function encodeBackup(
  { rows, preferences, createdAt }: Backup,
  pause: () => Promise<void>,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const arrays = new ArrayBytes();
  const json = Object.fromEntries(TABLES.map((table) => [table, toJson(rows[table], arrays)]));
  const content = {
    [ROWS]: encoded(JSON.stringify(json)),
    [ARRAYS]: new Uint8Array(await new Blob(arrays.parts).arrayBuffer()),
  };
  const sums = Object.fromEntries(
    await Promise.all(FILES.map(async (name) => [name, await crc32InSteps(content[name], pause)] as const)),
  );
  const manifest = {
    format: FORMAT,
    version: VERSION,
    created: new Date(createdAt).toISOString(),
    files: Object.fromEntries(
      FILES.map((name) => [name, { bytes: content[name].length, crc32: sums[name] }]),
    ),
    rows: Object.fromEntries(TABLES.map((table) => [table, rows[table].length])),
    preferences,
  };
  return await writeZip(
    [
      { name: ABOUT, bytes: encoded(ABOUT_TEXT), packed: false },
      { name: MANIFEST, bytes: encoded(JSON.stringify(manifest, null, 2)), packed: false },
      { name: ROWS, bytes: content[ROWS], packed: true },
      // Weights and packed files hardly compress.
      { name: ARRAYS, bytes: content[ARRAYS], packed: false },
    ],
    pause,
  );
}

async function crc32InSteps(bytes: Uint8Array, pause: () => Promise<void>): Promise<number> {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += STEP_BYTES) {
    sum = crc32(bytes.subarray(at, at + STEP_BYTES), sum);
    await pause();
  }
  return sum;
}

/**
 * Reads a backup from any source: lengths and checksums of its files, then the shape, key and checksum of every row, as the store checks its
 * own. A reason reads "file: field: what is wrong". `pause` is awaited between steps.
 */
export async function decodeBackup(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  pause: () => Promise<void>,
): Promise<Result<Backup>> {
  const wanted = new Set<string>([MANIFEST, ...FILES]);
  const entries = readZip(bytes, name, LIMITS, (entry) => wanted.has(entry));
  if (!entries.ok) return entries;
  const files = new Map(entries.value.map((each) => [each.name, each.bytes]));
  const manifest = readManifest(files.get(MANIFEST));
  if (!manifest.ok) return fail(`${name}: ${manifest.reason}`);
  const { createdAt, preferences } = manifest.value;
  for (const file of FILES) {
    const { bytes: length, crc32: sum } = manifest.value.files[file];
    const content = files.get(file);
    if (content?.length !== length)
      return fail(`${name}: ${file}: ${content?.length ?? 0} of ${length} bytes are there`);
    if ((await crc32InSteps(content, pause)) !== sum)
      return fail(`${name}: ${file}: crc32: does not match: the file is damaged`);
  }
  const rows = await readRows(files.get(ROWS), files.get(ARRAYS), pause);
  return rows.ok
    ? ok({ rows: withCleanNames(rows.value), preferences, createdAt })
    : fail(`${name}: ${ROWS}: ${rows.reason}`);
}

/** A name that a visitor could not have given here is cleaned. */
function withCleanNames(rows: Snapshot): Snapshot {
  return {
    ...rows,
    datasets: rows.datasets.map((row) => withCleanName('datasets', row)),
    models: rows.models.map((row) => withCleanName('models', row)),
  };
}

function withCleanName<N extends 'datasets' | 'models'>(table: N, row: Row<Records[N]>): Row<Records[N]> {
  const name = cleanName(row.record.name, 'Restored');
  return name === row.record.name ? row : rowOf(table, { ...row.record, name });
}

interface Manifest {
  readonly createdAt: number;
  readonly files: Readonly<
    Record<(typeof FILES)[number], { readonly bytes: number; readonly crc32: number }>
  >;
  readonly preferences: Readonly<Record<string, string>>;
}

function readManifest(bytes: Uint8Array | undefined): Result<Manifest> {
  if (!bytes) return fail(`${MANIFEST}: missing: this is no backup of Inkling`);
  const json = parsed(bytes);
  if (!json.ok) return fail(`${MANIFEST}: ${json.reason}`);
  const { format, version, created, files, preferences } = json.value;
  if (format !== FORMAT) return fail(`${MANIFEST}: format: is not "${FORMAT}": this is no backup of Inkling`);
  if (version !== VERSION)
    return fail(`${MANIFEST}: version: is not ${VERSION}: made by another version of Inkling`);
  const createdAt = typeof created === 'string' ? Date.parse(created) : NaN;
  if (!Number.isFinite(createdAt)) return fail(`${MANIFEST}: created: is not a date`);
  const places: Record<string, { bytes: number; crc32: number }> = {};
  for (const file of FILES) {
    const place = isObject(files) ? files[file] : undefined;
    if (!isObject(place) || !isWhole(place.bytes) || !isWhole(place.crc32))
      return fail(`${MANIFEST}: files: ${file}: bytes and crc32 are not whole numbers`);
    places[file] = { bytes: place.bytes, crc32: place.crc32 };
  }
  if (!isObject(preferences) || !Object.values(preferences).every((value) => typeof value === 'string'))
    return fail(`${MANIFEST}: preferences: are not texts by name`);
  return ok({
    createdAt,
    files: places as Manifest['files'],
    preferences: preferences as Record<string, string>,
  });
}

async function readRows(
  json: Uint8Array | undefined,
  arrays: Uint8Array | undefined,
  pause: () => Promise<void>,
): Promise<Result<Snapshot>> {
  const read = parsed(json ?? new Uint8Array(0));
  if (!read.ok) return read;
  const tables: Partial<Record<TableName, readonly unknown[]>> = {};
  for (const table of TABLES) {
    const rows = fromJson(read.value[table], arrays ?? new Uint8Array(0));
    if (!rows.ok) return fail(`${table}: ${rows.reason}`);
    if (!Array.isArray(rows.value)) return fail(`${table}: is not a list`);
    tables[table] = rows.value as unknown[];
  }
  return await checkSnapshot(tables as Record<TableName, readonly unknown[]>, pause);
}

/** A JSON object, without a key that stands there twice. */
function parsed(bytes: Uint8Array): Result<Record<string, unknown>> {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    json = JSON.parse(text);
  } catch {
    return fail('is not JSON in UTF-8');
  }
  if (!isObject(json)) return fail('is not a JSON object');
  const twice = duplicateKey(text);
  return twice === null ? ok(json) : fail(`the key "${cleanText(twice, 60)}" stands there twice`);
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
