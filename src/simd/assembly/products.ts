/** Products of matrices in tiles of 8 columns. All strides are in bytes, counts in numbers. */
import { tile1, tile4, wideTile1 } from './tiles';
import { DEPTH, loadPart, PANEL, storePart, TILE } from './vector';

/** Rows of b that are this many bytes apart or more are packed: each would be a page or a set of the cache of its own. */
const FAR: usize = 512;
/** Packing pays from so many rows of a on. */
const MANY: i32 = 12;

/** Copies `width` <= 8 numbers, then zeros up to 8. */
function copyPadded(to: usize, from: usize, width: i32): void {
  if (width >= 4) {
    v128.store(to, v128.load(from));
    v128.store(to, width == 8 ? v128.load(from, 16) : loadPart(from + 16, width - 4), 16);
  } else {
    v128.store(to, loadPart(from, width));
    v128.store(to, f32x4.splat(0), 16);
  }
}

/** Copies `width` <= 8 numbers. */
function copyPart(to: usize, from: usize, width: i32): void {
  if (width >= 4) {
    v128.store(to, v128.load(from));
    if (width == 8) v128.store(to, v128.load(from, 16), 16);
    else storePart(to + 16, v128.load(from, 16), width - 4);
  } else storePart(to, v128.load(from), width);
}

/** PANEL[depth, 8] = b[depth, width], padded with zeros. */
function pack(b: usize, bStride: usize, depth: i32, width: i32): void {
  let to = PANEL;
  for (let k = 0; k < depth; k++) {
    copyPadded(to, b, width);
    to += 32;
    b += bStride;
  }
}

/** PANEL[depth, 8] = the transpose of b[width, depth], padded with zeros. */
function packTransposed(b: usize, bStride: usize, depth: i32, width: i32): void {
  if (width < 8) memory.fill(PANEL, 0, (<usize>depth) << 5);
  let row = 0;
  for (; row + 4 <= width; row += 4) {
    let from = b + <usize>row * bStride;
    let to = PANEL + ((<usize>row) << 2);
    let k = 0;
    for (; k + 4 <= depth; k += 4) {
      let at = from;
      const r0 = v128.load(at);
      at += bStride;
      const r1 = v128.load(at);
      at += bStride;
      const r2 = v128.load(at);
      at += bStride;
      const r3 = v128.load(at);
      const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
      v128.store(to, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), 32);
      v128.store(to, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 64);
      v128.store(to, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 96);
      from += 16;
      to += 128;
    }
    for (; k < depth; k++) {
      for (let i: usize = 0; i < 4; i++) store<f32>(to + (i << 2), load<f32>(from + i * bStride));
      from += 4;
      to += 32;
    }
  }
  for (; row < width; row++) {
    let from = b + <usize>row * bStride;
    let to = PANEL + ((<usize>row) << 2);
    for (let k = 0; k < depth; k++) {
      store<f32>(to, load<f32>(from));
      from += 4;
      to += 32;
    }
  }
}

/** out[rows, width] = start + a[rows, depth] panel[depth, 8], width <= 8. Of a, rows and columns are at any distance. */
function panelProduct(
  out: usize,
  outStride: usize,
  a: usize,
  aRow: usize,
  aColumn: usize,
  panel: usize,
  panelStride: usize,
  rows: i32,
  depth: i32,
  width: i32,
  start: usize,
  startStride: usize,
): void {
  let r = 0;
  if (width == 8) {
    for (; r + 4 <= rows; r += 4) {
      tile4(out, outStride, a, aRow, aColumn, panel, panelStride, depth, start, startStride);
      out += outStride << 2;
      a += aRow << 2;
      if (start) start += startStride << 2;
    }
    for (; r < rows; r++) {
      tile1(out, a, aColumn, panel, panelStride, depth, start);
      out += outStride;
      a += aRow;
      if (start) start += startStride;
    }
    return;
  }
  while (r < rows) {
    const count = min(4, rows - r);
    if (start) {
      for (let i = 0; i < count; i++)
        copyPadded(TILE + ((<usize>i) << 5), start + <usize>i * startStride, width);
      start += startStride << 2;
    } else memory.fill(TILE, 0, 128);
    if (count == 4) tile4(TILE, 32, a, aRow, aColumn, panel, panelStride, depth, TILE, 32);
    else
      for (let i = 0; i < count; i++) {
        const at = TILE + ((<usize>i) << 5);
        tile1(at, a + <usize>i * aRow, aColumn, panel, panelStride, depth, at);
      }
    for (let i = 0; i < count; i++) copyPart(out + <usize>i * outStride, TILE + ((<usize>i) << 5), width);
    out += outStride << 2;
    a += aRow << 2;
    r += 4;
  }
}

