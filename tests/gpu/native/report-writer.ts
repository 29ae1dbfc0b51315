import { renameSync, writeFileSync } from 'node:fs';
import type { GpuReport } from './report.ts';

const EVERY_MS = 2000;

/** The report in its file, which always holds a whole one: what was found before an end by force is kept. */
export class ReportWriter {
  readonly #began = performance.now();
  #written = -Infinity;

  constructor(
    readonly path: string,
    readonly report: GpuReport,
  ) {}

  /** Writes it unless it has been written a moment ago. */
  soon(): void {
    if (performance.now() - this.#written >= EVERY_MS) this.now();
  }

  now(): void {
    this.report.seconds = (performance.now() - this.#began) / 1000;
    const next = `${this.path}.part`;
    writeFileSync(next, `${JSON.stringify(this.report, null, 2)}\n`);
    renameSync(next, this.path);
    this.#written = performance.now();
  }
}
