import { plural } from '../format.ts';
import type { BoardSet } from './ports.ts';
import type { LeaderRow } from './rows.ts';

/** The data sets that only rows of files name: their images are not here, so that nothing is trained on them. */
export function setsElsewhere(rows: readonly LeaderRow[], here: readonly BoardSet[]): readonly BoardSet[] {
  const sets = new Map<string, BoardSet>();
  for (const { elsewhere, dataset, grid, test, accuracy } of rows) {
    const { id, name, images } = dataset;
    if (!elsewhere || here.some((set) => set.id === id)) continue;
    const tests = test || accuracy ? 'its test images' : (sets.get(id)?.tests ?? null);
    // Other images may have a file of the same name.
    const same = [...sets.values()].some((set) => set.name === name && set.id !== id);
    const label = `${name}${same ? ` (${id.slice(-8)})` : ''}, ${plural(images, 'image')}, measured elsewhere`;
    sets.set(id, { id, name, label, grid, images, labelled: false, tests, elsewhere: true });
  }
  return [...sets.values()];
}
