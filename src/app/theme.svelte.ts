import { savePreference, preference } from './preferences.ts';

export type ThemeChoice = 'auto' | 'light' | 'dark';

const CHOICES: readonly ThemeChoice[] = ['auto', 'light', 'dark'];

/** Light or dark: the system's, unless the visitor chose. */
export class Theme {
  choice = $state<ThemeChoice>('auto');
  #systemDark = $state(false);

  constructor() {
    const system = matchMedia('(prefers-color-scheme: dark)');
    this.#systemDark = system.matches;
    system.addEventListener('change', () => {
      this.#systemDark = system.matches;
    });
    const stored = preference('inkling-theme');
    this.choose(CHOICES.find((choice) => choice === stored) ?? 'auto');
  }

  get dark(): boolean {
    return this.choice === 'dark' || (this.choice === 'auto' && this.#systemDark);
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    const root = document.documentElement;
    if (choice === 'auto') delete root.dataset.theme;
    else root.dataset.theme = choice;
    savePreference('inkling-theme', choice);
  }
}
