import { expect, it } from 'vitest';
import { csvOf } from '../../../src/data/write-csv.ts';
import { readCsv } from './read-csv.ts';

it('writes cells as RFC 4180 has them, and they are read back', () => {
  const rows = [
    ['name', 'log p (nats)'],
    ['a "quoted", name', -81.25],
    ['two\r\nlines', 1e-300],
    ['', null],
    ['漢字 −1', 0.1 + 0.2],
  ];
  const text = csvOf(rows);
  expect(text).toContain('"a ""quoted"", name",-81.25\r\n');
  expect(readCsv(text)).toEqual([
    ['name', 'log p (nats)'],
    ['a "quoted", name', '-81.25'],
    ['two\r\nlines', '1e-300'],
    ['', ''],
    ['漢字 −1', '0.30000000000000004'],
  ]);
});

it('writes numbers so that they are read back to the last bit, and those that are not finite by name', () => {
  const values = [Math.PI, Math.fround(-79.31234), 5e-324, 1.7976931348623157e308, -0.1];
  expect(csvOf([values]).trim().split(',').map(Number)).toEqual(values);
  expect(csvOf([[NaN, Infinity, -Infinity]])).toBe('nan,inf,-inf\r\n');
});

it.each(['=1+2', '+1', '-1', '@SUM(A1)', '\tx', '\rx'])(
  'keeps a text from being taken for a formula: %j',
  (text) => {
    const [[cell]] = readCsv(csvOf([[text]]));
    expect(cell).toBe(`'${text}`);
  },
);

it('leaves numbers below 0 as numbers', () => {
  expect(csvOf([[-1, '−1']])).toBe('-1,−1\r\n');
});
