/**
 * Free numbers of a Markov model of order m on n binary pixels: pixel number i, from 0, has a table of 2^min(i, m) rows, and one
 * number a row.
 */
export function markovNumbers(n: number, m: number): bigint {
  let sum = 0n;
  for (let i = 0; i < n; i++) sum += 2n ** BigInt(Math.min(i, m));
  return sum;
}
