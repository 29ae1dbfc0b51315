import type { Output } from '../../app/results/output.ts';
import { cellOf, type ResultTable } from '../../app/results/table.ts';

/** A table as it is shown, or its values in full where its component has them. */
export function tableOutput(label: string, shown: HTMLElement, values: (() => ResultTable) | null): Output {
  const table = shown.querySelector('table');
  return { name: `inkling ${label}`, notes: [label], table: values?.() ?? readTable(table) };
}

/** The words of the cells of a table; what is a number becomes one. */
function readTable(table: HTMLTableElement | null): ResultTable {
  const words = (row: HTMLTableRowElement) => Array.from(row.cells, (cell) => cell.innerText);
  const [head, ...body] = Array.from(table?.rows ?? [], words);
  return {
    columns: head.map((name) => name.replaceAll(/\s+/g, ' ').trim()),
    rows: body.map((row) => row.map(cellOf)),
  };
}
