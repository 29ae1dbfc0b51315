import { type Grid, type GreyImages, pixelCount } from './images.ts';
import { fail, ok, type Result } from './result.ts';

/** Sides of the small grids: those whose images can all be listed, and divisors of 28. */
export const POOLED_SIDES = [2, 3, 4, 7, 14, 28] as const;

/**
 * Images on a coarser grid: every new pixel is the mean grey level of the area that it covers, pixels cut by its edge
 * counting by their share (28 to 3 needs that). Whole numbers only, halves rounded up, so that every machine pools
 * alike. Images already of that size come back as they are; a finer grid is refused.
 */
export function poolImages(images: GreyImages, grid: Grid): Result<GreyImages> {
  const { width, height } = images.grid;
  if (grid.width === width && grid.height === height) return ok(images);
  if (grid.width > width || grid.height > height)
    return fail(`grid: ${grid.width}x${grid.height} is finer than the images of ${width}x${height} pixels`);
  const columns = sharesOf(width, grid.width);
  const rows = sharesOf(height, grid.height);
  const n = pixelCount(grid);
  const pixels = new Uint8Array(images.count * n);
  const area = width * height;
  for (let image = 0; image < images.count; image++) {
    const from = image * area;
    rows.forEach((row, y) => {
      columns.forEach((column, x) => {
        let sum = 0;
        for (const { at: r, share: down } of row)
          for (const { at: c, share: across } of column)
            sum += images.pixels[from + r * width + c] * down * across;
        // A new pixel covers width / grid.width by height / grid.height old ones; shares are counted in
        // 1 / grid.width and 1 / grid.height of one, so the weights of a new pixel add up to `area`.
        pixels[image * n + y * grid.width + x] = Math.floor((2 * sum + area) / (2 * area));
      });
    });
  }
  return ok({ grid, count: images.count, pixels, labels: images.labels });
}

/** Which old pixels each new one covers along one side, in units of 1 / `fewer` of an old pixel. */
function sharesOf(many: number, fewer: number): { at: number; share: number }[][] {
  return Array.from({ length: fewer }, (_, i) => {
    const start = i * many;
    const end = start + many;
    const shares = [];
    for (let at = Math.floor(start / fewer); at * fewer < end; at++)
      shares.push({ at, share: Math.min(end, (at + 1) * fewer) - Math.max(start, at * fewer) });
    return shares;
  });
}
