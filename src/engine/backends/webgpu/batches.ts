import type { Binarisation } from '../../../data/binarisation.ts';
import { pixelCount, wordsPerImage, type GreyImages } from '../../../data/images.ts';
import { rasterOrder } from '../../../data/orders.ts';
import { Stream, streamKey } from '../../../data/rng.ts';
import type { GpuBuffer } from '../../../gpu/arena.ts';
import { uploads, type Work } from '../../../gpu/work.ts';
import { batchParams } from '../../../models/program-params.ts';
import type { TargetKind } from '../../../models/runs.ts';
import { type Resident, residentOn } from './resident.ts';
import type { OpenScope } from './scope.ts';

export const BINARISE = 'ops/binarise.wgsl';

/** How a learner's batches are made. */
export interface BatchPlan {
  readonly grey: GreyImages;
  readonly binarisation: Binarisation;
  readonly targets: TargetKind;
  readonly batchSize: number;
  /** Which pixel of an image is bit t of a batch, [n]; null where they are numbered alike. */
  readonly order: Uint32Array<ArrayBuffer> | null;
  /** Whether the kernels need the classes of a batch. */
  readonly labelled: boolean;
}

/** Binary batches from grey images: the data set stays on the device where it fits one buffer, else each batch is uploaded. */
export class Batches {
  /** The batch, [batchSize, wordsPerImage]. */
  readonly images: GpuBuffer;
  /** What its pixels should be, [batchSize, ceil(n / 4)], as shaders/lib/targets.wgsl reads it. */
  readonly targets: GpuBuffer;
  readonly #work: (indices: Uint32Array<ArrayBuffer>, epoch: number) => Work[];

  /** Classes of the batch, [batchSize]; all 0 unless `labelled`. */
  readonly labels: GpuBuffer;
  readonly #resident: Resident | null;

  constructor(
    scope: OpenScope,
    private readonly plan: BatchPlan,
  ) {
    const { arena, device, grid } = scope;
    const { grey, binarisation, batchSize } = plan;
    const { labels } = grey;
    if (plan.labelled && !labels) throw new Error('labels: a classifier needs them');
    const words_per_image = wordsPerImage(grid);
    const bytes_per_image = Math.ceil(pixelCount(grid) / 4) * 4;
    const resident = grey.count * bytes_per_image <= device.limits.maxStorageBufferBindingSize;
    this.images = arena.storage('batch', batchSize * words_per_image * 4);
    this.targets = arena.storage('targets', batchSize * bytes_per_image);
    const indices = arena.storage('indices', batchSize * 4);
    const rows = resident
      ? indices
      : arena.filled(
          'rows',
          Uint32Array.from({ length: batchSize }, (_, i) => i),
        );
    this.labels = arena.storage('labels', batchSize * 4);
    this.#resident = resident ? residentOn(device, grey, () => paddedRows(grey, null)) : null;
    const source = this.#resident?.buffer ?? arena.storage('grey', batchSize * bytes_per_image);
    const order = arena.filled('order', plan.order ?? rasterOrder(grid));
    const binarise = scope.bind(BINARISE, {
      grey: source,
      rows,
      indices,
      order,
      batch: this.images,
      targets: this.targets,
    });
    const stochastic = binarisation.kind === 'stochastic' || binarisation.kind === 'dynamic';
    this.#work = (chosen, epoch) => {
      const params = {
        ...batchParams(scope, chosen.length),
        bytes_per_image,
        stochastic: stochastic ? 1 : 0,
        soft: plan.targets === 'soft' ? 1 : 0,
        least: binarisation.kind === 'threshold' ? 128 : 1,
        seed: stochastic ? binarisation.seed : 0,
        key: streamKey(Stream.binarise, binarisation.kind === 'dynamic' ? epoch : 0),
      };
      const groups = binarise.groups(chosen.length * words_per_image);
      const sent = resident ? [] : uploads(source, new Uint32Array(paddedRows(grey, chosen).buffer));
      const classes =
        plan.labelled && labels
          ? uploads(
              this.labels,
              Uint32Array.from(chosen, (row) => labels[row]),
            )
          : [];
      return [...sent, ...classes, ...uploads(indices, chosen), binarise.dispatch(params, [groups])];
    };
  }

  /** Work that writes the images of `indices` into `images`, and into `targets` what they should be. Throws for an index out of range. */
  make(indices: Uint32Array<ArrayBuffer>, epoch: number): Work[] {
    for (const image of indices) {
      if (image >= this.plan.grey.count)
        throw new RangeError(`indices: ${image} is outside 0 to ${this.plan.grey.count - 1}`);
    }
    return this.#work(indices, epoch);
  }

  /** Releases the data set; everything else is freed with the scope's arena. */
  release(): void {
    this.#resident?.release();
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
