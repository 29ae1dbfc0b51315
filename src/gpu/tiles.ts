import type { AdapterDescription } from './adapter.ts';
import type { Overrides } from './kernel.ts';

/**
 * GPUs of phones, by the vendor's name in WebGPU: they have few registers a thread, so that 64 sums of a product's tile would lie in memory. Judged
 * from their published register files, not measured.
 */
const FEW_REGISTERS = ['arm', 'broadcom', 'img-tec', 'qualcomm', 'samsung'];
/** Up to so many rows a product of tiles of 64 has too few workgroups: 16 to 26 in MADE's batches of 128. */
const FEW_ROWS = 256;

/**
 * The tiles of shaders/lib/product.wgsl for products of `rows` rows and less: 64 by 64, or 32 by 32 by 64 threads. Those of few rows are 32 by 32
 * too, and 256 threads share the sum over the inner dimension.
 */
export function tilesFor({ vendor }: Pick<AdapterDescription, 'vendor'>, rows: number): Overrides {
  const areFew = rows <= FEW_ROWS;
  const side = areFew || FEW_REGISTERS.includes(vendor.toLowerCase()) ? 32 : 64;
  return { tile_rows: side, tile_columns: side, threads: areFew ? 256 : 64 };
}
