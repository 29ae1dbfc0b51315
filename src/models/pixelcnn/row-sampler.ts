import { pixelCount, setPixel } from '../../data/images.ts';
import type { RowLists, RowOperations } from '../../simd/rows.ts';
import { bytesFor, matrix } from '../../simd/rows.ts';
import type { Simd } from '../../simd/simd.ts';
import { fires, groupSampler } from '../shared/ancestral.ts';
import type { Model } from '../model.ts';
import type { CpuSampler, SampleRequest } from '../sampling.ts';
import { CHANNELS, FIRST, HIDDEN, MIDDLE, neighbours } from './layout.ts';
import { middleRows, PADDED, RowLayers, SEEN } from './row-layers.ts';
import { listOn } from './row-net.ts';

const MIDDLE_TAPS = MIDDLE.taps.length;

/**
 * Draws all images at once, position by position: a row for every image. The same sums in the same order as in row-net.ts. Null where
 * more than `maxBytes` would be needed, or no memory can be had.
 */
export function rowSampler(
  model: Model,
  simd: Simd,
  request: SampleRequest,
  maxBytes: number,
): CpuSampler | null {
  const count = request.indices.length;
  const bytes = bytesFor(...Step.lengths(model, count));
  const rows = count > 0 && bytes <= maxBytes ? simd.open(bytes) : null;
  if (!rows) return null;
  const step = new Step(model, rows, count);
  const { n } = step;
  return groupSampler(model.grid, request, {
    size: count,
    decide(images, first, _, from, to, uniforms) {
      for (let position = from; position < to; position++) {
        step.run(position);
        for (let m = 0; m < count; m++) {
          if (!fires(step.logits[m] / request.temperature, uniforms[m][position - from])) continue;
          step.x[m * n + position] = 1;
          setPixel(images, first + m, position, 1);
        }
      }
    },
  });
}

/** The net at one position of every image. */
class Step {
  readonly n: number;
  /** The images so far, [count, n]. */
  readonly x: Uint8Array;
  /** Of the position that was run last, [count]. */
  readonly logits: Float32Array;
  private readonly layers: RowLayers;
  private readonly blocks: number;
  private readonly h: Float32Array;
  private readonly last: Float32Array;
  private readonly middle: Float32Array;
  private readonly seen: Float32Array;
  /** The down layers of the last positions, which later ones see: [slots, count, 16] of every block, by block and slot. */
  private readonly down: readonly (readonly Float32Array[])[];
  private readonly slots: number;
  /** Rows of `down` that every image's taps look at, [count, taps]. */
  private readonly taps: Int32Array;
  private readonly on: RowLists;
  private readonly firstTaps: Int32Array;
  private readonly middleTaps: Int32Array;

  constructor(
    { grid, ...model }: Model,
    private readonly rows: RowOperations,
    private readonly count: number,
  ) {
    this.n = pixelCount(grid);
    this.blocks = model.hyper.blocks;
    this.slots = slotsOf(grid.width);
    const { slots } = this;
    this.x = new Uint8Array(count * this.n);
    this.layers = new RowLayers(rows, count, { grid, ...model });
    this.h = rows.floats(count * CHANNELS);
    this.last = rows.floats(count * CHANNELS);
    this.logits = rows.floats(count);
    this.middle = middleRows(rows, count);
    this.seen = rows.floats(count * SEEN);
    this.down = Array.from({ length: this.blocks }, () => {
      const all = rows.floats(slots * count * HIDDEN);
      return Array.from({ length: slots }, (_, slot) => all.subarray(slot * count * HIDDEN));
    });
    this.taps = rows.integers(count * MIDDLE_TAPS);
    this.on = { starts: rows.integers(count + 1), indices: rows.integers(count * FIRST.taps.length) };
    this.firstTaps = neighbours(grid, FIRST.taps);
    this.middleTaps = neighbours(grid, MIDDLE.taps);
  }

  /** Lengths of its arrays. */
  static lengths({ grid, hyper, tensors }: Model, count: number): number[] {
    const down = slotsOf(grid.width) * count * HIDDEN;
    return [
      ...RowLayers.lengths(count, tensors),
      ...[count * CHANNELS, count * CHANNELS, count, count * PADDED, count * SEEN],
      ...Array.from({ length: hyper.blocks }, () => down),
      ...[count * MIDDLE_TAPS, count + 1, count * FIRST.taps.length],
    ];
  }

  /** Logits of position p, given the pixels before it; positions are run in their order. */
  run(p: number): void {
    const { n, layers, rows, count, slots, taps } = this;
    for (let r = 0; r < count; r++) {
      listOn(this.x, r * n, this.firstTaps, p, this.on, r);
      for (let t = 0; t < MIDDLE_TAPS; t++) {
        const q = this.middleTaps[p * MIDDLE_TAPS + t];
        taps[r * MIDDLE_TAPS + t] = q < 0 ? -1 : (q % slots) * count + r;
      }
    }
    layers.first(this.h, this.on);
    const seen = matrix(this.seen, HIDDEN);
    for (let b = 0; b < this.blocks; b++) {
      layers.down(b, this.h, this.down[b][p % slots]);
      rows.gather(seen, matrix(this.down[b][0], HIDDEN), taps, taps.length, HIDDEN);
      layers.up(b, this.seen, this.middle, this.h, this.h);
    }
    layers.head(this.h, this.last, this.logits);
  }
}

/** Positions whose down layers are kept: the tap farthest back is one row and one column before. */
function slotsOf(width: number): number {
  return width + 2;
}
