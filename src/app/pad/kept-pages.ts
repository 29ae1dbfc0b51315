import { fail, type Result } from '../../data/result.ts';
import type { Library } from '../library/library.svelte.ts';

/**
 * The sheets of the pad in the store, by their names. No sheet is saved before it is known what an earlier visit left
 * of it, however late the store answers.
 */
export class KeptSheets {
  readonly #library: Pick<Library, 'setting' | 'putSetting'>;
  readonly #recalled = new Set<string>();
  /** Ink that was to be saved too early: the sheets themselves, which the visitor may go on changing. */
  readonly #waiting = new Map<string, Uint8Array<ArrayBuffer>>();

  constructor(library: Pick<Library, 'setting' | 'putSetting'>) {
    this.#library = library;
  }

  /** Whether it is known what an earlier visit left of the sheet. */
  knows(name: string): boolean {
    return this.#recalled.has(name);
  }

  /** What an earlier visit left of the sheet; undefined where that is nothing, or cannot be read. */
  async recall(name: string): Promise<unknown> {
    const kept = await this.#library.setting(name);
    this.#recalled.add(name);
    const waiting = this.#waiting.get(name);
    this.#waiting.delete(name);
    if (waiting) await this.save(name, waiting);
    return kept.ok ? kept.value : undefined;
  }

  /** Saves the ink, or remembers it until the sheet has been recalled and fails. */
  async save(name: string, ink: Uint8Array<ArrayBuffer>): Promise<Result<null>> {
    if (this.knows(name)) return await this.#library.putSetting(name, ink.slice());
    this.#waiting.set(name, ink);
    return fail('storage: it has not answered yet');
  }
}
