import type { Agreement, MethodFrame } from '../../engine/queries/api.ts';
import type { SampleMethod } from '../../engine/backends/backend.ts';
import type { BackendStatus } from '../../engine/api.ts';
import { count, plural } from '../format.ts';

export interface MethodWords {
  readonly method: SampleMethod;
  readonly title: string;
  /** What it does, in a sentence. */
  readonly idea: string;
  /** Why its images are those of ancestral sampling, in a sentence. */
  readonly exact: string;
}

/** The sampling methods, in the order of their rows. */
export const SAMPLING_METHODS: readonly MethodWords[] = [
  {
    method: 'ancestral',
    title: 'Pixel by pixel',
    idea: 'Rolls a die for every pixel in turn, given all before it: a pass decides one pixel.',
    exact:
      'This is what p(x) means by the chain rule: every pixel is drawn from its own conditional, so the image follows p(x).',
  },
  {
    method: 'fixed-point',
    title: 'Fixed point',
    idea: 'Guesses the whole image, computes all conditionals at once, rolls all dice again, and repeats until nothing changes.',
    exact:
      'The dice are the same as on the left. A pass reads the right pixels up to the first wrong one and sets that one right, so what stays unchanged is the image that pixel-by-pixel sampling draws.',
  },
  {
    method: 'first-firing',
    title: 'First firing',
    idea: 'Jumps to the next pixel that turns on; those between stay off and change nothing.',
    exact:
      'The same dice again. As long as pixels stay off, no later conditional moves, so the next pixel whose probability exceeds its die is known without rolling those between.',
  },
];

interface IterationCounts {
  readonly finished: number;
  /** Mean over the finished images; null before one is. */
  readonly mean: number | null;
  readonly max: number;
}

export function iterationCounts({ finished }: Pick<MethodFrame, 'finished'>): IterationCounts {
  const done = finished.filter((iterations) => iterations > 0);
  return {
    finished: done.length,
    mean: done.length > 0 ? done.reduce((sum, iterations) => sum + iterations, 0) / done.length : null,
    max: done.reduce((max, iterations) => Math.max(max, iterations), 0),
  };
}

/** Whether the methods drew the same images, in a sentence. */
export function describeAgreement(methods: number, agreements: readonly Agreement[], images: number): string {
  if (methods < 2) return 'Only one method can draw from this model, so there is nothing to compare.';
  const different = Math.max(...agreements.map((each) => each.different));
  const wrong = agreements.reduce((sum, each) => sum + each.different - each.ties, 0);
  const where = methods === 2 ? 'by both methods' : `by all ${methods} methods`;
  if (different === 0)
    return images === 1
      ? `The image drawn ${where} is identical, bit for bit.`
      : `All ${count(images)} images drawn ${where} are identical, bit for bit.`;
  if (wrong === 0)
    return `${plural(different, 'image differs', 'images differ')} of ${count(images)}, each from a pixel on whose die fell within 0.00001 of the probability: there rounding decides, and both are right.`;
  return `${plural(wrong, 'image differs', 'images differ')} though no rounding explains it. That is a fault: please report it with the model and the seed.`;
}

/** Why fewer passes are or are not faster on the backend, in a sentence. */
export function describeSpeed(kind: BackendStatus['kind']): string {
  return kind === 'cpu'
    ? 'Typed arrays compute pixel after pixel: a pass over the whole image costs about as much as deciding all of its pixels in turn, so fewer passes are not faster here. On a GPU a pass is computed at once, and they are.'
    : 'A pass over the whole image is computed at once on a GPU, so fewer passes win where the device has room for all pixels; a software adapter computes them one after another.';
}
