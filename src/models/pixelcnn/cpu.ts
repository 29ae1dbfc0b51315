import type { PackedImages } from '../../data/images.ts';
import { pixelCount, setPixel, unpackImage } from '../../data/images.ts';
import type { Simd } from '../../simd/simd.ts';
import { ancestralSampler, fires } from '../shared/ancestral.ts';
import { softplusSum } from '../shared/exp-tables.ts';
import type { CpuModel } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import type { CpuSampler, SampleRequest } from '../sampling.ts';
import { inputGradientOf } from './input-gradient.ts';
import { HIDDEN } from './layout.ts';
import { Net } from './net.ts';
import { RowNet } from './row-net.ts';
import { rowSampler } from './row-sampler.ts';

/** Memory that unfinished images of one sampler may keep: of a digit and 15 blocks, about 1,200. */
const MAX_KEPT_BYTES = 2 ** 26;

/** Opens a model of this family for scoring and sampling. `maxKeptBytes`: see MAX_KEPT_BYTES. */
export function openCpu(model: Model, simd: Simd | null = null, maxKeptBytes = MAX_KEPT_BYTES): CpuModel {
  const n = pixelCount(model.grid);
  const rowNet = simd && RowNet.open(model, simd, false);
  const net = rowNet ? null : new Net(model, 'nothing');
  const x = new Uint8Array(n);
  // Rounded as `conditionalLogits` gives them, so that log p is that of the conditionals shown.
  const rounded = rowNet?.logits ?? new Float32Array(n);
  const z = new Float64Array(n);

  function read(images: PackedImages, image: number): void {
    unpackImage(images, image, x);
    if (rowNet) rowNet.run(x);
    else net?.run(x, 0, n, rounded);
  }

  return {
    logLikelihood(images) {
      const result = new Float64Array(images.count);
      for (let m = 0; m < images.count; m++) {
        read(images, m);
        z.set(rounded);
        // log p = sum over on-pixels of z - sum over all of softplus(z)
        let truth = 0;
        for (let i = 0; i < n; i++) truth += x[i] * z[i];
        result[m] = truth - softplusSum(z, 0, n);
      }
      return result;
    },
    conditionalLogits(images) {
      const result = new Float32Array(images.count * n);
      for (let m = 0; m < images.count; m++) {
        read(images, m);
        result.set(rounded, m * n);
      }
      return result;
    },
    inputGradient: inputGradientOf(model),
    sampler: (request) =>
      (simd && rowSampler(model, simd, request, maxKeptBytes)) ?? netSampler(model, request, maxKeptBytes),
  };
}

/**
 * Every position is computed once: what later positions read is kept between two calls, for as many images as memory
 * allows; for the others it is computed anew.
 */
function netSampler(model: Model, request: SampleRequest, maxKeptBytes: number): CpuSampler {
  const { grid } = model;
  const net = new Net(model, 'activations');
  const { n } = net;
  const x = new Uint8Array(n);
  const z = new Float64Array(n);
  const recent = new Recent(net, grid.width + 1);
  const kept = Array.from(
    { length: Math.min(request.indices.length, Math.floor(maxKeptBytes / recent.bytes)) },
    () => recent.room(),
  );
  return ancestralSampler(grid, request, {
    block: n,
    decide(images, image, from, to, uniforms) {
      unpackImage(images, image, x);
      if (image < kept.length) recent.load(kept[image], from);
      else net.run(x, 0, from, z);
      for (let i = from; i < to; i++) {
        net.run(x, i, i + 1, z);
        if (!fires(z[i] / request.temperature, uniforms[i - from])) continue;
        x[i] = 1;
        setPixel(images, image, i, 1);
      }
      if (to < n && image < kept.length) recent.save(kept[image], to);
    },
  });
}

/** Activations of the positions before one that it and later ones read; allocated when first needed. */
interface Kept {
  values: Float64Array | null;
  rows: Uint16Array | null;
  counts: Uint8Array | null;
}

class Recent {
  /** Of one image. */
  readonly bytes: number;
  private readonly slots: number;

  constructor(
    private readonly net: Net,
    private readonly length: number,
  ) {
    this.slots = Math.min(length, net.n) * net.blocks;
    this.bytes = this.slots * (HIDDEN * 10 + 1);
  }

  room(): Kept {
    return { values: null, rows: null, counts: null };
  }

  load({ values, rows, counts }: Kept, position: number): void {
    const { middleInputs } = this.net;
    if (!values || !rows || !counts) return;
    this.each(position, (slot, at, count) => {
      middleInputs.values.set(values.subarray(at * HIDDEN, (at + count) * HIDDEN), slot * HIDDEN);
      middleInputs.rows.set(rows.subarray(at * HIDDEN, (at + count) * HIDDEN), slot * HIDDEN);
      middleInputs.counts.set(counts.subarray(at, at + count), slot);
    });
  }

  save(kept: Kept, position: number): void {
    const { middleInputs } = this.net;
    const values = (kept.values ??= new Float64Array(this.slots * HIDDEN));
    const rows = (kept.rows ??= new Uint16Array(this.slots * HIDDEN));
    const counts = (kept.counts ??= new Uint8Array(this.slots));
    this.each(position, (slot, at, count) => {
      values.set(middleInputs.values.subarray(slot * HIDDEN, (slot + count) * HIDDEN), at * HIDDEN);
      rows.set(middleInputs.rows.subarray(slot * HIDDEN, (slot + count) * HIDDEN), at * HIDDEN);
      counts.set(middleInputs.counts.subarray(slot, slot + count), at);
    });
  }

  /** Calls back for every block with the first slot in the net, the first among those kept, and how many. */
  private each(position: number, move: (slot: number, at: number, count: number) => void): void {
    const count = Math.min(this.length, position);
    for (let b = 0; b < this.net.blocks; b++)
      move(b * this.net.n + position - count, (b * this.slots) / this.net.blocks, count);
  }
}
