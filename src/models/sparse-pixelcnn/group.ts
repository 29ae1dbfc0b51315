import { pixelCount } from '../../data/images.ts';
import type { Simd } from '../../simd/simd.ts';
import { openRows } from '../../simd/simd.ts';
import { bytesFor } from '../../simd/rows.ts';
import type { Model } from '../model.ts';
import { ActiveNet } from './active-net.ts';
import { HIDDEN, TAPS } from './layout.ts';
import { DILATIONS, Neighbourhood, OFFSETS, Part } from './lists.ts';
import { QuietNet } from './quiet-net.ts';

/** Features of the recent pixels of a group. */
export interface Kept {
  /** By block, [slots, images, HIDDEN]. */
  readonly features: readonly Float32Array[];
  /** [slots, images] */
  readonly rowOf: Int32Array;
}

/** Some images at the same pixel. */
export class Group {
  /** Of what `save` returns. */
  readonly bytes: number;
  private readonly n: number;
  private readonly near: Neighbourhood;
  private readonly active: ActiveNet;
  private readonly quiet: QuietNet;
  private readonly activePart: Part;
  private readonly quietPart: Part;
  /** By dilation, [taps, images]. */
  private readonly taps: readonly Int32Array[];
  /** Pixels whose features are kept: as far back as taps reach, and the one at hand. Pixel i has slot i % slots. */
  private readonly slots: number;
  /** [slots, images]: the row of an image's pixel among the features, -1 where it is quiet. */
  private readonly rowOf: Int32Array;
  /** Of every image: its pixels, [n], those that are on, [n], and how many. */
  private readonly x: readonly Uint8Array[];
  private readonly on: readonly Int32Array[];
  private readonly onCount: Int32Array;
  /** [images]: logits of the pixel at hand. */
  private readonly z: Float32Array;
  private count = 0;

  constructor(
    model: Model,
    private readonly images: number,
    simd: Simd | null | undefined,
  ) {
    const { grid, hyper, tensors } = model;
    this.n = pixelCount(grid);
    this.slots = Math.min(this.n, DILATIONS * (grid.width + 1) + 1);
    const tapRows = this.slots * images;
    const size = {
      n: this.n,
      blocks: hyper.blocks,
      capacity: images,
      carried: images,
      tapRows,
      keep: 'taps',
    } as const;
    this.bytes = 4 * tapRows * (hyper.blocks * HIDDEN + 1);
    const taps = Array.from({ length: DILATIONS }, () => TAPS.length * images);
    const operations = openRows(
      simd,
      ActiveNet.bytes(size) + QuietNet.bytes(size) + 2 * Part.bytes(images) + bytesFor(...taps),
    );
    this.near = new Neighbourhood(grid);
    this.active = new ActiveNet(operations, size);
    this.quiet = new QuietNet(operations, size);
    this.activePart = new Part(operations, images);
    this.quietPart = new Part(operations, images);
    this.taps = taps.map((length) => operations.integers(length));
    this.rowOf = new Int32Array(tapRows);
    this.x = Array.from({ length: images }, () => new Uint8Array(this.n));
    this.on = Array.from({ length: images }, () => new Int32Array(this.n));
    this.onCount = new Int32Array(images);
    this.z = new Float32Array(images);
    this.active.load(tensors);
    this.quiet.load(tensors);
  }

  /** Begins with the first pixel of `count` images. */
  begin(count: number): void {
    this.count = count;
    this.onCount.fill(0);
    this.rowOf.fill(-1);
    for (let m = 0; m < count; m++) {
      this.x[m].fill(0);
      this.active.table.clear(m);
      this.quiet.table.clear(m);
    }
  }

  /** Goes on at pixel `from`, where `kept` was saved; `decided(m, i)` says whether pixel i of image m is on. */
  load(kept: Kept, from: number, decided: (m: number, i: number) => boolean): void {
    kept.features.forEach((features, b) => this.active.squeezed[b].set(features));
    this.rowOf.set(kept.rowOf);
    for (let m = 0; m < this.count; m++) for (let i = 0; i < from; i++) if (decided(m, i)) this.turnOn(m, i);
  }

  save(): Kept {
    return {
      features: this.active.squeezed.map((features) => Float32Array.from(features)),
      rowOf: this.rowOf.slice(),
    };
  }

  /** Pixels `from` to `to - 1` of all images: `decide` is given image, pixel and logit, and says whether it is on. */
  run(from: number, to: number, decide: (m: number, i: number, z: number) => boolean): void {
    const { active, quiet, activePart, quietPart, z } = this;
    for (let i = from; i < to; i++) {
      const first = (i % this.slots) * this.images;
      this.list(i, first);
      active.forward(activePart, this.taps, z, first);
      quiet.forward(quietPart, z);
      for (let m = 0; m < this.count; m++) if (decide(m, i, z[m])) this.turnOn(m, i);
    }
  }

  /** The rows of pixel i of all images; those of active ones are kept from row `first` on. */
  private list(i: number, first: number): void {
    const { near, activePart, quietPart, rowOf, x, on, onCount } = this;
    const carried = OFFSETS + this.n;
    activePart.clear();
    quietPart.clear();
    for (let m = 0; m < this.count; m++) {
      const own = near.isActive(x[m], i);
      const row = activePart.count;
      rowOf[first + m] = own ? first + row : -1;
      near.push(own ? activePart : quietPart, i, m, on[m], onCount[m], carried + m);
      if (own) this.addTaps(m, i, row);
    }
  }

  private addTaps(m: number, i: number, row: number): void {
    const { near, taps, slots, images, rowOf } = this;
    const begin = i * TAPS.length;
    for (let d = 0; d < DILATIONS; d++) {
      for (let t = 0; t < TAPS.length; t++) {
        const j = near.taps[d][begin + t];
        taps[d][t * images + row] = j < 0 ? -1 : rowOf[(j % slots) * images + m];
      }
    }
  }

  private turnOn(m: number, i: number): void {
    this.x[m][i] = 1;
    this.on[m][this.onCount[m]++] = i;
    this.active.table.carry(m, m, i);
    this.quiet.table.carry(m, m, i);
  }
}
