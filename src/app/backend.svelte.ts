import type { BackendPreference, BackendStatus, Engine } from '../engine/api.ts';
import type { Notices } from './notices.svelte.ts';

/** The backend in use, as the header shows it. */
export class BackendState {
  status = $state.raw<BackendStatus | null>(null);
  readonly #engine: Engine;
  readonly #notices: Notices;

  constructor(engine: Engine, notices: Notices) {
    this.#engine = engine;
    this.#notices = notices;
  }

  async watch(): Promise<void> {
    await this.#engine.watch((status) => this.#update(status));
  }

  async prefer(preference: BackendPreference): Promise<void> {
    this.#update(await this.#engine.prefer(preference));
  }

  #update(status: BackendStatus): void {
    this.status = status;
    if (status.state === 'recovering') {
      this.#notices.say(
        'recovering',
        'The graphics device was lost and is being asked for again. Drawing, reading and saving go on meanwhile; training waits at its last checkpoint.',
        { tone: 'warning', dismissable: false },
      );
    } else {
      this.#notices.drop('recovering');
    }
  }
}
