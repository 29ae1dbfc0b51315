import type { Rate } from './report.ts';

const MIN_REPEATS = 3;
const MAX_REPEATS = 25;

/**
 * Rate of `run`, which does `amount` units of work each time, in units a second. Short runs are timed several at a time. It takes about
 * `seconds` after two runs that warm up (compilation, and the scheduler's first estimates).
 */
export async function rateOf(
  amount: number,
  seconds: number,
  run: (repeat: number) => unknown,
): Promise<Rate> {
  let runs = 0;
  const timed = async (batch: number) => {
    const start = performance.now();
    for (let i = 0; i < batch; i++) await run(runs++);
    return performance.now() - start;
  };
  await timed(1);
  const single = await timed(1);
  // A repeat of a twentieth of the time, so that the timer and the scheduler's cuts matter little.
  const batch = Math.max(1, Math.floor((seconds * 1000) / 20 / Math.max(single, 1e-3)));
  // Slow work is seen once after it has warmed up.
  const least = single > seconds * 1000 ? 1 : MIN_REPEATS;
  const rates: number[] = [];
  const begun = performance.now();
  while (rates.length < MAX_REPEATS) {
    rates.push((amount * batch * 1000) / (await timed(batch)));
    if (rates.length >= least && performance.now() - begun >= seconds * 1000) break;
  }
  return summaryOf(rates);
}

export function summaryOf(rates: readonly number[]): Rate {
  const sorted = [...rates].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const median = at(0.5);
  return {
    median,
    min: sorted[0],
    max: sorted[sorted.length - 1],
    spread: (at(0.75) - at(0.25)) / 2 / median,
    repeats: sorted.length,
  };
}
