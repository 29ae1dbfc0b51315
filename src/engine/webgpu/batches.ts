import type { Binarisation } from '../../data/binarisation.ts';
import { pixelCount, wordsPerImage, type GreyImages } from '../../data/images.ts';
import { Stream, streamKey } from '../../data/rng.ts';
import type { GpuBuffer } from '../../gpu/arena.ts';
import { uploads, type Work } from '../../gpu/work.ts';
import type { OpenScope } from './scope.ts';

export const BINARISE = 'ops/binarise.wgsl';

/** Binary batches out of grey images: resident on the device where they fit one buffer, else sent along. */
export class Batches {
  /** The batch, [batchSize, wordsPerImage]. */
  readonly images: GpuBuffer;
  readonly #work: (indices: Uint32Array<ArrayBuffer>, epoch: number) => Work[];

  constructor(
    scope: OpenScope,
    private readonly grey: GreyImages,
    binarisation: Binarisation,
    batchSize: number,
  ) {
    const { arena, device, grid } = scope;
    const pixels = pixelCount(grid);
    const words_per_image = wordsPerImage(grid);
    const bytes_per_image = Math.ceil(pixels / 4) * 4;
    const resident = grey.count * bytes_per_image <= device.limits.maxStorageBufferBindingSize;
    this.images = arena.storage('batch', batchSize * words_per_image * 4);
    const indices = arena.storage('indices', batchSize * 4);
    const rows = resident
      ? indices
      : arena.filled(
          'rows',
          Uint32Array.from({ length: batchSize }, (_, i) => i),
        );
    const source = resident
      ? arena.filled('grey', paddedRows(grey, null))
      : arena.storage('grey', batchSize * bytes_per_image);
    const binarise = scope.bind(BINARISE, { grey: source, rows, indices, batch: this.images });
    const stochastic = binarisation.kind === 'stochastic' || binarisation.kind === 'dynamic';
    this.#work = (chosen, epoch) => {
      const params = {
        pixels,
        words_per_image,
        images: chosen.length,
        bytes_per_image,
        stochastic: stochastic ? 1 : 0,
        least: binarisation.kind === 'threshold' ? 128 : 1,
        seed: stochastic ? binarisation.seed : 0,
        key: streamKey(Stream.binarise, binarisation.kind === 'dynamic' ? epoch : 0),
      };
      const groups = Math.ceil((chosen.length * words_per_image) / binarise.constant('threads'));
      const sent = resident ? [] : uploads(source, new Uint32Array(paddedRows(grey, chosen).buffer));
      return [...sent, ...uploads(indices, chosen), binarise.dispatch(params, [groups])];
    };
  }

  /** Work that leaves the images of `indices` in `images`. Throws for an index out of range. */
  make(indices: Uint32Array<ArrayBuffer>, epoch: number): Work[] {
    for (const image of indices) {
      if (image >= this.grey.count)
        throw new RangeError(`indices: ${image} is outside 0 to ${this.grey.count - 1}`);
    }
    return this.#work(indices, epoch);
  }
}

/** Rows of grey levels, each padded to whole words; all of them where `indices` is null. */
function paddedRows(grey: GreyImages, indices: Uint32Array | null): Uint8Array<ArrayBuffer> {
  const pixels = pixelCount(grey.grid);
  const stride = Math.ceil(pixels / 4) * 4;
  const count = indices?.length ?? grey.count;
  if (!indices && stride === pixels) return grey.pixels.subarray(0, count * pixels);
  const rows = new Uint8Array(count * stride);
  for (let row = 0; row < count; row++) {
    const image = indices ? indices[row] : row;
    rows.set(grey.pixels.subarray(image * pixels, (image + 1) * pixels), row * stride);
  }
  return rows;
}
