import { inverseOrder, rasterOrder } from '../../data/orders.ts';
import { folderSpec, ordersOf, valueName, withRole } from '../../models/registry.ts';
import type { Model } from '../../models/model.ts';

/** The order in which a model takes the pixels. */
export interface ReadingOrder {
  /** Place of every pixel, [n]; null where it differs from image to image. */
  readonly places: Uint32Array | null;
  /** How many orders there are. */
  readonly count: number;
  readonly raster: boolean;
  /** Completes the sentence "It goes through the pixels …". */
  readonly words: string;
}

/** Of a density model: a classifier reads all pixels at once and has no order. */
export function readingOrder(model: Model): ReadingOrder {
  const orders = ordersOf(model);
  const [first] = orders;
  if (orders.length > 1)
    return { places: null, count: orders.length, raster: false, words: `in one of ${orders.length} orders` };
  const raster = rasterOrder(model.grid).every((pixel, place) => first[place] === pixel);
  return {
    places: inverseOrder(first),
    count: 1,
    raster,
    words: raster ? 'row by row' : (orderName(model) ?? 'in an order of its own'),
  };
}

function orderName({ family, hyper }: Model): string | null {
  const order = withRole(folderSpec(family), 'order').at(0);
  return order ? `in ${valueName(order, hyper[order.name])} order` : null;
}
