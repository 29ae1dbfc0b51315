/** WGSL of a matrix product in f32 by tiles, for tiles of any size: what a program without a vendor's library can reach. */

/** A workgroup computes `rows` by `columns` of the product, a thread `own` by `own`, `slab` of the inner numbers at a time. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly own: number;
  readonly slab: number;
}

/** None needs more than the default limits: 256 threads and 16 KiB of workgroup memory. */
export const TILES: readonly Tile[] = [
  { rows: 128, columns: 128, own: 8, slab: 16 },
  { rows: 64, columns: 64, own: 8, slab: 16 },
  { rows: 64, columns: 64, own: 4, slab: 16 },
  { rows: 32, columns: 32, own: 4, slab: 32 },
];

export function threadsOf({ rows, columns, own }: Tile): number {
  return (rows / own) * (columns / own);
}

export function nameOf({ rows, columns, own }: Tile): string {
  return `${rows}x${columns}, ${own}x${own} a thread`;
}

/**
 * c = a b. Bindings: 0 a [rows, inner], 1 b [inner, columns], 2 c [rows, columns], as vectors of 4 along the rows' memory; 3 the uniform
 * (inner, columns). All sizes are multiples of the tile's.
 */
export function matmulSource(tile: Tile): string {
  const { rows, columns, own, slab } = tile;
  const threads = threadsOf(tile);
  const acrossThreads = columns / own;
  const vectors = own / 4;
  const each = (count: number, line: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i));
  const letters = ['x', 'y', 'z', 'w'];
  const leftVectors = (rows * slab) / 4;
  const rightVectors = (columns * slab) / 4;
  return `
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> sizes: vec4<u32>;
var<workgroup> left: array<f32, ${rows * slab}>; // [slab][rows]
var<workgroup> right: array<vec4<f32>, ${rightVectors}>; // [slab][columns / 4]

@compute @workgroup_size(${threads})
fn multiply(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let inner = sizes.x / 4u;
  let across = sizes.y / 4u;
  let first_row = group.y * ${rows}u;
  let first_column = group.x * ${columns / 4}u;
  let own_row = (thread / ${acrossThreads}u) * ${own}u;
  let own_column = (thread % ${acrossThreads}u) * ${vectors}u;
  ${each(own * vectors, (i) => `var s${i} = vec4<f32>();`).join('\n  ')}
  for (var k = 0u; k < sizes.x; k += ${slab}u) {
    for (var at = thread; at < ${leftVectors}u; at += ${threads}u) {
      let row = at / ${slab / 4}u;
      let four = at % ${slab / 4}u;
      let read = a[(first_row + row) * inner + k / 4u + four];
      ${each(4, (i) => `left[(4u * four + ${i}u) * ${rows}u + row] = read.${letters[i]};`).join('\n      ')}
    }
    for (var at = thread; at < ${rightVectors}u; at += ${threads}u) {
      right[at] = b[(k + at / ${columns / 4}u) * across + first_column + at % ${columns / 4}u];
    }
    workgroupBarrier();
    for (var i = 0u; i < ${slab}u; i++) {
      ${each(vectors, (v) => `let r${v} = right[i * ${columns / 4}u + own_column + ${v}u];`).join('\n      ')}
      ${each(own, (row) =>
        [
          `let l${row} = left[i * ${rows}u + own_row + ${row}u];`,
          ...each(
            vectors,
            (v) => `s${row * vectors + v} = fma(vec4<f32>(l${row}), r${v}, s${row * vectors + v});`,
          ),
        ].join('\n      '),
      ).join('\n      ')}
    }
    workgroupBarrier();
  }
  let to = first_column + own_column;
  ${each(own * vectors, (i) => `c[(first_row + own_row + ${Math.floor(i / vectors)}u) * across + to + ${i % vectors}u] = s${i};`).join('\n  ')}
}`;
}

/** Copies vectors of 4. Bindings: 0 from, 1 to. */
export const COPY_SOURCE = `
@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4<f32>>;
@compute @workgroup_size(256)
fn copy(@builtin(global_invocation_id) at: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let stride = groups.x * 256u;
  for (var i = at.x; i < arrayLength(&source); i += stride) { target_[i] = source[i]; }
}`;

/** Adds 1 to one number. Binding: 0 it. */
export const TINY_SOURCE = `
@group(0) @binding(0) var<storage, read_write> number: array<u32>;
@compute @workgroup_size(1)
fn tiny() { number[0] += 1u; }`;
