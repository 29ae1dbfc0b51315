import { savePreference, preference } from './preferences.ts';

export type ThemeChoice = 'auto' | 'light' | 'dark';

const CHOICES: readonly ThemeChoice[] = ['auto', 'light', 'dark'];

/** Light or dark: the system's, unless the visitor chose; light on paper. */
export class Theme {
  choice = $state<ThemeChoice>('auto');
  #systemDark = $state(false);
  #printing = $state(false);

  constructor() {
    const system = matchMedia('(prefers-color-scheme: dark)');
    this.#systemDark = system.matches;
    system.addEventListener('change', () => {
      this.#systemDark = system.matches;
    });
    for (const [event, printing] of [
      ['beforeprint', true],
      ['afterprint', false],
    ] as const)
      addEventListener(event, () => {
        this.#printing = printing;
        this.#apply();
      });
    const stored = preference('inkling-theme');
    this.choose(CHOICES.find((choice) => choice === stored) ?? 'auto');
  }

  get dark(): boolean {
    if (this.#printing) return false;
    return this.choice === 'dark' || (this.choice === 'auto' && this.#systemDark);
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    this.#apply();
    savePreference('inkling-theme', choice);
  }

  #apply(): void {
    const root = document.documentElement;
    const shown = this.#printing ? 'light' : this.choice;
    if (shown === 'auto') delete root.dataset.theme;
    else root.dataset.theme = shown;
  }
}