/** out[rows, columns] = start + a[rows, inner] b[inner, columns]. */
export function multiply(
  out: usize,
  outStride: usize,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  rows: i32,
  inner: i32,
  columns: i32,
  start: usize,
  startStride: usize,
): void {
  const far = bStride >= FAR && rows >= MANY;
  for (let k = 0; k == 0 || k < inner; k += DEPTH) {
    const depth = min(DEPTH, inner - k);
    let c = 0;
    if (rows == 1) {
      for (; c + 32 <= columns; c += 32) {
        const at = (<usize>c) << 2;
        wideTile1(out + at, a, b + at, bStride, depth, start ? start + at : 0);
      }
    }
    for (; c < columns; c += 8) {
      const width = min(8, columns - c);
      const at = (<usize>c) << 2;
      let panel = b + at;
      let panelStride = bStride;
      if (far || width < 8) {
        pack(panel, bStride, depth, width);
        panel = PANEL;
        panelStride = 32;
      }
      const from = start ? start + at : 0;
      panelProduct(
        out + at,
        outStride,
        a,
        aStride,
        4,
        panel,
        panelStride,
        rows,
        depth,
        width,
        from,
        startStride,
      );
    }
    a += (<usize>depth) << 2;
    b += <usize>depth * bStride;
    start = out;
    startStride = outStride;
  }
}

/** out[rows, inner] = start + d[rows, columns] b[inner, columns]^T. */
export function multiplyTransposed(
  out: usize,
  outStride: usize,
  d: usize,
  dStride: usize,
  b: usize,
  bStride: usize,
  rows: i32,
  columns: i32,
  inner: i32,
  start: usize,
  startStride: usize,
): void {
  for (let k = 0; k == 0 || k < columns; k += DEPTH) {
    const depth = min(DEPTH, columns - k);
    for (let c = 0; c < inner; c += 8) {
      const width = min(8, inner - c);
      const at = (<usize>c) << 2;
      packTransposed(b + <usize>c * bStride, bStride, depth, width);
      const from = start ? start + at : 0;
      panelProduct(out + at, outStride, d, dStride, 4, PANEL, 32, rows, depth, width, from, startStride);
    }
    d += (<usize>depth) << 2;
    b += (<usize>depth) << 2;
    start = out;
    startStride = outStride;
  }
}

/** out[inner, columns] += a[rows, inner]^T d[rows, columns]. */
export function addTransposedProduct(
  out: usize,
  outStride: usize,
  a: usize,
  aStride: usize,
  d: usize,
  dStride: usize,
  rows: i32,
  inner: i32,
  columns: i32,
): void {
  // Rows that the first cache holds of both.
  const block = 64;
  for (let r = 0; r < rows; r += block) {
    const depth = min(block, rows - r);
    for (let c = 0; c < columns; c += 8) {
      const width = min(8, columns - c);
      const at = (<usize>c) << 2;
      let panel = d + at;
      let panelStride = dStride;
      if (width < 8) {
        pack(panel, dStride, depth, width);
        panel = PANEL;
        panelStride = 32;
      }
      panelProduct(
        out + at,
        outStride,
        a,
        4,
        aStride,
        panel,
        panelStride,
        inner,
        depth,
        width,
        out + at,
        outStride,
      );
    }
    a += <usize>depth * aStride;
    d += <usize>depth * dStride;
  }
}
