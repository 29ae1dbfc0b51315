/** The same as `gradient` of the definition, a few images at a time, in f32. */
import type { PackedImages } from '../../data/images.ts';
import { unpackImage } from '../../data/images.ts';
import type { Simd } from '../../simd/simd.ts';
import { sigmoid, softplus } from '../shared/math.ts';
import type { CpuGradient } from '../cpu-training.ts';
import type { Model, Tensors } from '../model.ts';
import type { Targets } from '../training.ts';
import { Reader } from './reader.ts';

export function cpuGradient(model: Model, simd?: Simd | null): CpuGradient {
  let reader: Reader | null = null;
  return {
    gradient(batch, gradients, targets) {
      reader ??= new Reader(model, 'all', simd);
      reader.load();
      return gradientOf(reader, batch, gradients, targets?.soft ?? null);
    },
  };
}

function gradientOf(reader: Reader, batch: PackedImages, gradients: Tensors, soft: Targets['soft']): number {
  const { n, images, lists, z } = reader;
  const { active, quiet } = reader.gradient!;
  const x = new Uint8Array(images * n);
  const dz = new Float64Array(images * n);
  active.clear();
  quiet.clear();
  let loss = 0;
  for (let first = 0; first < batch.count; first += images) {
    const count = Math.min(images, batch.count - first);
    reader.run(count, (m) => unpackImage(batch, first + m, x.subarray(m * n, (m + 1) * n)));
    for (let at = 0; at < count * n; at++) {
      const target = soft ? soft[first * n + at] : x[at];
      loss += softplus(z[at]) - target * z[at];
      dz[at] = sigmoid(z[at]) - target;
    }
    active.backward(lists.active, lists.taps, dz);
    quiet.backward(lists.quiet, dz);
    active.table.uncarry(lists.added, lists.carried);
    quiet.table.uncarry(lists.added, lists.carried);
  }
  active.store(gradients, 1 / batch.count);
  quiet.store(gradients, 1 / batch.count);
  return loss;
}
