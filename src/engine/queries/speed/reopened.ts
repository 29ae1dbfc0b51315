import type { Result } from '../../../data/result.ts';
import type { Backend } from '../../backends/backend.ts';

/** A backend that is created anew after it was destroyed. */
export class Reopened {
  #opened: Promise<Result<Backend>> | null = null;

  constructor(private readonly create: () => Promise<Result<Backend>>) {}

  get(): Promise<Result<Backend>> {
    return (this.#opened ??= this.create());
  }

  destroy(): void {
    void this.#opened?.then((opened) => opened.ok && opened.value.destroy());
    this.#opened = null;
  }
}
