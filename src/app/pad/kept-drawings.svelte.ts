import type { Result } from '../../data/result.ts';
import type { DatasetRecord, DrawingRecord } from '../../store/records.ts';
import type { Library } from '../library/library.svelte.ts';
import type { DrawingStorage } from './drawing-storage.svelte.ts';
import type { Pad } from './pad.svelte.ts';

/** The visitor's sets of drawings, as the pad shows them: one is chosen, to which the next drawing is added. */
export class KeptDrawings {
  readonly library: Library;
  readonly #storage: DrawingStorage;
  readonly #pad: Pad;
  /** Id of the chosen set; the first one unless it is that of a set of the pad's grid. */
  chosen = $state('');
  /** Drawings of the chosen set, the latest first. */
  drawings = $state.raw<readonly DrawingRecord[]>([]);

  constructor(library: Library, storage: DrawingStorage, pad: Pad) {
    this.library = library;
    this.#storage = storage;
    this.#pad = pad;
  }

  get sets(): readonly DatasetRecord[] {
    return this.#storage.sets;
  }

  /** Null where the first drawing is still to be kept. */
  get set(): DatasetRecord | null {
    return this.sets.find((each) => each.id === this.chosen) ?? this.sets.at(0) ?? null;
  }

  async keep(label: number | null): Promise<void> {
    await this.#storage.addToSet(this.set?.id ?? null, label);
  }

  /** Puts a kept drawing on the pad, where undo brings back what was there. */
  lay({ pixels, label }: DrawingRecord): void {
    if (!this.set) return;
    const labels = label === null ? null : Uint8Array.of(label);
    this.#pad.setImage({ grid: this.set.grid, count: 1, pixels, labels }, 'kept drawing');
  }

  /** Reads the drawings of the chosen set; to be called when it, or its revision, changes. */
  async follow(set: DatasetRecord | null): Promise<void> {
    const read: Result<readonly DrawingRecord[]> | null = set && (await this.library.drawings(set.id));
    if (set?.id !== this.set?.id || set?.revision !== this.set?.revision) return;
    // What could not be read is said where all drawings are shown.
    this.drawings = read?.ok ? read.value.toReversed() : [];
  }
}
