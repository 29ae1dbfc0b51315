/** Rates per second: images where they are scored or drawn, steps in training. */
export interface Rate {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly repeats: number;
}

export type Contender = 'plain' | 'cpu' | 'webgpu';

export interface Row {
  readonly work: string;
  readonly unit: 'images/s' | 'steps/s';
  readonly rates: Readonly<Partial<Record<Contender, Rate>>>;
}

export interface BenchReport {
  readonly adapter: string;
  readonly cores: number;
  /** Mean log p in nats of the images scored, by every contender, which shows that all do the same work. */
  readonly meanLogLikelihood: Readonly<Partial<Record<Contender, number>>>;
  readonly rows: readonly Row[];
}

export type BenchMessage =
  | { readonly type: 'status'; readonly text: string }
  | { readonly type: 'report'; readonly report: BenchReport }
  | { readonly type: 'error'; readonly reason: string };
