import type { NamedFile } from '../../data/idx-pair.ts';
import type { Engine } from '../../engine/api.ts';
import type { ModelRecord } from '../../store/records.ts';
import { Newest } from '../newest.ts';
import { linkToModel } from './link.ts';

/** Makes the archive of one model for a course, with progress; a finished one only is saved. */
export class HandIn {
  readonly #engine: Engine;
  readonly #save: (file: NamedFile) => void;
  readonly #work = new Newest();
  /** 0 to 1; null while none is made. */
  done = $state<number | null>(null);
  /** How the last one ended, in a sentence. */
  outcome = $state('');
  failed = $state(false);

  constructor(engine: Engine, save: (file: NamedFile) => void) {
    this.#engine = engine;
    this.#save = save;
  }

  cancel(): void {
    this.#work.abort();
  }

  async start(model: ModelRecord): Promise<void> {
    if (this.done !== null) return;
    this.done = 0;
    this.outcome = '';
    let failure = '';
    const ended = await this.#work.run(
      async (signal) => {
        const [{ handInFile }, { fetchDigits }, { pngOf }] = await Promise.all([
          import('./make.ts'),
          import('../library/assets.ts'),
          import('../results/save.ts'),
        ]);
        const file = await handInFile({
          engine: this.#engine,
          model,
          link: linkToModel(model),
          unseen: () => fetchDigits('unseen'),
          png: pngOf,
          signal,
          onProgress: (done) => (this.done = done),
        });
        if (!file.ok) throw new Error(file.reason);
        signal.throwIfAborted();
        this.#save(file.value);
        this.outcome = `Saved as ${file.value.name}.`;
      },
      (reason) => (failure = reason),
    );
    this.done = null;
    this.failed = failure !== '';
    if (!ended) this.outcome = failure || 'Cancelled: nothing was saved.';
  }
}
