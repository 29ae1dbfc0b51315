import { type Distance, distanceOf, slopeOf } from './distances.ts';
import type { LogitFamily } from './families.ts';

/** A model on the way of a descent. */
export interface Place {
  readonly logits: Float64Array<ArrayBuffer>;
  /** The distance from P; infinite where there is none. */
  readonly value: number;
  /** Its derivative by every logit; null where the distance is infinite. */
  readonly gradient: Float64Array<ArrayBuffer> | null;
  /** Whether no step along the gradient makes the distance smaller. */
  readonly done: boolean;
}

/** A gradient whose largest entry is below this counts as zero. */
const FLAT = 1e-6;
/** A step must gain this share of what the gradient promises (Armijo 1966). */
const PROMISE = 1e-4;
const HALVINGS = 30;

/**
 * Gradient descent of a distance from P over the logits of a family. A step goes `rate` times the gradient downwards, or half of that
 * as often as it takes for the distance to fall. The same start gives the same places, which are kept.
 */
export class Descent {
  readonly #places: Place[];
  readonly #distance: Distance;
  readonly #family: LogitFamily;
  readonly #p: ArrayLike<number>;
  readonly #rate: number;

  constructor(
    distance: Distance,
    family: LogitFamily,
    p: ArrayLike<number>,
    start: Float64Array<ArrayBuffer>,
    rate: number,
  ) {
    this.#distance = distance;
    this.#family = family;
    this.#p = p;
    this.#rate = rate;
    this.#places = [this.#placeAt(start)];
  }

  /** The place after so many steps; once a place is the last one, that. */
  at(steps: number): Place {
    while (this.#places.length <= steps) {
      const last = this.#places[this.#places.length - 1];
      if (last.done) return last;
      this.#places.push(this.#stepFrom(last));
    }
    return this.#places[steps];
  }

  /** The places from the start to that after `steps`. */
  upTo(steps: number): readonly Place[] {
    this.at(steps);
    return this.#places.slice(0, steps + 1);
  }

  #placeAt(logits: Float64Array<ArrayBuffer>): Place {
    const q = this.#family.table(logits);
    const value = distanceOf(this.#distance, this.#p, q);
    if (!Number.isFinite(value)) return { logits, value, gradient: null, done: true };
    const gradient = this.#family.gradient(logits, slopeOf(this.#distance, this.#p, q));
    return { logits, value, gradient, done: gradient.every((slope) => Math.abs(slope) < FLAT) };
  }

  #stepFrom(place: Place): Place {
    const { logits, value, gradient } = place;
    if (!gradient) return place;
    const square = gradient.reduce((sum, slope) => sum + slope ** 2, 0);
    let rate = this.#rate;
    for (let i = 0; i < HALVINGS; i++, rate /= 2) {
      const next = logits.map((z, k) => z - rate * gradient[k]);
      const reached = distanceOf(this.#distance, this.#p, this.#family.table(next));
      if (reached <= value - PROMISE * rate * square) return this.#placeAt(next);
    }
    return { ...place, done: true };
  }
}
