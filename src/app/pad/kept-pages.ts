import { fail, type Result } from '../../data/result.ts';
import type { Library } from '../library/library.svelte.ts';

/** Whether a setting of the store is a page of the pad: see `Pad.pageName`. */
export function isPage(key: string): boolean {
  return /^drawing( \d+)?$/.test(key);
}

/**
 * The pages of the pad in the store, by name. A page is not saved before its stored ink has been loaded, however late
 * the store answers.
 */
export class KeptPages {
  readonly #library: Pick<Library, 'setting' | 'putSetting'>;
  readonly #loaded = new Set<string>();
  /** Ink whose save waits for the page to be loaded: no copies, so that later changes are saved too. */
  readonly #waiting = new Map<string, Uint8Array<ArrayBuffer>>();

  constructor(library: Pick<Library, 'setting' | 'putSetting'>) {
    this.#library = library;
  }

  /** Whether the store has answered for this page. */
  isLoaded(name: string): boolean {
    return this.#loaded.has(name);
  }

  /** The pages are loaded again: a backup may have changed them. */
  forget(): void {
    this.#loaded.clear();
  }

  /** The stored ink of a page; undefined where there is none, or it cannot be read. */
  async load(name: string): Promise<unknown> {
    const stored = await this.#library.setting(name);
    this.#loaded.add(name);
    const waiting = this.#waiting.get(name);
    this.#waiting.delete(name);
    if (waiting) await this.save(name, waiting);
    return stored.ok ? stored.value : undefined;
  }

  /** Saves the ink. Before the page has been loaded it fails, and saves the ink after loading. */
  async save(name: string, ink: Uint8Array<ArrayBuffer>): Promise<Result<null>> {
    if (this.isLoaded(name)) return await this.#library.putSetting(name, ink.slice());
    this.#waiting.set(name, ink);
    return fail('storage: it has not answered yet');
  }
}
