import type { SpeedRate, SpeedWork } from '../../engine/queries/api.ts';
import type { BackendKind } from '../../models/runs.ts';
import { count, duration, fixed, plural } from '../format.ts';
import type { Ratio } from './compare.ts';
import { rateOf, type SpeedBackend, type SpeedRecord, type SpeedRow, WORKS } from './record.ts';

export const BACKEND_NAMES: Readonly<Record<BackendKind, string>> = { cpu: 'CPU', webgpu: 'WebGPU' };

/** What the choice above the bars says. */
export const WORK_NAMES: Readonly<Record<SpeedWork, string>> = {
  score: 'Scoring',
  sample: 'Sampling',
  train: 'Training',
};

/** What is done with an image, in a sentence. */
export const WORK_SENTENCES: Readonly<Record<SpeedWork, string>> = {
  score: 'Images a second whose log p(x) is computed, of a classifier log p(y | x).',
  sample: 'Images a second that are drawn, pixel after pixel.',
  train:
    'Images a second that are learnt from: counted with the tables made of them, in one iteration of EM, or in steps of Adam.',
};

export const TRAINING_NAMES: Readonly<Record<SpeedRow['training'], string>> = {
  counted: 'counts',
  em: 'EM',
  descended: 'Adam steps',
};

/** Three significant digits, in full: "12,300", "45.6", "0.789". */
export function rateWords(value: number): string {
  const digits = Math.floor(Math.log10(value));
  if (digits >= 2) return count(Number(value.toPrecision(3)));
  return fixed(value, Math.min(6, 2 - digits));
}

/** Half of the middle half of the repetitions, in per cent of the median: "± 3 %". Empty of a single repetition. */
export function spreadWords({ median, low, high, repetitions }: SpeedRate): string {
  if (repetitions === 1) return 'once';
  const share = (100 * (high - low)) / 2 / median;
  return share < 0.5 ? '± 0 %' : `± ${count(Math.max(1, share))} %`;
}

/** "38.2 GFLOP/s" */
export function flopWords(operations: number): string {
  return `${rateWords(operations / 1e9)} GFLOP/s`;
}

/** "1.82×", "0.041×", "250×" */
export function timesWords(ratio: number): string {
  return `${rateWords(ratio)}×`;
}

/** The same with a mark where the calls had other sizes. */
export function ratioWords(ratio: Ratio | null): string {
  return ratio ? `${timesWords(ratio.ratio)}${ratio.otherCalls ? ' *' : ''}` : '–';
}

/** The ceiling of one backend, in a few words. */
export function productWords({ product, together }: SpeedBackend): string {
  const rate = rateOf(product);
  if (!rate) return product.ok ? '' : product.reason;
  const threads = together > 1 ? `, ${plural(together, 'thread')}` : '';
  return `${flopWords(rate.median)} ${spreadWords(rate)} (products of ${count(rate.size)} × ${count(rate.size)}${threads})`;
}

/** What was measured, in one line. */
export function statement(record: SpeedRecord): string {
  const { width, height, images } = record.digits;
  const sizes = WORKS.map((work) => callWords(record, work));
  return (
    `${width} × ${height} pixels, ${count(images)} digits; images a call: ${WORKS.map(
      (work, at) => `${sizes[at]} in ${WORK_NAMES[work].toLowerCase()}`,
    ).join(', ')}. ` +
    (record.backends.cpu.together > 1
      ? 'On the CPU, counting, EM and calls of fewer than 128 images use one thread. '
      : '') +
    'Medians of the repetitions after a warm-up, ± half of the middle half of them. ' +
    'Weights are random or, of counted families, counted from these digits: nothing here says how well a model does.'
  );
}

/** "64 to 1,000" */
function callWords({ rows }: SpeedRecord, work: SpeedWork): string {
  const sizes = rows.flatMap(({ rates }) =>
    Object.values(rates[work]).flatMap((result) => rateOf(result)?.size ?? []),
  );
  if (sizes.length === 0) return 'none';
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  return least === most ? count(least) : `${count(least)} to ${count(most)}`;
}

/** What became of the run, in a sentence. */
export function summary(record: SpeedRecord, took: number): string {
  const results = record.rows.flatMap(({ rates }) =>
    WORKS.flatMap((work) => [rates[work].cpu, rates[work].webgpu]),
  );
  const measured = results.filter(({ ok }) => ok).length;
  const end = record.stopped ? 'Stopped' : 'Done';
  return `${end} after ${duration(took)}: ${measured} of ${results.length} rates measured; of each of the others the table says why not.`;
}

/** A file name without its ending: "inkling-speed-2026-12-01-0305", by the visitor's clock. */
export function recordName(measuredAt: number): string {
  const date = new Date(measuredAt);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `inkling-speed-${day}-${two(date.getHours())}${two(date.getMinutes())}`;
}
