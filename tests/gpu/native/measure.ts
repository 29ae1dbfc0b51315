/** What the device itself reaches, then every row of work beside it. */
import type { Budget } from './budget.ts';
import { measureBandwidth, measureLatency, measureMatmul } from './machine-rates.ts';
import { RawDevice } from './raw-device.ts';
import type { MeasureReport, MeasureRow, Rate } from './report.ts';
import { measureRows, type RowMaterial } from './rows.ts';

export interface MeasureMaterial extends RowMaterial {
  /** Of its own: an adapter gives no second one. */
  readonly requestDevice: () => Promise<GPUDevice>;
}

/** At most this share of the time goes to products of matrices. */
const MATMUL_SHARE = 0.2;

export async function runMeasurements(
  material: MeasureMaterial,
  budget: Budget,
  report: MeasureReport,
  say: (line: string) => void,
): Promise<void> {
  const began = performance.now();
  const raw = new RawDevice(await material.requestDevice());
  report.latency = await measureLatency(raw, material.sizes);
  const { submitMs, readbackMs, dispatchUs } = report.latency;
  say(
    `a submit takes ${submitMs.toFixed(3)} ms, with a readback ${readbackMs.toFixed(3)} ms, a further dispatch ${dispatchUs.toFixed(1)} us`,
  );
  report.bandwidth = await measureBandwidth(raw, material.sizes);
  say(`copies read and write ${shown(report.bandwidth.rate)} GB/s`);
  report.matmul = { best: 0, products: [] };
  await measureMatmul(raw, material.sizes, budget.part(MATMUL_SHARE), report.matmul);
  for (const { rows, inner, columns, tile, rate, error } of report.matmul.products)
    say(
      `product ${rows} x ${inner} x ${columns}: ${shown(rate)} GFLOP/s (${tile}; error ${error.toExponential(1)})`,
    );
  raw.device.destroy();
  await measureRows(material, budget, report, (row) => {
    report.seconds = (performance.now() - began) / 1000;
    say(lineOf(row));
  });
  report.seconds = (performance.now() - began) / 1000;
}

/** "1,234 ± 2 %" */
export function shown({ median, spread }: Rate): string {
  const digits = median >= 100 ? Math.round(median).toLocaleString('en-US') : median.toPrecision(3);
  return `${digits} ± ${(100 * spread).toFixed(0)} %`;
}

function lineOf(row: MeasureRow): string {
  const parts = [
    `${row.family} ${row.work}: ${shown(row.gpu)} ${row.unit}`,
    ...row.variants.map(({ what, gpu }) => `${what} ${shown(gpu)}`),
    ...(row.cpu && row.ratio !== null ? [`cpu ${shown(row.cpu)}, ${row.ratio.toPrecision(2)}x`] : []),
    ...(row.gflops !== null && row.share !== null
      ? [`${row.gflops.toPrecision(3)} GFLOP/s, ${(100 * row.share).toPrecision(2)} % of the product`]
      : []),
    `${row.dispatches.toFixed(0)} dispatches in ${row.submits.toFixed(1)} submits a call`,
  ];
  return parts.join('; ');
}
