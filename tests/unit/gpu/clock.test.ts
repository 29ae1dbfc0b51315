import { describe, expect, it } from 'vitest';
import type { Arena } from '../../../src/gpu/arena.ts';
import { Clock } from '../../../src/gpu/clock.ts';
import type { Connection } from '../../../src/gpu/connection.ts';

/** Of a device without timestamps. */
function clockOf(latency: number): Clock {
  const device = { raw: { features: new Set() } } as unknown as Connection;
  const clock = new Clock(device, {} as unknown as Arena, 2);
  clock.latency = latency;
  return clock;
}

describe('how long a device computed', () => {
  it('is what the host saw without the latency, which only a submit to an idle device has', () => {
    const clock = clockOf(2);
    expect(clock.take()).toBeNull();
    expect(clock.computed(10, true, null)).toBe(8);
    expect(clock.computed(10, false, null)).toBe(10);
    expect(clock.computed(1, true, null)).toBe(0);
  });

  it('is what its own clock says', () => {
    expect(clockOf(2).computed(10, true, 3)).toBe(3);
    expect(clockOf(2).computed(10, false, 9.5)).toBe(9.5);
  });

  it('is not believed where a clock stands still, runs backwards, overflows or is far too slow', () => {
    const clock = clockOf(2);
    for (const timed of [0, -1, 1e6, NaN]) expect(clock.computed(10, true, timed)).toBe(8);
    expect(clock.computed(18, true, 0.001)).toBe(2);
  });
});
