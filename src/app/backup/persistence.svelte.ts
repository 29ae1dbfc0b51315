import {
  askToPersist,
  isPersistent,
  type StorageEstimate,
  storageEstimate,
} from '../../store/persistence.ts';
import { preference, savePreference } from '../preferences.ts';

/** Whether the browser keeps the storage when the disk runs low, and how much is used. */
export class Persistence {
  /** Null until the browser has answered, and where it does not say. */
  persistent = $state<boolean | null>(null);
  /** Null until the browser has answered, and where it does not say. */
  estimate = $state.raw<StorageEstimate | null>(null);
  /** It was asked in this visit and did not promise. */
  refused = $state(false);
  #asking: Promise<void> | null = null;

  async refresh(): Promise<void> {
    [this.persistent, this.estimate] = await Promise.all([isPersistent(), storageEstimate()]);
  }

  /** Asks the browser to keep what is stored; some browsers ask the visitor in turn. */
  async ask(): Promise<void> {
    savePreference('inkling-persist', 'asked');
    const promised = await askToPersist();
    this.refused = !promised;
    await this.refresh();
  }

  /** The same after something was kept, once in a browser: a visitor who has said no is not asked again. */
  async askOnce(): Promise<void> {
    this.#asking ??= this.#firstTime();
    await this.#asking;
  }

  async #firstTime(): Promise<void> {
    if (preference('inkling-persist') !== null) return;
    // Asked only where it is not promised already: an installed app often has the promise.
    if ((await isPersistent()) === false) await this.ask();
  }
}
