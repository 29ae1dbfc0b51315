import jsQR from 'jsqr';
import { describe, expect, it } from 'vitest';
import { MAX_QR_LENGTH, qrCode } from '../../../src/app/share/qr-code.ts';

/** The code as a camera sees it: RGBA, with `scale` pixels a module. */
function photograph({ size, path }: ReturnType<typeof qrCode>, scale: number) {
  const side = size * scale;
  const pixels = new Uint8ClampedArray(4 * side * side).fill(255);
  for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g))
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row++)
      for (let column = Number(x) * scale; column < (Number(x) + Number(length)) * scale; column++)
        pixels.fill(0, 4 * (row * side + column), 4 * (row * side + column) + 3);
  return { pixels, side };
}

describe('a QR code', () => {
  const link =
    'https://somebody.example.org/inkling/#/play?left=independent&right=neighbours&k=6&seed=1&binarise=stochastic:0';

  it.each([link, `${link}&drawing=${'aZ9-_'.repeat(26)}`, link.padEnd(MAX_QR_LENGTH, 'aZ9-_')])(
    'is read by a scanner as the link, %#',
    (text) => {
      const { pixels, side } = photograph(qrCode(text), 4);
      expect(jsQR(pixels, side, side)?.data).toBe(text);
    },
  );

  it('has a border of four white modules', () => {
    const { size, path } = qrCode(link);
    for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
      expect(Math.min(Number(x), Number(y))).toBeGreaterThanOrEqual(4);
      expect(Math.max(Number(x) + Number(length), Number(y) + 1)).toBeLessThanOrEqual(size - 4);
    }
  });
});
