import type { GpuBuffer } from '../gpu/arena.ts';
import type { Dispatch } from '../gpu/kernel.ts';
import type { ProgramScope } from './program.ts';

export const PACK_ROWS = 'ops/pack-rows.wgsl';

/** Weights of a chunk, and bytes of one: of halves, and of f32. */
const CHUNK = 8;
const CHUNK_BYTES = { halves: 16, singles: 32 } as const;

/** Weights as the kernels of samplers read them: see shaders/lib/weight-rows.wgsl. Halves only where the scope's weights all are. */
export interface Packed {
  readonly packed: GpuBuffer;
  /** Write `packed`: to be run before it is read. */
  readonly write: readonly Dispatch[];
}

/** `rows` rows of `length` weights, [rows, length] f32, each padded to whole chunks, in the scope's arena. */
export function packRows(scope: ProgramScope, weights: GpuBuffer, rows: number, length: number): Packed {
  const packed = scope.arena.storage('packed', rows * chunksOf(length) * bytesOfChunk(scope));
  return { packed, write: [writeRows(scope, packed, { weights, rows, length, start: 0 })] };
}

/** Tensors of the scope one after the other, [lengths] f32 each; `starts` says where, in weights. */
export function packTogether<Name extends string>(
  scope: ProgramScope,
  lengths: readonly (readonly [Name, number])[],
): Packed & { readonly starts: Readonly<Record<Name, number>> } {
  let chunks = 0;
  const places = lengths.map(([name, length]) => {
    const start = chunks;
    chunks += chunksOf(length);
    return { name, length, start };
  });
  const packed = scope.arena.storage('packed', chunks * bytesOfChunk(scope));
  return {
    packed,
    write: places.map(({ name, length, start }) =>
      writeRows(scope, packed, { weights: scope.tensors[name], rows: 1, length, start }),
    ),
    starts: Object.fromEntries(places.map(({ name, start }) => [name, start * CHUNK])) as Record<
      Name,
      number
    >,
  };
}

function writeRows(
  scope: ProgramScope,
  packed: GpuBuffer,
  {
    weights,
    rows,
    length,
    start,
  }: {
    readonly weights: GpuBuffer;
    readonly rows: number;
    readonly length: number;
    /** In chunks. */
    readonly start: number;
  },
): Dispatch {
  const kernel = scope.bind(PACK_ROWS, { weights, packed });
  const chunks = chunksOf(length);
  return kernel.dispatch({ rows, length, chunks, start }, [kernel.groups(rows * chunks)]);
}

/** Eights of a row of `length` weights. */
export function chunksOf(length: number): number {
  return Math.ceil(length / CHUNK);
}

function bytesOfChunk({ halves }: ProgramScope): number {
  return halves ? CHUNK_BYTES.halves : CHUNK_BYTES.singles;
}

/** The same numbers with zeros up to whole chunks. */
export function padded(values: Float32Array): Float32Array<ArrayBuffer> {
  const all = new Float32Array(chunksOf(values.length) * CHUNK);
  all.set(values);
  return all;
}
