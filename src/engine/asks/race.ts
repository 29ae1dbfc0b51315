import { fail } from '../../data/result.ts';
import type { RaceAsk } from '../asks.ts';
import type { LoadedModels } from '../loaded-models.ts';

export class RaceDesk implements RaceAsk {
  constructor(readonly models: LoadedModels) {}

  methods(): ReturnType<RaceAsk['methods']> {
    return Promise.resolve(fail('not built yet'));
  }

  start(): ReturnType<RaceAsk['start']> {
    return Promise.resolve(fail('not built yet'));
  }

  advance(): ReturnType<RaceAsk['advance']> {
    return Promise.resolve(fail('not built yet'));
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}
