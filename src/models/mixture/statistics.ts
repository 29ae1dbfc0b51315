import type { Tensors } from '../model.ts';

/**
 * The M-step (Bishop, "Pattern recognition and machine learning", 2006, equations 9.59 and 9.60), from the expected
 * number of images of every component, `seen` [K], those of them that have a pixel on, `on` [n, K], and the number of images.
 * `strength` imagined images a component, every pixel on in half of them, are added; they make it the maximum of the
 * expected log-likelihood plus a log prior (Beta for pixels, Dirichlet for components; see logPrior in reference.ts).
 */
export function mStep(
  seen: ArrayLike<number>,
  on: ArrayLike<number>,
  images: number,
  strength: number,
): Tensors {
  const components = seen.length;
  const weight = Float32Array.from(seen, (count) =>
    Math.log((count + strength) / (images + components * strength)),
  );
  const logit = new Float32Array(on.length);
  for (let at = 0; at < on.length; at++) {
    // Sums of a pixel that is always on may exceed those of the component by a rounding.
    const off = Math.max(0, seen[at % components] - on[at]);
    logit[at] = Math.log((on[at] + strength / 2) / (off + strength / 2));
  }
  return { weight, logit };
}
