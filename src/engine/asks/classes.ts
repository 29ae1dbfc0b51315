import { fail } from '../../data/result.ts';
import type { ClassesAsk } from '../asks.ts';
import type { LoadedModels } from '../loaded-models.ts';
import { Single } from './single.ts';

export class ClassesDesk implements ClassesAsk {
  readonly #single = new Single();

  constructor(readonly models: LoadedModels) {}

  ask(): ReturnType<ClassesAsk['ask']> {
    return Promise.resolve(fail('not built yet'));
  }

  posteriors(): ReturnType<ClassesAsk['posteriors']> {
    return Promise.resolve(fail('not built yet'));
  }

  cancel(): Promise<void> {
    this.#single.cancel();
    return Promise.resolve();
  }
}
