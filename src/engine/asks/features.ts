import { fail } from '../../data/result.ts';
import type { FeaturesAsk } from '../asks.ts';
import type { LoadedModels } from '../loaded-models.ts';
import { Single } from './single.ts';

export class FeaturesDesk implements FeaturesAsk {
  readonly #single = new Single();

  constructor(readonly models: LoadedModels) {}

  learn(): ReturnType<FeaturesAsk['learn']> {
    return Promise.resolve(fail('not built yet'));
  }

  place(): ReturnType<FeaturesAsk['place']> {
    return Promise.resolve(fail('not built yet'));
  }

  cancel(): Promise<void> {
    this.#single.cancel();
    return Promise.resolve();
  }
}
