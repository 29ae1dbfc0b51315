import { cleanText } from '../../data/clean-text.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import { yieldToEventLoop } from '../../data/slices.ts';
import type { MergedRow, MergeOptions } from '../../store/merge.ts';
import { rowOf } from '../../store/rows.ts';
import type { Snapshot } from '../../store/snapshot.ts';
import { joinStored, LEADERBOARD_SETTING } from '../leaderboard/stored.ts';
import { saveBlob } from '../library/files.ts';
import type { Library } from '../library/library.svelte.ts';
import { isPage } from '../pad/kept-pages.ts';
import { keptPreferences, restorePreferences } from '../preferences.ts';
import { type Backup, backupName, decodeBackup, encodeBackup, MAX_BACKUP_BYTES } from './backup-file.ts';
import { restoredWords } from './words.ts';

/** When the last backup was made. Not part of a backup: it says something of this browser. */
const LAST_BACKUP = 'last-backup';

/** A backup that has been read, and what restoring it would do now. */
export interface RestorePlan {
  readonly file: string;
  readonly backup: Backup;
  /** Whether the pages of the backup take the place of different ones here. */
  readonly replacePages: boolean;
  readonly rows: readonly MergedRow[];
  /** Whether a page of the pad is here and in the backup, with different drawings. */
  readonly pagesDiffer: boolean;
}

interface BackupPorts {
  readonly library: Pick<
    Library,
    'snapshot' | 'planMerge' | 'merge' | 'setting' | 'putSetting' | 'unkept' | 'datasets' | 'models'
  >;
  /** Stores the drawing on the pad, before a backup is made or restored. */
  readonly saveDrawing: () => Promise<Result<null>>;
  /** Something has been restored: what the page read from the store before is out of date. */
  readonly onRestored: (rows: readonly MergedRow[]) => Promise<void>;
  /** Saves a file as a download of the browser. */
  readonly save?: (name: string, content: Blob) => void;
  readonly now?: () => number;
}

/** Making a backup of everything, and restoring one. */
export class Backups {
  /** When the last backup was made, in ms since 1970; null where there was none. */
  last = $state<number | null>(null);
  busy = $state<'making' | 'reading' | 'restoring' | null>(null);
  /** One sentence on the outcome of the last action. */
  said = $state('');
  plan = $state.raw<RestorePlan | null>(null);
  readonly #ports: BackupPorts;

  constructor(ports: BackupPorts) {
    this.#ports = ports;
  }

  /** Data sets and models that are new or changed since the last backup; null where there was none. */
  get since(): { readonly datasets: number; readonly models: number } | null {
    const { last } = this;
    if (last === null) return null;
    const { datasets, models } = this.#ports.library;
    return {
      datasets: datasets.filter(({ updatedAt }) => updatedAt > last).length,
      models: models.filter(({ createdAt }) => createdAt > last).length,
    };
  }

  async open(): Promise<void> {
    const stored = await this.#ports.library.setting(LAST_BACKUP);
    this.last = stored.ok && typeof stored.value === 'number' ? stored.value : null;
  }

