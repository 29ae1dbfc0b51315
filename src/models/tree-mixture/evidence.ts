/**
 * Conditionals of a tree given any of its pixels, one after the other: Pearl's message passing ("Probabilistic reasoning in intelligent
 * systems", 1988, chapter 4) as log-ratios, done again only where a new pixel changes something. With e_i what is known of i and its
 * descendants:
 *
 *   lambda_i = log p(e_i | x_i = 1) - log p(e_i | x_i = 0) = sum over children c of m_c
 *   m_i      = log p(e_i | x_pa(i) = 1) - log p(e_i | x_pa(i) = 0)
 *   pi_i     = log odds of x_i given all that is known outside e_i
 *
 * and the log odds of x_i given all that is known are pi_i + lambda_i. A known pixel separates what is above from what is
 * below, so both ways end at the nearest known ancestor, or at the root: O(depth) a pixel.
 */
import { logAddExp, softplus } from '../shared/math.ts';
import type { Tree } from './trees.ts';

/** What is known of `images` images, each of n pixels. */
export class EvidenceState {
  /** [images, n] */
  readonly lambda: Float64Array;
  /** [images, n] */
  readonly message: Float64Array;
  /** 0 where the pixel is not known, else 1 + its value, [images, n] */
  readonly seen: Uint8Array;

  constructor(images: number, n: number) {
    this.lambda = new Float64Array(images * n);
    this.message = new Float64Array(images * n);
    this.seen = new Uint8Array(images * n);
  }

  /** Nothing is known any more. */
  clear(): void {
    this.lambda.fill(0);
    this.message.fill(0);
    this.seen.fill(0);
  }
}

export class TreeEvidence {
  readonly #parent: Int32Array;
  /** The two logits of every pixel, and their softplus, [n] */
  readonly #z0: Float64Array;
  readonly #z1: Float64Array;
  readonly #s0: Float64Array;
  readonly #s1: Float64Array;
  /** Pixels from one up to the last that is not known, [n] */
  readonly #path: Int32Array;

  constructor({ parent, logit }: Tree) {
    const n = parent.length;
    this.#parent = parent;
    this.#z0 = Float64Array.from({ length: n }, (_, i) => logit[2 * i]);
    this.#z1 = Float64Array.from({ length: n }, (_, i) => logit[2 * i + 1]);
    this.#s0 = this.#z0.map(softplus);
    this.#s1 = this.#z1.map(softplus);
    this.#path = new Int32Array(n);
  }

  /** Log odds of a pixel that is not known, given the known ones of the image whose numbers start at `base`. */
  logit({ lambda, message, seen }: EvidenceState, base: number, pixel: number): number {
    const path = this.#path;
    const parent = this.#parent;
    let at = pixel;
    let length = 0;
    path[length++] = at;
    while (parent[at] >= 0 && seen[base + parent[at]] === 0) {
      at = parent[at];
      path[length++] = at;
    }
    const above = parent[at];
    let odds = above >= 0 && seen[base + above] === 2 ? this.#z1[at] : this.#z0[at];
    for (let step = length - 1; step > 0; step--) {
      const child = path[step - 1];
      odds = this.#down(odds + lambda[base + path[step]] - message[base + child], child);
    }
    return odds + lambda[base + pixel];
  }

  /** From now on the pixel is known to be `x`, 0 or 1. */
  observe({ lambda, message, seen }: EvidenceState, base: number, pixel: number, x: number): void {
    const [z0, z1, s0, s1] = [this.#z0[pixel], this.#z1[pixel], this.#s0[pixel], this.#s1[pixel]];
    const parent = this.#parent;
    seen[base + pixel] = 1 + x;
    let at = pixel;
    let own = x === 1 ? z1 - s1 - (z0 - s0) : s0 - s1;
    for (let above = parent[at]; above >= 0 && seen[base + above] === 0; above = parent[at]) {
      lambda[base + above] += own - message[base + at];
      message[base + at] = own;
      at = above;
      own = this.#up(lambda[base + at], at);
    }
  }

  /** m_i out of lambda_i. */
  #up(lambda: number, i: number): number {
    const on = softplus(this.#z1[i] + lambda) - this.#s1[i];
    return on - (softplus(this.#z0[i] + lambda) - this.#s0[i]);
  }

  /** pi_i out of the log odds of its parent given all that is known outside e_i. */
  #down(odds: number, i: number): number {
    const [z0, z1, s0, s1] = [this.#z0[i], this.#z1[i], this.#s0[i], this.#s1[i]];
    return logAddExp(z0 - s0, odds + z1 - s1) - logAddExp(-s0, odds - s1);
  }
}
