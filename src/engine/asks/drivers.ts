import { fail } from '../../data/result.ts';
import type { DriversAsk } from '../asks.ts';
import type { LoadedModels } from '../loaded-models.ts';
import { Single } from './single.ts';

export class DriversDesk implements DriversAsk {
  readonly #single = new Single();

  constructor(readonly models: LoadedModels) {}

  ask(): ReturnType<DriversAsk['ask']> {
    return Promise.resolve(fail('not built yet'));
  }

  cancel(): Promise<void> {
    this.#single.cancel();
    return Promise.resolve();
  }
}
