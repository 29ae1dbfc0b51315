import { fail } from '../../data/result.ts';
import type { CompletionAsk } from '../asks.ts';
import type { LoadedModels } from '../loaded-models.ts';
import { Single } from './single.ts';

export class CompletionDesk implements CompletionAsk {
  readonly #single = new Single();

  constructor(readonly models: LoadedModels) {}

  offers(): ReturnType<CompletionAsk['offers']> {
    return Promise.resolve(fail('not built yet'));
  }

  complete(): ReturnType<CompletionAsk['complete']> {
    return Promise.resolve(fail('not built yet'));
  }

  distance(): ReturnType<CompletionAsk['distance']> {
    return Promise.resolve(fail('not built yet'));
  }

  cancel(): Promise<void> {
    this.#single.cancel();
    return Promise.resolve();
  }
}
