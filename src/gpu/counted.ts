import type { Arena, GpuBuffer } from './arena.ts';
import { GpuError } from './errors.ts';
import { encodeParams, type Dispatch } from './kernel.ts';

/** Rows of the table at most: a count is rounded up to one of so many. */
const MOST_ROWS = 64;
/** Bytes at the end of a slot that hold the workgroups along x, y and z. */
const GRID_BYTES = 16;

/**
 * Dispatches over a number of things that only the device knows when they run. What they would be for every number is a table on
 * the device; a kernel copies the row of the number into `slots`, from where the dispatches take their grids and params.
 */
export class CountedDispatches {
  /** [1 + ceil(most / rowCounts), rowWords] u32: row 0 for none, row r for up to r * rowCounts. */
  readonly table: GpuBuffer;
  /** [rowWords] u32. */
  readonly slots: GpuBuffer;
  readonly rowCounts: number;
  readonly rowWords: number;
  readonly #longest: readonly Dispatch[];
  readonly #slotBytes: number;

  /**
   * For up to `most` things; `dispatches` are those of a number of them, of which fewer things have the first ones. Throws where the driver cannot
   * take the largest grid at once.
   */
  constructor(
    arena: Arena,
    limits: GPUSupportedLimits,
    most: number,
    private readonly dispatches: (count: number) => readonly Dispatch[],
  ) {
    this.#slotBytes = limits.minUniformBufferOffsetAlignment;
    this.#longest = dispatches(most);
    this.rowCounts = Math.ceil(most / MOST_ROWS);
    this.rowWords = (this.#longest.length * this.#slotBytes) / 4;
    const rows = 1 + Math.ceil(most / this.rowCounts);
    const table = new DataView(new ArrayBuffer(rows * this.rowWords * 4));
    for (let row = 1; row < rows; row++)
      this.#write(dispatches(Math.min(most, row * this.rowCounts)), table, row * this.rowWords * 4, limits);
    this.table = arena.filled('dispatches', new Uint8Array(table.buffer));
    this.slots = arena.indirect('slots', this.rowWords * 4);
  }

  /** The dispatches with what `slots` holds, of `most` things or fewer. */
  upTo(most: number): readonly Dispatch[] {
    return this.dispatches(most).map((dispatch, i) => ({
      ...dispatch,
      group: dispatch.bound.groupWith(this.slots),
      indirect: {
        slots: this.slots,
        params: i * this.#slotBytes,
        grid: (i + 1) * this.#slotBytes - GRID_BYTES,
      },
    }));
  }

  #write(
    dispatches: readonly Dispatch[],
    table: DataView,
    at: number,
    { maxComputeWorkgroupsPerDimension: most }: GPUSupportedLimits,
  ): void {
    dispatches.forEach(({ bound, params, workgroups }, i) => {
      const { kernel } = bound;
      if (this.#longest[i]?.bound !== bound)
        throw new GpuError(`${kernel.label}: not at place ${i} of every count`);
      if (workgroups[0] > most)
        throw new GpuError(`${kernel.label}: ${workgroups[0]} workgroups cannot be split`);
      const bytes = kernel.face.params?.bytes ?? 0;
      if (bytes > this.#slotBytes - GRID_BYTES)
        throw new GpuError(`${kernel.label}: ${bytes} bytes of params`);
      const slot = at + i * this.#slotBytes;
      encodeParams(kernel, params, 0, table, slot);
      const [x, y = 1, z = 1] = workgroups;
      [x, y, z].forEach((groups, axis) =>
        table.setUint32(slot + this.#slotBytes - GRID_BYTES + 4 * axis, groups, true),
      );
    });
  }
}
