import { crc32 } from '../../data/crc32.ts';
import { threefry2x32, uniform } from '../../data/rng.ts';

/** Random choices of an exercise: the same for the same name and seed. */
export interface Random {
  /** In (0, 1). */
  uniform(): number;
  /** From `min` to `max`, both possible. */
  whole(min: number, max: number): number;
  pick<T>(options: readonly T[]): T;
}

export function randomOf(name: string, seed: number): Random {
  const key = crc32(new TextEncoder().encode(name)) | 0;
  const pair = new Uint32Array(2);
  let at = 0;
  const next = (): number => {
    threefry2x32(seed | 0, key, at++, 0, pair);
    return uniform(pair[0]);
  };
  const wholeOf = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return { uniform: next, whole: wholeOf, pick: (options) => options[wholeOf(0, options.length - 1)] };
}
