import type { SpeedResult } from '../../engine/queries/api.ts';
import { BACKENDS, type SpeedRecord, WORKS } from './record.ts';

type Cell = string | number;

const COLUMNS = [
  'measured at',
  'browser',
  'system',
  'cores',
  'backend',
  'computed by',
  'in software',
  'family',
  'parameters',
  'size',
  'work',
  'unit',
  'median',
  'low quartile',
  'high quartile',
  'repetitions',
  'size of a call',
  'not measured because',
] as const;

/** One line for every measurement, with the machine in each, so that files of several machines can be put together. RFC 4180. */
export function recordCsv(record: SpeedRecord): string {
  const { machine, backends, rows } = record;
  const lines: Cell[][] = [[...COLUMNS]];
  for (const backend of BACKENDS) {
    const { found, product } = backends[backend];
    const at = [
      new Date(record.measuredAt).toISOString(),
      machine.browser,
      machine.system,
      machine.cores ?? '',
      backend,
      found.ok ? found.value.description : '',
      found.ok ? (found.value.software ? 'yes' : 'no') : '',
    ];
    lines.push([...at, '', '', '', 'product', 'floating-point operations a second', ...figures(product)]);
    for (const { family, parameters, size, training, rates } of rows)
      for (const work of WORKS) {
        const words = work === 'train' ? `train (${training})` : work;
        lines.push([
          ...at,
          family,
          parameters,
          size,
          words,
          'images a second',
          ...figures(rates[work][backend]),
        ]);
      }
  }
  return lines.map((line) => `${line.map(cellText).join(',')}\r\n`).join('');
}

function figures(result: SpeedResult): Cell[] {
  if (!result.ok) return ['', '', '', '', '', result.reason];
  const { median, low, high, repetitions, size } = result.value;
  return [median, low, high, repetitions, size, ''];
}

/** Of a text that a spreadsheet would take for a formula an apostrophe makes a text. */
function cellText(cell: Cell): string {
  if (typeof cell === 'number') return String(cell);
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
