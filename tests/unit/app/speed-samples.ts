import { fail, ok } from '../../../src/data/result.ts';
import type { SpeedRate, SpeedResult } from '../../../src/engine/queries/api.ts';
import { eachRate, type SpeedRecord, type SpeedRow } from '../../../src/app/speed/record.ts';

export function rate(median: number, changes: Partial<SpeedRate> = {}): SpeedResult {
  return ok({ median, low: median * 0.95, high: median * 1.05, repetitions: 9, size: 1000, ...changes });
}

export function row(family: string, changes: Partial<SpeedRow> = {}): SpeedRow {
  return {
    ...{ family, label: family.toUpperCase(), parameters: 784, size: '', training: 'counted' },
    rates: eachRate((work, backend) => rate(work === 'score' ? 1000 : backend === 'cpu' ? 50.5 : 100)),
    ...changes,
  };
}

/** A record with rates, reasons, and words that CSV and JSON have to quote. */
export function sampleRecord(changes: Partial<SpeedRecord> = {}): SpeedRecord {
  return {
    measuredAt: Date.UTC(2026, 11, 1, 3, 5, 0, 123),
    seconds: 60,
    stopped: false,
    machine: { browser: 'Browser "X" 1.2, beta', system: 'Système', cores: 8 },
    digits: { width: 28, height: 28, images: 1000 },
    backends: {
      cpu: {
        found: ok({ description: 'wasm SIMD, 8 threads', software: false }),
        product: rate(3.82e10, { size: 512 }),
        together: 8,
      },
      webgpu: { found: fail('WebGPU: this browser has none.'), product: fail('none'), together: 1 },
    },
    rows: [
      row('one', { size: 'hidden units 500', training: 'descended' }),
      row('two', { parameters: 1.017e236, rates: eachRate(() => fail('grid: too large')) }),
      row('three', {
        rates: eachRate((_, backend) => (backend === 'cpu' ? rate(0.123456789012345) : fail('out of time'))),
      }),
    ],
    ...changes,
  };
}
