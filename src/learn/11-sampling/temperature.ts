/**
 * A distribution over two pixels x1 and x2: the probabilities of 00, 01, 10 and 11, where x1 is the first digit and comes
 * first in the chain rule.
 */
export type TwoPixels = readonly [number, number, number, number];

/** p(x1) p(x2 | x1), of the chance that x1 is ink, and that x2 is after x1 was paper or ink. */
export function chained(first: number, afterPaper: number, afterInk: number): TwoPixels {
  return [(1 - first) * (1 - afterPaper), (1 - first) * afterPaper, first * (1 - afterInk), first * afterInk];
}

/** p(x)^(1/T) over its sum: what the temperature of a distribution over images means. */
export function jointTemperature(p: TwoPixels, temperature: number): TwoPixels {
  const powers = p.map((each) => each ** (1 / temperature));
  const sum = powers.reduce((total, each) => total + each, 0);
  return powers.map((each) => each / sum) as [number, number, number, number];
}

/** Every conditional by itself at the temperature: what a sampler does that divides logits. 0 where x1 has no chance. */
export function pixelTemperature(p: TwoPixels, temperature: number): TwoPixels {
  const first = firstInk(p);
  const second = (paper: number, ink: number): number =>
    paper + ink === 0 ? 0 : coinAt(ink / (paper + ink), temperature);
  return chained(coinAt(first, temperature), second(p[0], p[1]), second(p[2], p[3]));
}

/** A coin's chance of heads at a temperature. */
export function coinAt(chance: number, temperature: number): number {
  const [heads, tails] = [chance ** (1 / temperature), (1 - chance) ** (1 / temperature)];
  return heads / (heads + tails);
}

/** P(x1 = ink). */
export function firstInk(p: TwoPixels): number {
  return p[2] + p[3];
}
