/**
 * Multiplications that NADE needs for the probabilities of one image of n pixels with H hidden units: one for each use of a weight, whether
 * its pixel has ink or not.
 */

/** Up to and with pixel number `pixels`, counted from 1, with the sums carried along: every row of W and of V once, 2 H a pixel. */
export function carried(pixels: number, hidden: number): number {
  return 2 * hidden * pixels;
}

/** Of pixel number `pixel` alone, its hidden sums computed anew: the rows of W of all pixels before, and its own row of V. */
export function anewAt(pixel: number, hidden: number): number {
  return hidden * pixel;
}

/** Up to and with pixel number `pixels`, each anew: H (1 + 2 + ... + pixels). */
export function anew(pixels: number, hidden: number): number {
  return (hidden * pixels * (pixels + 1)) / 2;
}
