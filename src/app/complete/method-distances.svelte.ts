import { unknownPixels } from '../../data/known-pixels.ts';
import type { CompletionMethod, CompletionMethodInfo } from '../../engine/queries/api.ts';
import type { QuestionPorts } from '../questions/ports.ts';
import type { CompletionQuery } from './query.ts';
import { METHODS } from './words.ts';

/** Images drawn to measure a distance: the quick methods draw more, for less noise. */
const DISTANCE_IMAGES: Readonly<Record<CompletionMethod, number>> = {
  exact: 100_000,
  forward: 100_000,
  importance: 20_000,
  gibbs: 20_000,
};

/** Distance of one method from p(hidden | known). */
interface DistanceRow {
  readonly methodInfo: CompletionMethodInfo;
  readonly images: number;
  /** Total variation; null until measured. */
  readonly distance: number | null;
  /** Why there is no distance; empty where there is one. */
  readonly note: string;
}

interface Comparison {
  readonly unknown: number;
  readonly sweeps: number;
  readonly proposals: number;
  readonly rows: readonly DistanceRow[];
}

/** How far every available method is from the exact answer to a query. */
export class MethodDistances {
  comparison = $state.raw<Comparison | null>(null);
  measuring = $state(false);
  readonly #ports: Pick<QuestionPorts, 'engine'>;

  constructor(ports: Pick<QuestionPorts, 'engine'>) {
    this.#ports = ports;
  }

  /** Shows a table without distances, and returns the job that measures them, one method after the other. */
  begin(
    query: CompletionQuery,
    methodInfos: readonly CompletionMethodInfo[],
  ): (signal: AbortSignal) => Promise<void> {
    const rows = METHODS.flatMap(({ id }) =>
      methodInfos.filter((each) => each.method === id && each.available),
    ).map((methodInfo): DistanceRow => ({
      methodInfo,
      images: DISTANCE_IMAGES[methodInfo.method],
      distance: null,
      note: '',
    }));
    const { sweeps, proposals } = query;
    this.comparison = { unknown: unknownPixels(query.knownPixels).length, sweeps, proposals, rows };
    this.measuring = true;
    return (signal) => this.#measure(query, rows, signal);
  }

  /** Drops the table, which belongs to another query. A job that still measures stops after its current method. */
  clear(): void {
    this.comparison = null;
  }

  async #measure(query: CompletionQuery, rows: readonly DistanceRow[], signal: AbortSignal): Promise<void> {
    try {
      for (const [at, row] of rows.entries()) {
        const { name, knownPixels, seed, sweeps, proposals } = query;
        const { method } = row.methodInfo;
        const request = { method, knownPixels, count: row.images, seed, sweeps, proposals };
        const distance = await this.#ports.engine.complete.distance(name, request, signal);
        signal.throwIfAborted();
        if (!this.comparison) return;
        const found: DistanceRow = distance.ok
          ? { ...row, distance: distance.value }
          : { ...row, note: distance.reason };
        this.comparison = { ...this.comparison, rows: this.comparison.rows.with(at, found) };
      }
    } finally {
      this.measuring = false;
    }
  }
}
