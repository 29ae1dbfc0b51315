export type ThemeChoice = 'auto' | 'light' | 'dark';

const CHOICES: readonly ThemeChoice[] = ['auto', 'light', 'dark'];
const KEY = 'inkling-theme';

/** Light or dark: the system's, unless the visitor chose. Kept in localStorage, which is there before the first paint. */
export class Theme {
  choice = $state<ThemeChoice>('auto');
  #systemDark = $state(false);

  constructor() {
    const system = matchMedia('(prefers-color-scheme: dark)');
    this.#systemDark = system.matches;
    system.addEventListener('change', () => {
      this.#systemDark = system.matches;
    });
    this.choose(stored());
  }

  get dark(): boolean {
    return this.choice === 'dark' || (this.choice === 'auto' && this.#systemDark);
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    const root = document.documentElement;
    if (choice === 'auto') delete root.dataset.theme;
    else root.dataset.theme = choice;
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // Storage is refused in some private windows; the choice then lasts as long as the page.
    }
  }
}

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY);
    return CHOICES.find((choice) => choice === value) ?? 'auto';
  } catch {
    return 'auto';
  }
}
