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
  /** It has been asked, in this visit or an earlier one. */
  asked = $state(preference('inkling-persist') !== null);
  #asking: Promise<void> | null = null;

  async refresh(): Promise<void> {
    [this.persistent, this.estimate] = await Promise.all([isPersistent(), storageEstimate()]);
  }

  /** Asks the browser to keep what is stored; some browsers ask the visitor in turn. */
  async ask(): Promise<void> {
    savePreference('inkling-persist', 'asked');
    await askToPersist();
    this.asked = true;
    await this.refresh();
  }

  /** The same after something was kept, once in a browser: a visitor who has said no is not asked again. */
  async askOnce(): Promise<void> {
    this.#asking ??= this.#firstTime();
    await this.#asking;
  }

  async #firstTime(): Promise<void> {
    if (this.asked) return;
    // Asked only where it is not promised already: an installed app often has the promise.
    if ((await isPersistent()) === false) await this.ask();
  }
}
