import { type Grid, type GreyImages, pixelCount } from './images.ts';
import { fail, ok, type Result } from './result.ts';

/** A grid gets a margin of at most a seventh of the images: 28 pixels fill 32, as in LeNet-5. */
const MARGIN = 1 / 7;

/**
 * Images on a coarser grid: every new pixel is the mean grey level of the area that it covers, pixels cut by its edge
 * counting by their share (28 to 3 needs that). Whole numbers only, halves rounded up, so that every machine pools
 * alike. Images already of that size come back as they are. On a grid that is little larger they lie in the middle, with a blank margin;
 * a finer grid is refused.
 */
export function poolImages(images: GreyImages, grid: Grid): Result<GreyImages> {
  const { width, height } = images.grid;
  if (grid.width === width && grid.height === height) return ok(images);
  if (!fits(images.grid, grid))
    return fail(`grid: ${grid.width}x${grid.height} is finer than the images of ${width}x${height} pixels`);
  if (grid.width > width) return ok(withMargin(images, grid));
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

/** Whether images of size `from` can be put on a grid: pooled to a coarser one, or with a margin around them on one that is little larger. */
export function fits(from: Grid, grid: Grid): boolean {
  if (grid.width <= from.width && grid.height <= from.height) return true;
  const more = grid.width - from.width;
  return (
    more === grid.height - from.height && more % 2 === 0 && more <= Math.min(from.width, from.height) * MARGIN
  );
}

function withMargin(images: GreyImages, grid: Grid): GreyImages {
  const { width, height } = images.grid;
  const margin = (grid.width - width) / 2;
  const n = pixelCount(grid);
  const pixels = new Uint8Array(images.count * n);
  for (let row = 0; row < images.count * height; row++) {
    const to = Math.floor(row / height) * n + (margin + (row % height)) * grid.width + margin;
    pixels.set(images.pixels.subarray(row * width, (row + 1) * width), to);
  }
  return { grid, count: images.count, pixels, labels: images.labels };
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
