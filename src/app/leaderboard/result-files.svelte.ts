import type { NamedFile } from '../../data/idx-pair.ts';
import type { Result } from '../../data/result.ts';
import { encodeEntries, type ResultEntry, sortEntries } from '../../models/results.ts';
import { count, plural } from '../format.ts';
import { fileName } from '../library/files.ts';
import { entriesOf, newRows, type OpenedFile, readResultFiles } from './read-results.ts';
import { resultsCsv } from './result-csv.ts';
import type { LeaderRow } from './rows.ts';

/** Rows of files on the board, at most: beyond them a merged table is a matter for the command line. */
export const MAX_ELSEWHERE = 1000;

interface ResultPorts {
  /** Waits for the rows of earlier visits. */
  readonly open: () => Promise<Result<unknown>>;
  readonly rows: () => readonly LeaderRow[];
  readonly shown: () => readonly LeaderRow[];
  readonly put: (rows: readonly LeaderRow[]) => Promise<void>;
}

/** Results as files: those of other machines are added to the board, those of the board are saved. */
export class ResultFiles {
  readonly #ports: ResultPorts;
  busy = $state(false);
  /** The outcome of the last file, in a sentence. */
  status = $state('');
  /** Why files, or rows, were left out, one sentence each. */
  refused = $state.raw<readonly string[]>([]);

  constructor(ports: ResultPorts) {
    this.#ports = ports;
  }

  /**
   * Adds the results of files to the board, as rows that were measured elsewhere: nothing that is there is replaced. A file that is damaged or no
   * results is left out as a whole, and named; the others are added. Resolves with the rows that were added.
   */
  async open(files: readonly OpenedFile[]): Promise<readonly LeaderRow[]> {
    if (this.busy || files.length === 0) return [];
    this.busy = true;
    this.status = `Reading ${plural(files.length, 'file')} …`;
    this.refused = [];
    try {
      return await this.#add(files);
    } finally {
      this.busy = false;
    }
  }

  async #add(files: readonly OpenedFile[]): Promise<readonly LeaderRow[]> {
    const { runs, read, refused: unread } = await readResultFiles(files);
    const refused = [...unread];
    // Where they cannot be read the board says so itself.
    await this.#ports.open();
    const found = await newRows(runs, this.#ports.rows());
    const before = this.#ports.rows().filter(({ elsewhere }) => elsewhere).length;
    const room = Math.max(0, MAX_ELSEWHERE - before);
    // All of them or none: a table with a part of a sweep would mislead.
    const left = found.length > room ? found.length : 0;
    const added = left > 0 ? [] : found;
    if (left > 0)
      refused.push(
        `The board has room for ${plural(MAX_ELSEWHERE, 'result')} from files, and these would make ${count(before + left)}: none was added. Clear a board first, or merge fewer.`,
      );
    if (added.length > 0) await this.#ports.put(added);
    this.refused = refused;
    const here = runs.length - added.length - left;
    const parts = [
      ...(added.length > 0 ? [`${added.length} added`] : []),
      ...(here > 0 ? [`${here} here already`] : []),
    ];
    this.status =
      read === 0
        ? 'Nothing was opened.'
        : `${plural(runs.length, 'result')} in ${plural(read, 'file')}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}.`;
    return added;
  }

  /** The rows that are shown, as a file that `open` and the command line read. `name` is that of the data set. */
  async json(name: string): Promise<NamedFile> {
    return { name: `${fileName(`results ${name}`)}.json`, bytes: encodeEntries(await this.#entries()) };
  }

  /** The same as a table. */
  async csv(name: string): Promise<NamedFile> {
    const runs = sortEntries(await this.#entries()).map(({ run }) => run);
    return {
      name: `${fileName(`results ${name}`)}.csv`,
      bytes: new TextEncoder().encode(resultsCsv(runs)),
    };
  }

  async #entries(): Promise<readonly ResultEntry[]> {
    const shown = this.#ports.shown();
    const entries = await entriesOf(shown);
    const lost = shown.length - entries.length;
    this.refused =
      lost === 0
        ? []
        : [
            `${plural(lost, 'row')} with figures that are no numbers ${lost === 1 ? 'is' : 'are'} not in the file.`,
          ];
    this.status = `${plural(entries.length, 'result')} saved.`;
    return entries;
  }
}
