import type { LogLine } from '../../data/log.ts';
import type { DebugReport } from '../../engine/api.ts';
import { bytes, count, fixed } from '../format.ts';

/** Names and values of a report. */
export function factsOf({
  backend,
  gpu,
  models,
  samplers,
}: DebugReport): readonly (readonly [string, string])[] {
  const ms = (value: number | null) => (value === null ? '–' : `${fixed(value, 1)} ms`);
  return [
    ['Backend', `${backend.kind}, ${backend.state}. ${backend.reason}`],
    ...(gpu
      ? ([
          ['Adapter', gpu.adapter],
          ['Submits', `${count(gpu.submits)}, last ${ms(gpu.lastMs)}, median ${ms(gpu.medianMs)}`],
          ['Buffers', `${bytes(gpu.liveBytes)} now, ${bytes(gpu.peakBytes)} at most`],
        ] as const)
      : ([['Device', 'none: the cpu backend runs on typed arrays and compiles no kernels']] as const)),
    [
      'Models',
      models
        .map(({ name, family, grid }) => `${name} (${family}, ${grid.width}x${grid.height})`)
        .join(', ') || 'none',
    ],
    ['Samplers', samplers.join(', ') || 'none'],
  ];
}

/** A line of the log with its time (UTC) and its origin. */
export function lineOf({ at, from, level, text }: LogLine & { readonly from: string }): string {
  return `${new Date(at).toISOString().slice(11, 23)} ${from} ${level}: ${text}`;
}
