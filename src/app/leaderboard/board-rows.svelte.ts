import { ok, type Result } from '../../data/result.ts';
import type { LeaderboardPorts } from './ports.ts';
import type { LeaderRow } from './rows.ts';
import { readStored, type SizeCurve } from './stored.ts';

/** The rows and the curve of the leaderboard, shown at once and stored after that. Two tabs keep each other's rows. */
export class BoardRows {
  readonly #ports: Pick<LeaderboardPorts, 'load' | 'change'>;
  rows = $state.raw<readonly LeaderRow[]>([]);
  /** While a curve is measured, its points so far, which are not stored. */
  curve = $state.raw<SizeCurve | null>(null);
  /** False until the rows of earlier visits have been read. */
  ready = $state(false);
  /** Why the rows shown are not stored, if so. */
  warning = $state('');
  /** Rows measured here, and null for rows removed here, that are not stored yet, by id. */
  #changes: Readonly<Record<string, LeaderRow | null>> = {};
  /** A curve measured here that is not stored yet. */
  #newCurve: SizeCurve | null = null;
  #opening: Promise<Result<null>> | null = null;

  constructor(ports: Pick<LeaderboardPorts, 'load' | 'change'>) {
    this.#ports = ports;
  }

  /** Reads the rows of earlier visits, once. After a failure the next call tries again. */
  async open(): Promise<Result<null>> {
    this.#opening ??= this.#read();
    const read = await this.#opening;
    if (!read.ok) {
      this.#opening = null;
      this.warning = `What an earlier visit measured could not be read, and nothing is saved over it. ${read.reason}.`;
    }
    return read;
  }

  /** Reads them again where they have been read before: a backup has added to what is stored. */
  async reread(): Promise<void> {
    if (!this.#opening) return;
    this.#opening = null;
    await this.open();
  }

  /** Adds rows; one of an id that is here already takes its place. */
  async put(...rows: readonly LeaderRow[]): Promise<void> {
    const own = Object.fromEntries(rows.map((row) => [row.id, row]));
    this.rows = [...this.rows.filter(({ id }) => !Object.hasOwn(own, id)), ...Object.values(own)];
    this.#changes = { ...this.#changes, ...own };
    await this.#save();
  }

  /** Stores the curve that is shown. */
  async keepCurve(): Promise<void> {
    this.#newCurve = this.curve;
    await this.#save();
  }

  /** Rows that could not be deleted from the store are shown again. */
  async remove(removes: (row: LeaderRow) => boolean): Promise<void> {
    const before = this.rows;
    const removed = before.filter(removes);
    this.rows = before.filter((row) => !removes(row));
    this.#changes = { ...this.#changes, ...Object.fromEntries(removed.map(({ id }) => [id, null])) };
    const saved = await this.#save();
    if (saved.ok) return;
    this.#changes = Object.fromEntries(Object.entries(this.#changes).filter(([, row]) => row !== null));
    const back = removed.filter((row) => !this.rows.some((each) => each.id === row.id));
    this.rows = [...back, ...this.rows];
  }

  async #read(): Promise<Result<null>> {
    const loaded = await this.#ports.load();
    if (!loaded.ok) return loaded;
    const stored = readStored(loaded.value);
    // Rows measured meanwhile are newer.
    this.rows = [...stored.rows.filter((row) => !this.rows.some((each) => each.id === row.id)), ...this.rows];
    this.curve ??= stored.curve;
    this.ready = true;
    return ok(null);
  }

  /**
   * Adds the changes of this tab to the board that is stored, which another tab may have changed, and shows the result. The rows of
   * earlier visits are read before: where they cannot be, nothing is saved over them.
   */
  async #save(): Promise<Result<unknown>> {
    const read = await this.open();
    if (!read.ok) return read;
    const changes = this.#changes;
    const curve = this.#newCurve;
    const saved = await this.#ports.change((value) => {
      const stored = readStored(value);
      const others = stored.rows.filter(({ id }) => !(id in changes));
      const own = Object.values(changes).filter((row) => row !== null);
      return { version: 1, rows: [...others, ...own], curve: curve ?? stored.curve };
    });
    this.warning = saved.ok ? '' : `This change of the board is not kept on this machine. ${saved.reason}.`;
    if (!saved.ok) return saved;
    const later = Object.fromEntries(
      Object.entries(this.#changes).filter(([id, row]) => changes[id] !== row),
    );
    this.#changes = later;
    if (this.#newCurve === curve) this.#newCurve = null;
    this.rows = [
      ...saved.value.rows.filter(({ id }) => !(id in later)),
      ...this.rows.filter(({ id }) => id in later),
    ];
    return saved;
  }
}
