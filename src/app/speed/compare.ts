import type { SpeedWork } from '../../engine/queries/api.ts';
import type { BackendKind } from '../../models/runs.ts';
import { rateOf, type SpeedRecord, type SpeedRow } from './record.ts';

/** A rate beside that of an earlier result. */
export interface Ratio {
  /** Now over then. */
  readonly ratio: number;
  /** Whether the calls were of different sizes, which may be why. */
  readonly otherCalls: boolean;
}

/** Null where one of both was not measured, or the models differ in size. */
export function ratioTo(
  earlier: SpeedRecord | null,
  row: SpeedRow,
  work: SpeedWork,
  backend: BackendKind,
): Ratio | null {
  const then = earlier?.rows.find(
    ({ family, parameters }) => family === row.family && parameters === row.parameters,
  );
  const [now, before] = [rateOf(row.rates[work][backend]), then && rateOf(then.rates[work][backend])];
  if (!now || !before) return null;
  return { ratio: now.median / before.median, otherCalls: now.size !== before.size };
}

/** Of the products of matrices. */
export function productRatio(
  earlier: SpeedRecord | null,
  record: SpeedRecord,
  backend: BackendKind,
): number | null {
  const [now, then] = [
    rateOf(record.backends[backend].product),
    earlier && rateOf(earlier.backends[backend].product),
  ];
  return now && then ? now.median / then.median : null;
}

/** How many times faster the second backend is than the first; null where one was not measured. */
export function backendRatio(row: SpeedRow, work: SpeedWork): number | null {
  const [cpu, webgpu] = [rateOf(row.rates[work].cpu), rateOf(row.rates[work].webgpu)];
  return cpu && webgpu ? webgpu.median / cpu.median : null;
}
