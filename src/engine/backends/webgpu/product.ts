import { fillNoise } from '../../../data/noise-matrix.ts';
import type { Device } from '../../../gpu/device.ts';
import { tilesFor } from '../../../gpu/tiles.ts';
import type { MatrixProduct } from '../backend.ts';
import { LEFT_SEED, RIGHT_SEED } from '../cpu/product.ts';
import { inNewArena } from './scope.ts';

/** By the tiles of the families' kernels. Throws where the matrices do not fit the device. */
export async function openProduct(device: Device, side: number): Promise<MatrixProduct> {
  const kernel = await device.kernel('ops/product.wgsl', tilesFor(device.adapter, side));
  return await inNewArena(device, 'product', (arena) => {
    const values = new Float32Array(side * side);
    const filled = (name: string, seed: number) => {
      fillNoise(values, seed);
      return arena.filled(name, values);
    };
    const product = arena.storage('product', values.byteLength);
    const left = filled('left', LEFT_SEED);
    const bound = kernel.bind({ left, right: filled('right', RIGHT_SEED), product_of_both: product });
    const tiles =
      Math.ceil(side / bound.constant('tile_rows')) * Math.ceil(side / bound.constant('tile_columns'));
    const dispatch = () => bound.dispatch({ side }, [tiles], side);
    return {
      together: 1,
      async run(times) {
        await device.scheduler.run(Array.from({ length: times }, dispatch));
        await device.scheduler.done();
      },
      result: () => device.readback.floats(product, side * side, [dispatch()]),
      destroy: () => arena.destroy(),
    };
  });
}