  /** Gives a backup of everything to the downloads of the browser. */
  async make(): Promise<void> {
    await this.#whileBusy('making', async () => {
      const made = await this.#made();
      if (!made.ok) return `No backup was made. ${made.reason}.`;
      const { backup, parts } = made.value;
      const content = new Blob([...parts], { type: 'application/zip' });
      (this.#ports.save ?? saveBlob)(backupName(backup.createdAt), content);
      this.last = backup.createdAt;
      // Where it cannot be stored, it is forgotten at the next visit, and a notice says so.
      await this.#ports.library.putSetting(LAST_BACKUP, backup.createdAt);
      return `The backup was given to the browser's downloads as ${backupName(backup.createdAt)}.`;
    });
  }

  /** Reads a backup, and shows what restoring it would do. */
  async read(file: File): Promise<void> {
    await this.#whileBusy('reading', async () => {
      const backup = await this.#readFile(file);
      if (!backup.ok) return `Not restored. ${backup.reason}.`;
      const saved = await this.#ports.saveDrawing();
      const planned = await this.#planned(cleanText(file.name), backup.value, false);
      if (!planned.ok) return `Not restored. ${planned.reason}.`;
      this.plan = planned.value;
      return saved.ok ? '' : `The drawing on the pad could not be stored: ${saved.reason}.`;
    });
  }

  /** Whether pages of the backup take the place of those here, while the plan is shown. */
  async setReplacePages(replacePages: boolean): Promise<void> {
    const { plan } = this;
    if (!plan) return;
    const planned = await this.#planned(plan.file, plan.backup, replacePages);
    if (planned.ok) this.plan = planned.value;
    else this.#giveUp(planned.reason);
  }

  cancel(): void {
    this.plan = null;
  }

  /** Does what the plan says, all of it or nothing. */
  async restore(): Promise<void> {
    const { plan } = this;
    if (!plan) return;
    await this.#whileBusy('restoring', async () => {
      const { backup, replacePages } = plan;
      const merged = await this.#ports.library.merge(backup.rows, mergeOptions(replacePages));
      this.plan = null;
      if (!merged.ok) return `Not restored, nothing was changed. ${merged.reason}.`;
      restorePreferences(backup.preferences);
      await this.#ports.onRestored(merged.value);
      return restoredWords(merged.value);
    });
  }

  async #made(): Promise<Result<{ backup: Backup; parts: readonly Uint8Array<ArrayBuffer>[] }>> {
    const saved = await this.#ports.saveDrawing();
    if (!saved.ok) return fail(`The drawing on the pad could not be stored: ${saved.reason}`);
    const { library, now = Date.now } = this.#ports;
    const stored = await library.snapshot();
    if (!stored.ok) return stored;
    // A model that did not fit the storage is the first that wants a backup.
    const unkept = library.unkept.map(({ model }) => rowOf('models', model));
    const rows: Snapshot = {
      ...stored.value,
      models: [
        ...stored.value.models.filter(({ key }) => unkept.every((each) => each.key !== key)),
        ...unkept,
      ],
      settings: stored.value.settings.filter(({ key }) => key !== LAST_BACKUP),
    };
    const backup = { rows, preferences: keptPreferences(), createdAt: now() };
    return ok({ backup, parts: await encodeBackup(backup, yieldToEventLoop) });
  }

  async #readFile(file: File): Promise<Result<Backup>> {
    const name = cleanText(file.name);
    if (file.size > MAX_BACKUP_BYTES)
      return fail(`${name}: size: larger than ${MAX_BACKUP_BYTES / 2 ** 30} GiB`);
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = new Uint8Array(await file.arrayBuffer());
    } catch {
      return fail(`${name}: the browser could not read it; choose it again`);
    }
    const backup = await decodeBackup(bytes, name, yieldToEventLoop);
    if (!backup.ok) return backup;
    const { rows } = backup.value;
    const settings = rows.settings.filter(({ key }) => key !== LAST_BACKUP);
    return ok({ ...backup.value, rows: { ...rows, settings } });
  }

  async #planned(file: string, backup: Backup, replacePages: boolean): Promise<Result<RestorePlan>> {
    const rows = await this.#ports.library.planMerge(backup.rows, mergeOptions(replacePages));
    if (!rows.ok) return rows;
    const pagesDiffer = rows.value.some(
      ({ table, key, fate }) =>
        table === 'settings' && isPage(key) && (fate === 'left' || fate === 'replaced'),
    );
    return ok({ file, backup, replacePages, rows: rows.value, pagesDiffer });
  }

  #giveUp(reason: string): void {
    this.plan = null;
    this.said = `Not restored. ${reason}.`;
  }

  async #whileBusy(what: NonNullable<Backups['busy']>, work: () => Promise<string>): Promise<void> {
    if (this.busy) return;
    this.busy = what;
    this.said = '';
    try {
      this.said = await work();
    } finally {
      this.busy = null;
    }
  }
}

function mergeOptions(replacePages: boolean): MergeOptions {
  return {
    settings: replacePages ? 'replaced' : 'stay',
    mergeSetting: (key, here, there) =>
      key === LEADERBOARD_SETTING ? (joinStored(here, there) ?? undefined) : undefined,
  };
}
