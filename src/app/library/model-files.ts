import { wordsOf } from '../../data/error-words.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import type { FormatId } from '../../models/export/formats.ts';
import type { ModelRecord } from '../../store/records.ts';
import { chooseFile } from '../choose-file.ts';
import type { Notices } from '../notices.svelte.ts';
import type { Library } from './library.svelte.ts';

interface Ports {
  readonly engine: Pick<Engine, 'openModel' | 'convertModel'>;
  readonly library: Library;
  readonly notices: Notices;
}

/** Models in and out as files, for every room; the code is fetched with the first of them. */
export class ModelFiles {
  readonly #ports: Ports;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Opens a file and keeps its model; where it cannot, a notice says why too. */
  async open(file: File): Promise<Result<ModelRecord>> {
    const opened = await attempt(async () => {
      const { openModelFile } = await import('./open-model.ts');
      return await openModelFile(file, this.#ports);
    });
    if (opened.ok) this.#ports.notices.drop('open-model');
    else this.#ports.notices.say('open-model', `Not opened. ${opened.reason}.`, { tone: 'warning' });
    return opened;
  }

  /** Lets the visitor choose a file and opens it; null where none was opened. */
  async choose(): Promise<ModelRecord | null> {
    const file = await chooseFile('.safetensors');
    const opened = file && (await this.open(file));
    return opened?.ok ? opened.value : null;
  }

  /** Saves a model as a download; where it cannot, a notice says why. */
  async save(model: ModelRecord, format: FormatId): Promise<void> {
    const saved = await attempt(async () => {
      const { downloadFile, modelFileAs } = await import('./files.ts');
      const file = await modelFileAs(model, format, this.#ports.engine);
      if (file.ok) downloadFile(file.value);
      return file.ok ? ok(null) : file;
    });
    if (saved.ok) this.#ports.notices.drop('save-model');
    else this.#ports.notices.say('save-model', `Not saved. ${saved.reason}.`, { tone: 'warning' });
  }
}

/** The engine may end during a call, and code may not be there to be fetched. */
async function attempt<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (error) {
    return fail(wordsOf(error));
  }
}
