/** Choices that must be known before the first paint, in localStorage. Losing them is no failure. */
type Preference =
  | 'inkling-theme'
  | 'inkling-play'
  | 'inkling-backend'
  | 'inkling-learn'
  | 'inkling-speeds'
  | 'inkling-training';

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
