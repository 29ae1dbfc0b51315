/**
 * A model for NumPy: every tensor under its name, `metadata` as a text of JSON, and the model card. A density without classes has `orders` beside,
 * [orders, n]: the orders in which its conditionals see the pixels.
 */
import { writeNpy, writeNpyText } from '../../data/npy-write.ts';
import { writeZip } from '../../data/zip.ts';
import { metadataOf, type ModelFile } from '../model-file.ts';
import { findFamily, isClassConditional, ordersOf } from '../registry.ts';

/** The archive's bytes; equal models give equal bytes. `pause` is awaited between steps. Throws for a model of an unknown family. */
export async function npzOf(
  file: ModelFile,
  card: string,
  pause: () => Promise<void>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { family, grid, hyper, tensors } = file.model;
  const spec = findFamily(family);
  if (!spec) throw new Error(`family: "${family}" is unknown`);
  const arrays = spec.tensors(grid, hyper).map(({ name, shape }) => ({
    name: `${name}.npy`,
    bytes: writeNpy(tensors[name], shape),
    // NumPy maps what is stored as it is, and weights hardly pack.
    packed: false,
  }));
  const orders = spec.task === 'density' && !isClassConditional(file.model) ? ordersOf(file.model) : [];
  if (orders.length > 0)
    arrays.push({
      name: 'orders.npy',
      bytes: writeNpy(Int32Array.from(orders.flatMap((order) => [...order])), [
        orders.length,
        orders[0].length,
      ]),
      packed: true,
    });
  const metadata = {
    name: 'metadata.npy',
    bytes: writeNpyText(JSON.stringify(metadataOf(file))),
    packed: true,
  };
  const readme = { name: 'README.md', bytes: new TextEncoder().encode(card), packed: true };
  const parts = await writeZip([...arrays, metadata, readme], pause);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
