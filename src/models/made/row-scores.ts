import { type PackedImages, pixelCount } from '../../data/images.ts';
import { indexRange } from '../../data/rng.ts';
import { bytesFor } from '../../simd/rows.ts';
import type { Simd } from '../../simd/simd.ts';
import type { Model } from '../model.ts';
import { CHUNK, RowNetwork } from './row-network.ts';

/** Scores of the model in each of its orders, as OrderModel gives them. */
export interface OrderScores {
  /** log p_o of every image in nats, [count]. */
  logLikelihood(images: PackedImages): Float64Array<ArrayBuffer>;
  /** Logits of p_o(x_i = 1 | pixels before it), [count, n]. */
  logits(images: PackedImages): Float32Array<ArrayBuffer>;
}

/** By row operations; null where there is no memory for them. */
export function rowScores(model: Model, simd: Simd): readonly OrderScores[] | null {
  const n = pixelCount(model.grid);
  const { hidden, layers } = model.hyper;
  const width = Math.ceil(hidden / 4) * 4;
  const length = Math.ceil(n / 4) * 4;
  const rows = simd.open(
    RowNetwork.bytes(model) + layers * bytesFor(CHUNK * width) + bytesFor(CHUNK * length),
  );
  if (!rows) return null;
  const networks = RowNetwork.all(rows, model);
  const [{ firsts }] = networks;
  const units = firsts.map(() => networks[0].units(CHUNK));
  const z = networks[0].places(CHUNK);
  let read = false;

  /** Calls `use` for every image with its logits by place, [n], and the entries of its places in `network.on`. */
  function readAll(
    images: PackedImages,
    network: RowNetwork,
    use: (image: number, logits: Float32Array, begin: number, end: number) => void,
  ): void {
    if (!read) for (const each of networks) each.read();
    read = true;
    const { starts } = network.on;
    for (let first = 0; first < images.count; first += CHUNK) {
      const numbers = indexRange(first, Math.min(CHUNK, images.count - first));
      network.look(images, numbers);
      network.forward(numbers.length, units, z);
      numbers.forEach((image, m) =>
        use(image, z.values.subarray(m * length, m * length + n), starts[m], starts[m + 1]),
      );
    }
  }

  return networks.map((network) => ({
    logLikelihood(images) {
      const result = new Float64Array(images.count);
      const { indices } = network.on;
      readAll(images, network, (image, logits, begin, end) => {
        let sum = -rows.softplusSum(logits, n);
        for (let at = begin; at < end; at++) sum += logits[indices[at]];
        result[image] = sum;
      });
      return result;
    },
    logits(images) {
      const result = new Float32Array(images.count * n);
      readAll(images, network, (image, logits) => {
        for (let t = 0; t < n; t++) result[image * n + network.order[t]] = logits[t];
      });
      return result;
    },
  }));
}
