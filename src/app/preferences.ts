/** Choices that must be known before the first paint, in localStorage. Losing them is no failure. */
type Preference =
  | 'inkling-theme'
  | 'inkling-play'
  | 'inkling-backend'
  | 'inkling-learn'
  | 'inkling-speeds'
  | 'inkling-training'
  | 'inkling-persist';

export function preference(key: Preference): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    // Refused in some private windows.
    return null;
  }
}

export function savePreference(key: Preference, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice then lasts as long as the page.
  }
}

/** Those that travel with a backup: what the browser was asked, and how fast this machine trains, do not. */
const KEPT: readonly Preference[] = [
  'inkling-theme',
  'inkling-play',
  'inkling-backend',
  'inkling-learn',
  'inkling-training',
];

/** For a backup, by key; what is not set is left out. */
export function keptPreferences(): Record<string, string> {
  const entries = KEPT.map((key) => [key, preference(key)] as const);
  return Object.fromEntries(entries.filter((entry): entry is [Preference, string] => entry[1] !== null));
}

/** Those of a backup that are not set here; they count from the next visit on. */
export function restorePreferences(values: Readonly<Record<string, string>>): void {
  for (const key of KEPT)
    if (Object.hasOwn(values, key) && preference(key) === null) savePreference(key, values[key]);
}
