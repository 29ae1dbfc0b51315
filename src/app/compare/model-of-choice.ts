import type { Binarisation } from '../../data/binarisation.ts';
import type { GreyImages, Grid } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { ModelRecord } from '../../store/records.ts';
import { describeGrid, GRIDS, sameGrid } from '../grids.ts';
import type { Library } from '../library/library.svelte.ts';
import { fetchShipped } from './fetch-shipped.ts';
import { fingerprint } from '../recipes/fingerprint.ts';
import type { Recipe } from '../recipes/recipe.ts';
import { findShipped } from './shipped-models.ts';
import type { Choice } from './choice.ts';
import type { Counting } from './counted-models.ts';

/** Where models come from: the store, the server, or the digits that they are counted from. */
interface Sources {
  readonly library: Pick<Library, 'ready' | 'refreshModels' | 'models'>;
  readonly counting: Pick<Counting, 'known' | 'count'>;
  /** Fetched with the first call; null where they could not be, or are no longer wanted. */
  readonly starter: () => Promise<GreyImages | null>;
  /** Bytes of a download so far, and all of them. */
  readonly onProgress: (loaded: number, total: number) => void;
}

/** The model of a choice: a stored one, one that comes with the app, or one counted from the starter digits with this binarisation, on this grid. Fails with the reason. */
export async function modelOfChoice(
  choice: Choice,
  { binarisation, grid }: { readonly binarisation: Binarisation; readonly grid: Grid },
  { library, counting, starter, onProgress }: Sources,
): Promise<Result<ModelRecord>> {
  if (choice.kind === 'trained') {
    if (!library.ready) await library.refreshModels();
    const model = library.models.find((each) => each.id === choice.id);
    if (!model)
      return fail(
        'This model was trained in another browser, or deleted: it is not here. Choose another one.',
      );
    return GRIDS.some((each) => sameGrid(each, model.grid))
      ? ok(model)
      : fail(`This model reads ${describeGrid(model.grid)} pixels, a grid that the Play room does not show.`);
  }
  if (choice.kind === 'recipe') {
    if (!library.ready) await library.refreshModels();
    const made = madeBy(choice.recipe, grid, library.models);
    return made ? ok(made) : fail('This model was trained in another browser: it is not here yet.');
  }
  if (choice.kind === 'shipped') {
    const shipped = findShipped(choice.name);
    if (!shipped) return fail(`There is no model "${choice.name}" in this copy of Inkling.`);
    return await fetchShipped(shipped, { onProgress });
  }
  const known = counting.known(choice.family, choice.hyper, binarisation, grid);
  if (known) return ok(known);
  const digits = await starter();
  if (!digits) return fail('The starter digits are not here: reload to try again.');
  return await counting.count(choice.family, choice.hyper, digits, binarisation, grid);
}

/** The model here that has the weights of a recipe's; undefined where there is none. */
export function madeBy(
  { family, weights }: Pick<Recipe, 'family' | 'weights'>,
  grid: Grid,
  models: readonly ModelRecord[],
): ModelRecord | undefined {
  return models.find(
    (model) => model.family === family && sameGrid(model.grid, grid) && fingerprint(model) === weights,
  );
}
