import { encode } from 'uqr';

/** A longer link makes a code of more than 105 by 105 modules, which a phone at the back of a room cannot read. */
export const MAX_QR_LENGTH = 1000;
/** Modules of white around the code: ISO/IEC 18004 asks for four. */
const QUIET = 4;

/** A QR code as the path of an SVG whose view box is `size` squared, the white border included: a rectangle for every run of dark modules. */
export function qrCode(text: string): { readonly size: number; readonly path: string } {
  // The higher level of correction is taken where the code does not grow by it.
  const { data, size } = encode(text, { ecc: 'L', boostEcc: true, border: QUIET });
  const runs = data.flatMap((row, y) =>
    [...row.map(Number).join('').matchAll(/1+/g)].map(
      ({ index, 0: { length } }) => `M${index} ${y}h${length}v1h-${length}z`,
    ),
  );
  return { size, path: runs.join('') };
}
