import { fromBase64 } from '../../data/base64.ts';
import { type GreyImages, MNIST_GRID } from '../../data/images.ts';
import first from './first-digit.json';

/** Index of the first test digit of every page. */
export const FIRST_DIGIT = 7;

/** That digit alone, so that the pad does not wait for the hundred. tests/unit/app/first-screen.test.ts writes the file and compares. */
export function firstDigit(): GreyImages {
  return {
    grid: MNIST_GRID,
    count: 1,
    pixels: fromBase64(first.pixels),
    labels: Uint8Array.of(first.label),
  };
}
