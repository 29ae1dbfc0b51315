import type { PackedImages } from '../../data/images.ts';
import { pixelCount } from '../../data/images.ts';
import { indexRange } from '../../data/rng.ts';
import { bytesFor, type Matrix, type RowOperations } from '../../simd/rows.ts';
import type { Simd } from '../../simd/simd.ts';
import type { CpuGradient } from '../cpu-training.ts';
import type { Model, Tensors } from '../model.ts';
import type { Targets } from '../training.ts';
import { average } from './orders.ts';
import { CHUNK, RowNetwork, Sums } from './row-network.ts';

/** An order with a smaller posterior for an image does not change the gradient in f32. */
const LEAST_SHARE = 1e-12;

/** Numbers that what is kept of a chunk of images may take (128 MiB): beyond it chunks are smaller. */
const MAX_KEPT = 2 ** 25;

/** The same as gradient.ts by row operations; null where there is no memory for them. */
export function rowGradient(model: Model, simd: Simd): CpuGradient | null {
  const { width, length, chunk } = sizesOf(model);
  const { orders, layers } = model.hyper;
  const kept = orders * (layers * bytesFor(chunk * width) + bytesFor(chunk * length));
  const own = bytesFor(chunk * length, chunk * width, chunk * width);
  const rows = simd.open(RowNetwork.bytes(model) + Sums.bytes(model) + kept + own);
  return rows && new RowGradient(model, rows, chunk);
}

function sizesOf({ grid, hyper: { hidden, layers, orders } }: Model) {
  const width = Math.ceil(hidden / 4) * 4;
  const length = Math.ceil(pixelCount(grid) / 4) * 4;
  const most = Math.floor(MAX_KEPT / (orders * (layers * width + length)));
  return { width, length, chunk: Math.max(1, Math.min(CHUNK, most)) };
}

/** The forward pass of every order is kept; then, with the posterior of the orders known, errors are propagated back. */
class RowGradient implements CpuGradient {
  private readonly networks: readonly RowNetwork[];
  private readonly sums: Sums;
  /** By order: units of every layer, [chunk, width], and logits, then errors, [chunk, length]. */
  private readonly units: readonly (readonly Matrix[])[];
  private readonly errors: readonly Matrix[];
  private readonly targets: Matrix;
  private readonly back: readonly [Matrix, Matrix];

  constructor(
    model: Model,
    private readonly rows: RowOperations,
    private readonly chunk: number,
  ) {
    this.networks = RowNetwork.all(rows, model);
    const [network] = this.networks;
    this.sums = new Sums(network);
    this.units = this.networks.map(() => network.firsts.map(() => network.units(chunk)));
    this.errors = this.networks.map(() => network.places(chunk));
    this.targets = network.places(chunk);
    this.back = [network.units(chunk), network.units(chunk)];
  }

  gradient(batch: PackedImages, gradients: Tensors, targets?: Targets): number {
    for (const tensor of Object.values(gradients)) tensor.fill(0);
    for (const network of this.networks) network.read();
    let loss = 0;
    for (let first = 0; first < batch.count; first += this.chunk) {
      const images = indexRange(first, Math.min(this.chunk, batch.count - first));
      loss += this.addChunk(batch, images, gradients, targets?.soft ?? null);
    }
    return loss;
  }

  private addChunk(
    batch: PackedImages,
    images: Uint32Array,
    gradients: Tensors,
    soft: Float32Array | null,
  ): number {
    const { networks, sums, units, errors } = this;
    const logs = networks.map((network, o) => {
      network.look(batch, images);
      network.forward(images.length, units[o], errors[o]);
      return this.losses(images, o, soft);
    });
    let loss = 0;
    const total = Float64Array.from(images, (_, m) => {
      const { logLikelihood } = average(logs, m);
      loss -= logLikelihood;
      return logLikelihood + Math.log(networks.length);
    });
    networks.forEach((network, o) => {
      const shares = logs[o].map((nats, m) => Math.exp(nats - total[m]));
      const count = this.keepCounting(batch, images, o, shares);
      sums.clear();
      network.back(count, units[o], errors[o], this.back, sums);
      sums.addTo(gradients, network.order);
    });
    return loss;
  }

  /** Moves the images to the front whose share matters, their errors weighted by it; returns how many there are. */
  private keepCounting(batch: PackedImages, images: Uint32Array, o: number, shares: Float64Array): number {
    const counting = [...shares.keys()].filter((m) => shares[m] >= LEAST_SHARE);
    counting.forEach((m, slot) => {
      if (m > slot)
        for (const { values, stride } of [...this.units[o], this.errors[o]])
          values.copyWithin(slot * stride, m * stride, (m + 1) * stride);
      const { stride, values } = this.errors[o];
      this.rows.scale(values.subarray(slot * stride), stride, shares[m] / batch.count);
    });
    if (counting.length < images.length)
      this.networks[o].look(
        batch,
        counting.map((m) => images[m]),
      );
    return counting.length;
  }

  /** Makes the logits of one order d = sigmoid(z) - t; returns log p_o, or minus the loss of soft targets, [images]. */
  private losses(images: Uint32Array, o: number, soft: Float32Array | null): Float64Array {
    const { rows, errors, targets } = this;
    const { n, length, on, order } = this.networks[o];
    const { values } = targets;
    if (!soft) values.fill(0);
    images.forEach((image, m) => {
      const row = m * length;
      if (soft) for (let t = 0; t < n; t++) values[row + t] = soft[image * n + order[t]];
      else for (let at = on.starts[m]; at < on.starts[m + 1]; at++) values[row + on.indices[at]] = 1;
    });
    return Float64Array.from(images, (_, m) => {
      const z = errors[o].values.subarray(m * length);
      return -rows.logisticLoss(z, z, values.subarray(m * length), n);
    });
  }
}
