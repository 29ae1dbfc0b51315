import type { Fate, MergedRow } from '../../store/merge.ts';
import { plural } from '../format.ts';
import { LEADERBOARD_SETTING } from '../leaderboard/stored.ts';
import { isPage } from '../pad/kept-pages.ts';

/** What a backup holds of one kind, and what becomes of it. */
export interface KindSummary {
  readonly kind: string;
  /** In words: "2 added, 1 here already". */
  readonly words: string;
}

interface Kind {
  /** Above a list of them. */
  readonly title: string;
  readonly one: string;
  readonly holds: (row: MergedRow) => boolean;
}

const KINDS: readonly Kind[] = [
  { title: 'Data sets', one: 'data set', holds: ({ table }) => table === 'datasets' },
  { title: 'Drawings', one: 'drawing', holds: ({ table }) => table === 'drawings' },
  { title: 'Models', one: 'model', holds: ({ table }) => table === 'models' },
  { title: 'Unfinished runs', one: 'unfinished run', holds: ({ table }) => table === 'runs' },
  { title: 'Pages of the pad', one: 'page of the pad', holds: (row) => isSetting(row) && isPage(row.key) },
  {
    title: 'Leaderboard',
    one: 'leaderboard',
    holds: (row) => isSetting(row) && row.key === LEADERBOARD_SETTING,
  },
  {
    title: 'Other settings',
    one: 'other setting',
    holds: (row) => isSetting(row) && !isPage(row.key) && row.key !== LEADERBOARD_SETTING,
  },
];

const WRITTEN: ReadonlySet<Fate> = new Set(['added', 'merged', 'replaced', 'beside']);

const FATES: readonly (readonly [Fate, (count: string) => string])[] = [
  ['added', (n) => `${n} added`],
  ['merged', (n) => `${n} joined with what is here`],
  ['replaced', (n) => `${n} in place of what is here`],
  ['beside', (n) => `${n} added beside what is here, under a name of its own`],
  ['same', (n) => `${n} here already`],
  ['left', (n) => `${n} left out: what is here is different, and stays`],
  ['incomplete', (n) => `${n} left out: what it belongs to is not in the backup`],
];

/** Of every kind that the backup holds. */
export function summariseMerge(rows: readonly MergedRow[]): readonly KindSummary[] {
  return KINDS.flatMap(({ title, holds }) => {
    const own = rows.filter(holds);
    if (own.length === 0) return [];
    const words = FATES.flatMap(([fate, say]) => {
      const n = own.filter((row) => row.fate === fate).length;
      return n === 0 ? [] : [say(String(n))];
    });
    return [{ kind: title, words: words.join(', ') }];
  });
}

/** Whether anything is written. */
export function changesAnything(rows: readonly MergedRow[]): boolean {
  return rows.some(({ fate }) => WRITTEN.has(fate));
}

/** One sentence after a restore: "Restored: 2 data sets and 1 model." */
export function restoredWords(rows: readonly MergedRow[]): string {
  const written = rows.filter(({ fate }) => WRITTEN.has(fate));
  const parts = KINDS.flatMap(({ one, holds }) => {
    const n = written.filter(holds).length;
    return n === 0 ? [] : [plural(n, one, one.startsWith('page') ? 'pages of the pad' : `${one}s`)];
  });
  if (parts.length === 0) return 'Everything in the backup was here already.';
  const list = [parts.slice(0, -1).join(', '), parts.slice(-1)[0]].filter((part) => part !== '');
  return `Restored: ${list.join(' and ')}.`;
}

function isSetting({ table }: MergedRow): boolean {
  return table === 'settings';
}
